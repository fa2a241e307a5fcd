"""`stratus evaluate` and `stratus forecast`: a finished run asked again."""

import calendar
import math
import os
import re
import resource
import shutil
import subprocess
import sys
from datetime import date, timedelta
from itertools import product
from pathlib import Path

import polars as pl
import pytest
import torch

from stratus.cli import main
from stratus.errors import DataError
from stratus.runs import recording

TABLE = Path(__file__).parents[2] / "data" / "weather.csv"
OSLO = date(2020, 2, 26)
WARM = [-4.0, -2.0, 1.0, 3.0, 2.5]  # means of five days to 1 March; 2020 is a leap year


@pytest.fixture
def oslo(tmp_path):
    """A table of five days at a station that no run has seen."""
    rows = [f"Oslo,{OSLO + timedelta(days=k)},{t + 1},{t - 1},{k % 2}" for k, t in enumerate(WARM)]
    file = tmp_path / "oslo.csv"
    file.write_text("\n".join(["station,date,temperature_max,temperature_min,precipitation", *rows, ""]))
    return str(file)


@pytest.fixture
def alone(capsys):
    """Writes forecasts for Oslo, whose few days tell of no climatology, nor of errors: that is all that is said."""

    def run(*words):
        assert main([str(word) for word in words]) == 0
        printed = capsys.readouterr()
        *errors, last = printed.err.splitlines()
        assert printed.out == ""
        assert last.startswith("no climatology: Oslo is not among the run's stations, and ")
        assert all(one.endswith(" of Seattle; elsewhere they may be larger") for one in errors)

    return run


def cells(line):
    return [cell.strip() for cell in re.split(r"[│┃]", line)[1:-1]]


def by_hand(run, day, before, yesterday):
    """The temperature that the regression's kept weights forecast for a day, without the project's code."""
    state = torch.load(run / "checkpoints" / "best.ckpt", weights_only=True)["state_dict"]
    angle = 2 * math.pi * day.timetuple().tm_yday / 365.25
    x = [before, yesterday, *(wave(k * angle) for k in (1, 2) for wave in (math.cos, math.sin))]
    scaled = (torch.tensor(x, dtype=torch.float64) - state["mean"]) / state["scale"]
    return (scaled @ state["linear.weight"][0].double() + state["linear.bias"]).item()


# --- evaluate


@pytest.mark.parametrize("task", ["binary", "multiclass", "multilabel"])
def test_evaluate_prints_the_scores_by_class_of_the_run(stratus, short, recorded, task):
    lines, metrics = stratus("evaluate", short(task)), recorded(short(task))["metrics"]
    for name in [tag.removeprefix("test/days/") for tag in metrics if tag.startswith("test/days/")]:
        (row,) = (cells(line) for line in lines if line.startswith(f"│ {name} "))
        scores = [
            metrics[f"test/{score}/{name}"] for score in ("days", "recall", "precision", "average_precision", "roc_auc")
        ]
        for shown, value in zip(row[1:], scores, strict=False):
            assert shown == "–" if value is None else float(shown) == pytest.approx(value, abs=6e-4)


def test_evaluate_takes_all_complete_days_of_another_table(stratus, short, oslo):
    lines = stratus("evaluate", short("regression"), "--observations", oslo)
    assert lines[0].strip() == "3 days, 2020-02-28 to 2020-03-01"
    days = [OSLO + timedelta(days=k) for k in (2, 3, 4)]
    errors = [by_hand(short("regression"), day, *WARM[k : k + 2]) - WARM[k + 2] for k, day in enumerate(days)]
    (model,) = (cells(line) for line in lines if line.startswith("│ model"))
    assert float(model[1]) == pytest.approx(sum(e**2 for e in errors) / 3, abs=1e-3)


def test_a_file_that_only_the_record_names_is_read_only_as_it_was(stratus, refusal, trained, tmp_path):
    copy = tmp_path / "weather.csv"
    copy.write_bytes(TABLE.read_bytes())
    trained(tmp_path / "run", "data=csv", f"data.path={copy}", "data.stations=[Seattle]", "trainer.max_epochs=1")
    before = stratus("evaluate", tmp_path / "run")
    copy.write_text(copy.read_text().replace("Seattle,2015-12-31,5.6", "Seattle,2015-12-31,6.6"))
    for command in ("evaluate", "forecast"):
        assert refusal(command, tmp_path / "run").endswith(
            "by its checksum: put it back, or give a table with --observations\n"
        )
    assert stratus("evaluate", tmp_path / "run", "--observations", TABLE)[1:] != before[1:]  # all its days
    with pytest.raises(DataError, match=r"by its checksum: give data\.path too"):
        trained(tmp_path / "on", f"resume={tmp_path / 'run'}", "trainer.max_epochs=2")
    trained(tmp_path / "on", f"resume={tmp_path / 'run'}", "trainer.max_epochs=2", f"data.path={TABLE}")


