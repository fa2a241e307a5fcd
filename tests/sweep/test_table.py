"""A sweep's table: from records made by hand, and from a real sweep in which jobs diverge."""

import json
import statistics
from itertools import product
from pathlib import Path

import polars as pl
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from stratus.runs import record
from stratus.sweep.table import collect, finish, over_seeds, write


def job(folder, number, overrides, objective=None, *, task="binary", status="finished", error=None, **scores):
    """Writes the record that a job leaves."""
    metrics = {} if objective is None else {"metrics": {"val/loss": objective, **scores}, "gap": 0.1}
    (folder / str(number)).mkdir(parents=True)
    content = {"task": task, "status": status, "error": error, "overrides": overrides, "seconds": 1.0, **metrics}
    (folder / str(number) / "run.json").write_text(json.dumps(content))


# --- by hand


def test_jobs_stand_best_first_and_those_without_a_score_last(tmp_path):
    job(tmp_path, 0, ["a=1"], 3.0, **{"test/loss": 1.0})
    job(tmp_path, 1, ["a=2"], status="failed", error="a=2: expected 1")
    job(tmp_path, 2, ["a=3"], 1.0, **{"test/loss": 2.0})
    job(tmp_path, 10, ["a=4"], 1.0, **{"test/loss": 2.0})
    job(tmp_path, 3, ["a=5", "b=[x,y]"], status="running")
    table = collect(record.of_jobs(tmp_path))
    assert table["job"].to_list() == ["2", "10", "0", "1", "3"]
    assert table["objective"].to_list() == [1, 1, 3, None, None]
    assert table["test/loss"].to_list() == [2, 2, 1, None, None]
    assert table["overrides"].to_list() == ["a=3", "a=4", "a=1", "a=2", "a=5 b=[x,y]"]
    assert table["reason"].to_list() == [None, None, None, "a=2: expected 1", None]
    assert table.columns[:5] == ["job", "task", "status", "objective", "overrides"]


def test_jobs_of_different_tasks_are_not_ranked_against_each_other(tmp_path, capsys):
    for number, (task, loss) in enumerate([("regression", 3.0), ("binary", 0.6), ("regression", 2.0), ("binary", 0.5)]):
        job(tmp_path, number, [f"task={task}", f"a={number}"], loss, task=task)
    job(tmp_path, 4, ["task=binary"], task="binary", status="failed", error="no")
    assert collect(record.of_jobs(tmp_path))["job"].to_list() == ["3", "1", "2", "0", "4"]
    finish(tmp_path)
    heading, *table = capsys.readouterr().out.splitlines()
    assert heading.strip() == "5 jobs, best first within their task"
    assert [row.split()[1] for row in table if "│" in row] == list("31204")
    assert "task" in table[1]


def test_a_sweep_of_one_task_does_not_name_it_in_each_row(tmp_path, capsys):
    job(tmp_path, 0, ["a=1"], 1.0)
    job(tmp_path, 1, ["a=2"], 2.0)
    finish(tmp_path)
    heading, *table = capsys.readouterr().out.splitlines()
    assert heading.strip() == "2 jobs, best first"
    assert "task" not in table[1]
    assert "binary" not in "".join(table)


def test_where_there_are_no_validation_days_the_training_loss_is_the_objective(tmp_path):
    (tmp_path / "0").mkdir()
    content = {"task": "binary", "status": "finished", "error": None, "overrides": []}
    content["metrics"] = {"train/loss": 0.5, "test/loss": 9.0}
    (tmp_path / "0" / "run.json").write_text(json.dumps(content))
    assert collect(record.of_jobs(tmp_path))["objective"].to_list() == [0.5]


