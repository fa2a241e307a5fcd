"""`stratus compare`: finished runs side by side, on the days that all of them forecast."""

import json
import re
import shutil

import numpy as np
import polars as pl
import pytest
from matplotlib.image import imread
from sklearn.metrics import mean_absolute_error

from stratus.cli import main
from stratus.pictures.comparison import draw
from stratus.runs.comparison import compare

TASKS = ["regression", "binary", "multiclass", "multilabel"]


def said(run):
    """What a run's record says, read from outside."""
    return json.loads((run / "run.json").read_text())


def copied(run, to, change=lambda table: table, **entries):
    """A run's record and forecasts, both changed, as another run's."""
    to.mkdir()
    (to / "run.json").write_text(json.dumps(said(run) | entries))
    change(pl.read_csv(run / "forecasts.csv", try_parse_dates=True)).write_csv(to / "forecasts.csv")
    return to


def knowing(table):
    """The same days, forecast as by somebody who knows."""
    outputs = [name for name in table.columns if name.startswith("p(")]
    events = pl.col("truth").str.split(" + ") if outputs else None
    return table.with_columns(
        pl.col("truth").alias("prediction"),
        *(events.list.contains(name[2:-1]).cast(pl.Float64).alias(name) for name in outputs),
    )


def cells(lines):
    return [[cell.strip() for cell in re.split(r"[│┃]", line)[1:-1]] for line in lines if "│" in line]


# --- scores


@pytest.mark.parametrize("task", TASKS)
def test_scores_and_their_intervals_are_those_of_the_runs_themselves(short, tmp_path, task):
    run = said(short(task))
    found = compare([short(task), copied(short(task), tmp_path / "again")])
    assert len(found.days) == 365
    kept = {name.removeprefix("test/"): ends for name, ends in run["intervals"].items()}
    expected = {name: ends for name, ends in kept.items() if name not in ("loss", "skill")}
    assert set(found.values) == set(expected)
    for name, rows in found.values.items():
        # forecasts.csv has six decimals
        assert rows[0] == pytest.approx([run["metrics"][f"test/{name}"], *expected[name]], abs=2e-5, rel=2e-5)
        assert rows[1] == pytest.approx(rows[0])
        assert found.differences[name] == pytest.approx(np.zeros((2, 3)))


@pytest.mark.parametrize("task", TASKS)
def test_who_knows_the_truth_is_better_by_all_that_the_run_lacks(short, tmp_path, task):
    found = compare([short(task), copied(short(task), tmp_path / "sure", knowing)])
    best = {"accuracy": 1, "heidke": 1, "peirce": 1}
    for name, ((value, low, high), sure) in found.values.items():
        assert sure == pytest.approx([best.get(name, 0)] * 3, abs=1e-6)
        expected = [best.get(name, 0) - value, best.get(name, 0) - high, best.get(name, 0) - low]
        assert found.differences[name][1] == pytest.approx(expected, abs=1e-6)


def test_the_seed_of_a_run_s_training_draws_no_other_days(short, tmp_path):
    run = short("multiclass")
    other = compare([copied(run, tmp_path / "other", seed=99), run])
    for name, rows in compare([run, run]).values.items():
        assert np.array_equal(other.values[name], rows)


def test_only_the_days_that_all_have_count_in_whatever_order(short, tmp_path):
    run = short("regression")
    late = copied(run, tmp_path / "late", lambda t: t.filter(pl.col("date").dt.month() > 6).sample(fraction=1, seed=1))
    early = copied(run, tmp_path / "early", lambda t: t.filter(pl.col("date").dt.month() < 9))
    found = compare([early, run, late])
    days = pl.read_csv(run / "forecasts.csv", try_parse_dates=True).filter(pl.col("date").dt.month().is_in([7, 8]))
    assert found.days.to_list() == days["date"].to_list()
    for value in found.values["mae"][:, 0]:
        assert value == pytest.approx(mean_absolute_error(days["truth"], days["prediction"]))