def test_a_run_on_a_file_whose_name_reads_as_a_pattern_is_evaluated_and_resumed(stratus, trained, tmp_path):
    file, lines = tmp_path / "a[1].dly", []
    for month, (element, least) in product(range(1, 13), {"TMAX": 200, "TMIN": 100, "PRCP": 0}.items()):
        days = calendar.monthrange(2017, month)[1]
        values = [least + 5 * (day % 3) if day <= days else -9999 for day in range(1, 32)]
        lines.append(f"USW000139042017{month:02}{element}" + "".join(f"{value:>5}   " for value in values))
    file.write_text("\n".join(lines) + "\n")
    given = ["task=binary", "data=ghcn", f"data.path='{file}'", "trainer.max_epochs=1"]
    borders = ["data.validation_from=null", "data.test_from=2017-09-01"]
    trained(tmp_path / "run", *given, *borders)
    assert stratus("evaluate", tmp_path / "run")
    trained(tmp_path / "on", f"resume={tmp_path / 'run'}", "trainer.max_epochs=2")


# --- forecast


def test_forecast_is_for_the_day_after_the_table_ends(stratus, short):
    (row,) = (cells(line) for line in stratus("forecast", short("regression")) if "Seattle" in line)
    seattle = pl.read_csv(TABLE).filter(pl.col("station") == "Seattle").sort("date").tail(2)
    before, yesterday = seattle.select(pl.mean_horizontal("temperature_max", "temperature_min")).to_series()
    expected = by_hand(short("regression"), date(2016, 1, 1), before, yesterday)
    assert row[:2] == ["2016-01-01", "Seattle"]
    assert float(row[2]) == pytest.approx(expected, rel=5e-3)


def test_forecast_takes_another_table_a_day_of_it_and_writes_a_file(alone, short, oslo, tmp_path):
    given = ["forecast", short("regression"), "--observations", oslo, "--csv", tmp_path / "f.csv"]
    for day, known in (("2020-03-02", WARM[3:5]), ("2020-02-29", WARM[1:3])):
        alone(*given, "--date", day)
        (row,) = pl.read_csv(tmp_path / "f.csv", try_parse_dates=True).to_dicts()
        assert (row["date"], row["station"]) == (date.fromisoformat(day), "Oslo")
        assert row["prediction"] == pytest.approx(by_hand(short("regression"), row["date"], *known), abs=1e-5)


def test_forecast_reaches_as_many_days_as_the_lead(stratus, trained, tmp_path):
    trained(tmp_path / "run", "task=regression", "features.lead_days=3", "trainer.max_epochs=1")
    stratus("forecast", tmp_path / "run", "--csv", tmp_path / "f.csv")
    written = pl.read_csv(tmp_path / "f.csv", try_parse_dates=True)
    assert written["date"].to_list() == [date(2016, 1, k) for k in (1, 2, 3)]


def test_forecast_of_a_diagnosis_says_what_to_do_and_takes_a_day_of_a_table(alone, refusal, short, oslo, tmp_path):
    assert "train one with features.lead_days=1" in refusal("forecast", short("binary"))
    alone("forecast", short("binary"), "--observations", oslo, "--date", "2020-03-01", "--csv", tmp_path / "f.csv")
    (row,) = pl.read_csv(tmp_path / "f.csv").to_dicts()
    assert row["prediction"] == ("rain" if row["p(rain)"] > 0.5 else "no rain")


# --- what cannot be done


def test_a_file_that_cannot_be_written_is_named(refusal, short, tmp_path):
    said = refusal("forecast", short("regression"), "--csv", tmp_path / "none" / "f.csv")
    assert f"{tmp_path}/none/f.csv: there is no folder {tmp_path}/none: make it first" in said


def test_forecasts_that_find_no_room_leave_the_file_before(refusal, short, tmp_path):
    run, before = short("regression"), tmp_path / "f.csv"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before.write_text("the one before\n")
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
    try:
        said = refusal("forecast", run, "--csv", before)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert f"{before}: File too large" in said
    assert before.read_text() == "the one before\n"