def test_a_sweep_in_which_nothing_has_begun_is_an_empty_table(tmp_path, capsys):
    assert collect(record.of_jobs(tmp_path)).is_empty()
    assert collect(record.of_jobs(tmp_path / "nowhere")).is_empty()
    finish(tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert capsys.readouterr().out == ""


def test_a_sweep_in_which_all_failed_is_a_table_too(tmp_path, capsys):
    job(tmp_path, 0, ["seed=-1"], status="failed", error="seed=-1: expected a whole number")
    write(tmp_path, record.of_jobs(tmp_path))
    finish(tmp_path)
    assert pl.read_csv(tmp_path / "summary.csv")["reason"].to_list() == ["seed=-1: expected a whole number"]
    assert "job 0: seed=-1: expected a whole number" in capsys.readouterr().out


@pytest.mark.parametrize("place", ["seed={} a=1 b=2", "a=1 seed={} b=2", "a=1 b=2 seed={}"])
def test_runs_that_differ_in_nothing_but_the_seed_are_taken_together(tmp_path, place):
    losses = [1.0, 2.0, 4.0]
    for seed, loss in enumerate(losses):
        job(tmp_path, seed, place.format(seed).split(), loss, **{"test/loss": 2 * loss})
    job(tmp_path, 3, place.format(9).split(), 100.0, status="failed", error="no")
    job(tmp_path, 4, ["a=2", "b=2", "seed=0"], 0.5)
    (row,) = over_seeds(collect(record.of_jobs(tmp_path))).to_dicts()
    assert (row["overrides"], row["runs"]) == ("a=1 b=2", 3)
    assert row["objective mean"] == pytest.approx(statistics.mean(losses))
    assert row["objective sd"] == pytest.approx(statistics.stdev(losses))
    assert row["test/loss sd"] == pytest.approx(2 * statistics.stdev(losses))


def test_a_setting_whose_name_ends_like_the_seed_tells_runs_apart(tmp_path):
    for number, other in enumerate(("init.seed=1", "init.seed=2")):
        job(tmp_path, number, [other, "seed=0"], 1.0)
    assert over_seeds(collect(record.of_jobs(tmp_path))).is_empty()
    write(tmp_path, record.of_jobs(tmp_path))
    assert not (tmp_path / "summary_seeds.csv").exists()


def test_means_over_seeds_stand_best_first(tmp_path):
    for number, (lr, loss) in enumerate([("1", 5.0), ("1", 1.0), ("2", 2.0), ("2", 2.5)]):
        job(tmp_path, number, [f"lr={lr}", f"seed={number}"], loss)
    assert over_seeds(collect(record.of_jobs(tmp_path)))["overrides"].to_list() == ["lr=2", "lr=1"]


def test_the_files_are_replaced_as_jobs_end(tmp_path):
    job(tmp_path, 0, ["a=1"], 3.0)
    write(tmp_path, record.of_jobs(tmp_path))
    job(tmp_path, 1, ["a=2"], 2.0)
    write(tmp_path, record.of_jobs(tmp_path))
    assert pl.read_csv(tmp_path / "summary.csv")["job"].to_list() == [1, 0]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["0", "1", "summary.csv"]


def test_settings_in_brackets_are_shown_as_they_are(tmp_path, capsys):
    for number, features in enumerate(("[station,harmonics]", "two_days")):
        job(tmp_path, number, [f"features={features}"], 1.0, **{"test/loss": 1.0})
    finish(tmp_path)
    assert "[station,harmonics]" in capsys.readouterr().out


def test_of_the_settings_those_that_differ_are_shown_whole(tmp_path, capsys):
    for number, (city, seed) in enumerate(product(("New York", "New Orleans"), (1, 2))):
        job(tmp_path, number, ["+a=x y", f"data.stations=[{city}]", f"seed={seed}"], 1.0 + number)
    finish(tmp_path)
    jobs, seeds = capsys.readouterr().out.split("mean ± standard deviation over seeds")
    assert [row.split("│")[2].strip() for row in jobs.splitlines() if "│" in row] == [
        f"data.stations=[{city}] seed={seed}" for city in ("New York", "New Orleans") for seed in (1, 2)
    ]
    told = [row.split("│")[1].strip() for row in seeds.splitlines() if "│" in row]
    assert told == ["data.stations=[New York]", "data.stations=[New Orleans]"]


def test_what_terminals_would_obey_is_shown_in_a_line(tmp_path, capsys):
    job(tmp_path, 0, ["a=\x1b[2J$x[/b]", "b=" + "y" * 5000], 1.0)
    job(tmp_path, 1, ["a=1"], status="failed", error="first\nsecond\x1b[31m")
    finish(tmp_path)
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "$x[/b]" in out
    assert out.count("y") < 500
    assert "job 1: first second" in out
    assert pl.read_csv(tmp_path / "summary.csv")["reason"].to_list()[1] == "first second\x1b[31m"


def test_a_record_that_is_broken_is_a_row_and_changes_no_other(tmp_path, capsys):
    for number in range(2):
        job(tmp_path, number, ["task=binary", f"a={number}"], 1.0 + number)
    (tmp_path / "2").mkdir()
    (tmp_path / "2" / "run.json").write_text('{"overrides"')
    finish(tmp_path)
    rows = pl.read_csv(tmp_path / "summary.csv").to_dicts()
    assert [(row["job"], row["status"], row["overrides"]) for row in rows] == [
        (0, "finished", "task=binary a=0"),
        (1, "finished", "task=binary a=1"),
        (2, "broken", None),
    ]
    out = capsys.readouterr().out
    assert "run.json is not JSON" in out
    assert "task=binary" not in out  # all known jobs share it


def test_the_command_writes_the_table_again_whatever_the_folders_are_called(stratus, tmp_path):
    job(tmp_path, "lr=0.1,path=a/b", ["lr=0.1"], 2.0)
    job(tmp_path, "lr=0.2", ["lr=0.2"], 1.0)
    write(tmp_path, record.of_jobs(tmp_path))
    right = (tmp_path / "summary.csv").read_bytes()
    (tmp_path / "summary.csv").write_text("half a ta")
    lines = stratus("summary", tmp_path)
    assert "2 jobs, best first" in lines[0]
    assert (tmp_path / "summary.csv").read_bytes() == right
    assert pl.read_csv(right)["job"].to_list() == ["lr=0.2", "lr=0.1,path=a/b"]


def test_the_command_refuses_what_is_no_sweep(refusal, tmp_path):
    assert "holds no job of a sweep" in refusal("summary", tmp_path)
    assert "holds no job of a sweep" in refusal("summary", tmp_path / "nowhere")
    assert list(tmp_path.iterdir()) == []
    job(tmp_path, "run", ["lr=0.1"], 2.0)
    assert "is a run, not a sweep" in refusal("summary", tmp_path / "run")
    assert [file.name for file in (tmp_path / "run").iterdir()] == ["run.json"]


def test_of_one_job_and_of_few_resamples_none_is_the_best(tmp_path, capsys):
    job(tmp_path / "one", 0, ["a=1"], 1.0)
    finish(tmp_path / "one")
    assert capsys.readouterr().out.splitlines()[0].strip() == "1 job"
    for number, loss in enumerate((2.0, 3.0, 1.0)):
        job(tmp_path / "drawn", number, [f"data.resample={number}"], loss)
    finish(tmp_path / "drawn")
    heading, *table = capsys.readouterr().out.splitlines()
    assert heading.strip() == "3 jobs, in their order"
    assert [row.split()[1] for row in table if "│" in row][:3] == list("012")


# --- for real


@pytest.mark.slow
def test_a_real_sweep_goes_on_past_jobs_that_diverge_and_ends_in_two_tables(door, recorded, tmp_path):
    # Two learning rates, the last far above the largest stable step, over two seeds.
    swept = ["optimizer.lr=0.1,1e20", "seed=0,1", "trainer.max_epochs=2"]
    process = door(tmp_path, "-m", "task=regression", "features=two_days", "optimizer=gd", "init=gaussian", *swept)
    out, err = process.communicate(timeout=120)
    (sweep,) = tmp_path.glob("outputs/sweeps/*")
    names = [f"{2 * k + seed}_lr={lr}-seed={seed}" for k, lr in enumerate(("0.1", "1e+20")) for seed in (0, 1)]
    runs = [recorded(sweep / name) for name in names]
    assert [run["status"] for run in runs] == ["finished"] * 2 + ["diverged"] * 2
    assert [run["seed"] for run in runs] == [0, 1] * 2
    assert process.returncode == 1
    assert "Traceback" not in err
    assert out.count("4 jobs, best first") == 1
    for run in runs[2:]:
        assert run["error"].startswith("training diverged: the loss is ")
        assert "1e+20, the largest step sure to be stable 0.5127. Mend: optimizer.lr=0.46" in run["error"]
        assert run["error"] in " ".join(out.split())

    assert out.rstrip().endswith(str(Path("pictures", "learning_rate.png")))
    with Image.open(sweep / "pictures" / "learning_rate.png") as image:
        assert image.size > (800, 400)
    assert EventAccumulator(str(sweep)).Reload().Tags()["images"] == ["view/learning_rate"]

    rows = pl.read_csv(sweep / "summary.csv").to_dicts()
    best_first = sorted(range(2), key=lambda number: runs[number]["metrics"]["val/loss"])
    assert [row["job"] for row in rows] == [names[number] for number in (*best_first, 2, 3)]
    for row in rows:
        run = runs[names.index(row["job"])]
        metrics = run["metrics"]
        assert (row["status"], row["reason"]) == (run["status"], run["error"])
        assert row["overrides"] == " ".join(run["overrides"])
        assert (row["objective"], row["test/accuracy"]) == (metrics.get("val/loss"), metrics.get("test/accuracy"))

    assert [line.split()[1] for line in out.splitlines() if "│ finished" in line] == [str(one) for one in best_first]
    assert "job 3: training diverged" in out

    (row,) = pl.read_csv(sweep / "summary_seeds.csv").to_dicts()
    assert row["runs"] == 2
    for name, tag in (("objective", "val/loss"), ("test/loss", "test/loss"), ("test/skill", "test/skill")):
        values = [run["metrics"][tag] for run in runs[:2]]
        assert values[0] != values[1]
        assert row[f"{name} mean"] == pytest.approx(statistics.mean(values), rel=1e-9)
        assert row[f"{name} sd"] == pytest.approx(statistics.stdev(values), rel=1e-6)