def test_all_values_count_as_accurate_within_the_first_run_s_tolerance(short, tmp_path):
    run = short("regression")
    loose = copied(run, tmp_path / "loose", task_settings={"tolerance": 100.0})
    strict = copied(run, tmp_path / "strict", task_settings={"tolerance": 0.0})
    assert compare([loose, strict]).values["accuracy"][:, 0].tolist() == [1, 1]
    assert compare([strict, loose]).values["accuracy"][:, 0].tolist() == [0, 0]


# --- the command


def test_the_title_names_the_stations_and_days_that_are_shared(stratus, short, tmp_path):
    oslo = pl.lit("Oslo").alias("station")
    both = copied(short("binary"), tmp_path / "both", lambda table: pl.concat([table, table.with_columns(oslo)]))
    seattle = "binary, Seattle: 365 test days that all have, 2015-01-01 to 2015-12-31"
    assert stratus("compare", both, short("binary"))[0].strip() == seattle
    again = shutil.copytree(both, tmp_path / "again")
    title = " ".join(" ".join(stratus("compare", both, again)[:2]).split())  # which the table's width breaks
    assert title.startswith(seattle.replace("Seattle", "Oslo + Seattle"))


def test_the_table_tells_each_score_its_difference_and_whether_it_is_one(stratus, short, tmp_path):
    sure = copied(short("binary"), tmp_path / "sure", knowing, overrides=["task=binary", "optimizer=adam"])
    lines = stratus("compare", short("binary"), sure)
    assert lines[0].strip() == "binary, Seattle: 365 test days that all have, 2015-01-01 to 2015-12-31"
    rows = cells(lines)
    assert [row[0] for row in rows] == ["accuracy", "", "log loss", "", "brier", "", "heidke", "", "peirce", ""]
    assert [row[1] for row in rows] == ["#1", "#2"] * 5
    assert {row[-1] for row in rows[1::2]} == {"better"}
    metrics, intervals = (said(short("binary"))[entry] for entry in ("metrics", "intervals"))
    for row in rows[::2]:
        name = row[0].replace(" ", "_")
        assert float(row[2]) == pytest.approx(metrics[f"test/{name}"], abs=6e-4)
        assert [float(end) for end in row[3].split(" to ")] == pytest.approx(intervals[f"test/{name}"], abs=6e-4)
        assert row[4:] == ["", "", ""]
    assert any(line.startswith("#1 trainer.max_epochs=4 ") for line in lines)
    assert any(line.startswith("#2 optimizer=adam ") for line in lines)
    assert {row[-1] for row in cells(stratus("compare", sure, short("binary")))[1::2]} == {"worse"}
    assert {row[-1] for row in cells(stratus("compare", sure, copied(sure, tmp_path / "again")))[1::2]} == {"–"}


def test_runs_of_a_folder_that_did_not_finish_are_left_out_and_named(stratus, short, tmp_path):
    run, again = short("binary"), copied(short("binary"), tmp_path / "again", knowing)
    refused = copied(short("binary"), tmp_path / "refused", status="failed")
    lines = stratus("compare", run, refused, again)
    expected = stratus("compare", run, again)
    assert lines[: len(expected)] == expected
    assert "".join(lines[len(expected) :]) == f"left out, since they did not finish: {refused}"


def test_few_days_have_scores_and_no_intervals(stratus, short, tmp_path):
    run = copied(short("multiclass"), tmp_path / "few", lambda table: table.head(20))
    rows = cells(stratus("compare", run, short("multiclass")))
    assert {row[3] for row in rows} == {"–"}
    assert float(rows[0][2]) > 0