def test_forecasts_may_go_into_a_pipe(stratus, short, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    stratus("forecast", short("regression"), "--csv", pipe)
    assert os.read(reader, 10_000).startswith(b"date,station,")
    os.close(reader)
    assert pipe.is_fifo()


def test_a_day_whose_inputs_are_unknown_is_refused_by_their_names(refusal, short):
    said = refusal("forecast", short("regression"), "--date", "2016-01-02")
    assert "2016-01-02: the table, which ends on 2015-12-31, does not give temperature d-1; " in said
    assert said.endswith("the last day that can be forecast is 2016-01-01\n")
    assert "no forecast for 2010-05-05: the table begins on 2012-01-01" in refusal(
        "forecast", short("regression"), "--date", "2010-05-05"
    )


def test_a_value_that_was_not_measured_is_named_and_the_last_day_that_has_all(refusal, trained, tmp_path):
    features = "features=[station,harmonics]"
    trained(tmp_path / "run", "task=binary", features, "trainer.max_epochs=1")  # a diagnosis, from the day before
    table = pl.read_csv(TABLE).with_columns(
        wind=pl.when(pl.col("date") < "2015-12-30").then("wind"), station=pl.lit("Oslo")
    )
    table.unique("date").write_csv(tmp_path / "calm.csv")
    said = refusal("forecast", tmp_path / "run", "--observations", tmp_path / "calm.csv")
    assert "2016-01-01: the table, which ends on 2015-12-31, does not give wind d-1; the last day that" in said
    assert said.endswith("can be forecast is 2015-12-30\n")


@pytest.mark.parametrize("command", ["evaluate", "forecast"])
def test_what_is_not_a_finished_run_is_refused(refusal, tmp_path, command):
    assert "is not a run's folder" in refusal(command, tmp_path / "nowhere")
    with recording.recorded(tmp_path / "early", task="binary", overrides=[], seed=0):
        pass
    assert "did not get as far as its data" in refusal(command, tmp_path / "early")
    assert "there is no checkpoint" in refusal(command, tmp_path / "early", "--observations", TABLE)
    (tmp_path / "early" / "checkpoints").mkdir()
    (tmp_path / "early" / "checkpoints" / "best.ckpt").write_bytes(b"PK\3\4 not one")
    assert "is not a checkpoint of Stratus" in refusal(command, tmp_path / "early", "--observations", TABLE)


@pytest.mark.parametrize("command", ["evaluate", "forecast"])
def test_a_file_that_is_missing_or_broken_is_refused(refusal, short, tmp_path, command):
    assert "No such file" in refusal(command, short("binary"), "--observations", tmp_path / "none.csv")
    broken = tmp_path / "broken.csv"
    broken.write_text("station,date,temperature_max,temperature_min,precipitation\nOslo,2020-01-32,1,0,0\n")
    said = refusal(command, short("binary"), "--observations", broken)
    assert "broken.csv, line 2, column date: '2020-01-32' is not a date" in said


@pytest.mark.parametrize("command", ["evaluate", "forecast"])
def test_a_model_of_several_stations_needs_the_same_stations(refusal, short, oslo, command):
    assert "it needs the same stations" in refusal(command, short("multilabel"), "--observations", oslo)


def test_a_wrong_word_is_one_line_too(refusal, short):
    assert "see stratus --help" in refusal("predict")
    assert "--date" in refusal("forecast", short("binary"), "--date", "tomorrow")


def test_the_installed_command_ends_with_exit_code_1_and_one_line_before_torch_is_imported(tmp_path):
    command = [sys.executable, "-X", "importtime", Path(sys.executable).parent / "stratus", "evaluate", "none"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    lines = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (1, "")
    (said,) = (line for line in lines if not line.startswith("import time:"))
    assert said.startswith("stratus: none is not a run's folder: ")
    imported = {line.rpartition("|")[2].strip() for line in lines if line.startswith("import time:")}
    assert "stratus.runs.record" in imported
    assert "torch" not in imported


@pytest.mark.parametrize("words", [[], ["help"]])
def test_without_a_command_the_commands_are_shown(stratus, words):
    said = "\n".join(stratus(*words))
    assert all(f"\n    {name} " in said for name in ("train", "evaluate", "forecast", "store", "new"))


def test_the_version_is_one_line(stratus):
    (said,) = stratus("--version")
    assert re.fullmatch(r"stratus \d+\.\d+\.\d+", said)


def test_a_run_on_a_file_named_from_its_folder_is_scored_and_resumed_from_another(
    trained, stratus, tmp_path, monkeypatch
):
    here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
    here.mkdir()
    elsewhere.mkdir()
    shutil.copy(TABLE, here / "weather.csv")
    monkeypatch.chdir(here)
    file = ("data=csv", "data.path=weather.csv", "data.stations=[Seattle]")
    trained(here / "run", "task=binary", *file, "trainer.max_epochs=1")
    monkeypatch.chdir(elsewhere)
    assert any("climatology" in line for line in stratus("evaluate", here / "run"))
    assert trained(elsewhere / "more", f"resume={here / 'run'}", "trainer.max_epochs=2")["epochs"] == 2


def test_a_project_that_cannot_be_written_leaves_no_half_of_it(tmp_path, capsys):
    most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, most[1]))
    try:
        code = main(["new", str(tmp_path / "mine")])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, most)
    assert code == 1
    assert "File too large; raise the limit" in capsys.readouterr().err
    assert not (tmp_path / "mine").exists()