def test_the_picture_is_written_where_it_is_asked_for_and_nowhere_else(stratus, short, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    again = {task: copied(short(task), tmp_path / task) for task in TASKS}
    stratus("compare", short("multilabel"), again["multilabel"])
    assert {*tmp_path.iterdir()} == {*again.values()}
    for task in TASKS:
        assert stratus("compare", short(task), again[task], "--picture", f"{task}.png")[-1] == f"{task}.png"
        height, width, _ = imread(f"{task}.png").shape
        assert 300 < height < width < 1000


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"target": "temperature_max_min"}, "things: temperature (prediction), and temperature_max_min (prediction)"),
        (
            {"change": lambda t: t.with_columns(pl.col("date").dt.offset_by("1y"))},
            "have no test day in common: Seattle",
        ),
        ({"change": lambda t: t.with_columns(pl.lit("Oslo").alias("station"))}, ", and Oslo 2015-01-01 to 2015-12-31"),
        ({"change": lambda t: t.with_columns(pl.col("truth") + 0.1)}, "do not agree on what the weather was"),
        ({"target": "hail"}, "holds no forecasts to compare: there is no target hail"),
        ({"status": "diverged"}, "holds no forecasts to compare: its run is recorded as diverged"),
        ({"change": lambda t: t.drop("station")}, "cannot read"),
    ],
)
def test_runs_that_cannot_be_compared_are_refused_in_one_line(refusal, short, tmp_path, change, said):
    other = copied(short("regression"), tmp_path / "other", **change)
    refused = refusal("compare", short("regression"), other)
    assert said in refused
    assert str(other) in refused


def test_what_is_no_run_or_no_second_run_is_refused(refusal, short, tmp_path):
    assert "is not a run's folder" in refusal("compare", short("binary"), tmp_path / "nowhere")
    assert "forecast different things: rain (p(rain)), and weather" in refusal(
        "compare", short("binary"), short("multiclass")
    )
    assert refusal("compare", short("binary"), short("multiclass")).endswith(": compare runs of one task and target\n")
    classes = lambda table: table.rename({"p(fog)": "p(hail)"})  # noqa: E731
    assert "at the same stations" in refusal(
        "compare", short("multiclass"), copied(short("multiclass"), tmp_path / "hail", classes)
    )
    twice = tmp_path / "hail" / ".." / "hail"
    assert f"{twice} is given twice" in refusal("compare", tmp_path / "hail", short("multiclass"), twice)
    assert "compare needs two runs or more" in refusal("compare", short("binary"))
    bare = copied(short("binary"), tmp_path / "bare")
    (bare / "forecasts.csv").unlink()
    assert "bare holds no forecasts to compare: there is no forecasts.csv" in refusal("compare", short("binary"), bare)
    shutil.copy(short("binary") / "run.json", bare / "forecasts.csv")
    assert "cannot read" in refusal("compare", short("binary"), bare)


def test_a_picture_that_cannot_be_written_is_named_once(capsys, short, tmp_path):
    again = copied(short("binary"), tmp_path / "again")
    for name, said in {"nowhere/x.png": ": there is no folder ", "x.word": ": Format 'word' is not supported"}.items():
        file = str(tmp_path / name)
        assert main(["compare", str(short("binary")), str(again), "--picture", file]) == 1
        told = capsys.readouterr().err
        assert told.count(file) == 1
        assert f"{file}{said}" in told


# --- the picture


def test_a_dot_a_forecast_with_its_bar_hollow_where_the_difference_may_be_nothing():
    values = np.array([[0.5, 0.4, 0.6], [0.45, 0.3, 0.6], [0.2, 0.1, 0.3]])
    less = values - [[0.5], [0.5], [0.5]]
    figure = draw(["#1 a", "#2 b", "#3 c"], {"brier": (values, less)}, title="Seattle")
    above, below = figure.axes
    dots = [line for line in above.lines if line.get_marker() == "o"]
    assert [dot.get_xydata().tolist() for dot in dots] == [[[0.5, 0]], [[0.45, 1]], [[0.2, 2]]]
    bars = [line.get_xdata().tolist() for line in above.lines if line.get_marker() != "o"]
    assert bars == values[:, 1:].tolist()
    filled = [line.get_markerfacecolor() != "white" for line in below.lines if line.get_marker() == "o"]
    assert filled == [False, True]
    assert [text.get_text() for text in below.get_yticklabels()] == ["#2 b", "#3 c"]
