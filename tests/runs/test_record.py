"""run.json: there from the first second, whole at every moment, and true whatever the end is."""

import json
import math
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from stratus import files
from stratus.errors import CheckpointError, ConfigurationError, Diverged
from stratus.runs import record, recording

FIELDS = {
    "schema", "status", "error", "task", "overrides", "seed", "metrics", "references", "skill", "gap", "data",
    "versions", "git", "seconds", "epochs",
}  # fmt: skip
BEFORE = Path(__file__).with_name("record_without_schema.json")


def strict(folder):
    """What a reader sees that knows JSON alone, without Python's NaN."""

    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    return json.loads((folder / "run.json").read_text(encoding="utf-8"), parse_constant=refuse)


def keeping(folder, overrides=(), seed=0):
    return recording.recorded(folder, task="binary", overrides=list(overrides), seed=seed)


# --- how it is kept


def test_a_run_is_recorded_as_running_until_it_has_finished(tmp_path):
    with keeping(tmp_path / "new" / "run", ["seed=1"], 1) as entries:
        now = strict(tmp_path / "new" / "run")
        assert (now["status"], now["error"], now["task"], now["overrides"]) == ("running", None, "binary", ["seed=1"])
        assert now["seconds"] is None
        assert now["metrics"] == {}
        entries.gap = 0.5
    end = strict(tmp_path / "new" / "run")
    assert (end["status"], end["error"], end["gap"]) == ("finished", None, 0.5)
    assert 0 <= end["seconds"] < 60


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (Diverged("the loss is inf"), "diverged", "the loss is inf"),
        (ConfigurationError("seed=-1"), "failed", "seed=-1"),
        (ValueError("so"), "failed", "so"),
        (ValueError(), "failed", "ValueError"),
        (MemoryError(), "failed", "MemoryError"),
        (KeyboardInterrupt(), "interrupted", "stopped"),
        (SystemExit(143), "interrupted", "143"),
    ],
)
def test_every_end_is_recorded_with_its_reason_and_passed_on(tmp_path, error, status, message):
    with pytest.raises(type(error)) as caught, keeping(tmp_path):
        raise error
    assert caught.value is error
    end = strict(tmp_path)
    assert end["status"] == status
    assert message in end["error"]
    assert end["seconds"] >= 0


def test_numbers_that_are_not_finite_become_null_and_are_read_as_none(tmp_path):
    with keeping(tmp_path) as entries:
        entries.metrics = {"test/loss": math.nan, "test/rmse": np.float32(1.5)}
        entries.intervals = {"test/skill": [math.nan, math.inf]}
        entries.task_settings = {"deep": [1.5, math.inf, (-math.inf, 2)]}
    found = strict(tmp_path)
    assert found["metrics"] == {"test/loss": None, "test/rmse": 1.5}
    assert found["intervals"] == {"test/skill": [None, None]}
    assert found["task_settings"] == {"deep": [1.5, None, [None, 2]]}
    assert record.read(tmp_path).metrics["test/loss"] is None


def test_what_json_does_not_hold_is_spelled_out(tmp_path):
    with keeping(tmp_path, ["data.path=\udcff"], 10**20) as entries:
        entries.task_settings = {1: True, "deep": [-(10**30), (2**63 - 1, np.arange(2))], "path": Path("a/b")}
    found = strict(tmp_path)
    assert (found["seed"], found["overrides"]) == (10**20, ["data.path=\\udcff"])
    assert found["task_settings"] == {"1": True, "deep": [-(10**30), [2**63 - 1, [0, 1]]], "path": "a/b"}
    assert found["status"] == "finished"


def test_names_keep_their_letters(tmp_path):
    with keeping(tmp_path, ["data.stations=[Tromsø]"]):
        pass
    assert "Tromsø" in (tmp_path / "run.json").read_text(encoding="utf-8")


def test_nothing_but_the_record_is_left_behind(tmp_path):
    with keeping(tmp_path):
        pass
    assert [file.name for file in tmp_path.iterdir()] == ["run.json"]


def full(folder):
    """Leaves no room beside the record: what would be written there first cannot be made."""
    (folder / f".{os.getpid()}.run.json").mkdir()


def find_no_room(folder, end=None):
    """A run whose record grows beyond what it has to spare; ended by an exception if one is given."""
    with keeping(folder) as entries:
        full(folder)
        entries.metrics = {f"test/{k}": k / 7 for k in range(5000)}
        if end:
            raise end


def test_where_there_is_no_room_beside_it_the_record_is_written_over(tmp_path):
    with keeping(tmp_path) as entries:
        full(tmp_path)
        entries.metrics = {f"test/{k}": k / 7 for k in range(500)}
    end = strict(tmp_path)
    assert (end["status"], end["metrics"]) == ("finished", entries.metrics)


def test_what_is_too_long_to_be_written_over_is_left_out_and_the_run_has_failed(tmp_path):
    with pytest.raises(OSError, match=r"run\.json"):
        find_no_room(tmp_path)
    end = strict(tmp_path)
    assert (end["status"], end["metrics"]) == ("failed", {})
    assert "run.json" in end["error"]


def test_a_run_that_is_stopped_is_recorded_so_even_if_its_results_find_no_room(tmp_path):
    with pytest.raises(SystemExit):
        find_no_room(tmp_path, SystemExit(129))
    assert (strict(tmp_path)["status"], strict(tmp_path)["error"]) == ("interrupted", "stopped with exit code 129")


def test_a_record_that_nobody_leaves_any_more_is_of_an_interrupted_run(tmp_path):
    context = keeping(tmp_path)
    context.__enter__()
    del context  # as where a signal comes between the body's end and the guard
    assert (strict(tmp_path)["status"], strict(tmp_path)["error"]) == ("interrupted", "stopped")


def test_one_run_at_a_time_has_a_folder_and_one_that_was_trained_there_keeps_it(tmp_path):
    with keeping(tmp_path), pytest.raises(ConfigurationError, match="another run is at work here"), keeping(tmp_path):
        pass
    assert strict(tmp_path)["status"] == "finished"
    with keeping(tmp_path, ["seed=1"]):
        (tmp_path / "checkpoints").mkdir()
        (tmp_path / "checkpoints" / "last.ckpt").touch()
    with pytest.raises(ConfigurationError, match="holds a run: choose another folder"), keeping(tmp_path, ["seed=2"]):
        pass
    assert strict(tmp_path)["overrides"] == ["seed=1"]


# --- how it is read


@pytest.mark.parametrize("task", ["regression", "multiclass"])
def test_a_record_that_is_read_and_written_again_is_the_same(short, tmp_path, task):
    record.read(short(task)).write(tmp_path)
    assert (tmp_path / "run.json").read_bytes() == (short(task) / "run.json").read_bytes()


def test_the_objective_is_the_validation_loss_and_without_validation_days_the_training_loss():
    run = record.RunRecord("binary", [])
    assert run.objective is None
    run.metrics = {"train/loss": 2.0, "test/loss": 9.0}
    assert run.objective == 2
    run.metrics = {**run.metrics, "val/loss": 3.0}
    assert run.objective == 3


def test_a_record_without_a_schema_as_they_were_before_is_read(tmp_path):
    shutil.copy(BEFORE, tmp_path / "run.json")
    written, found = json.loads(BEFORE.read_text(encoding="utf-8")), record.read(tmp_path)
    assert "schema" not in written
    for entry in ("task", "overrides", "seed", "status", "target", "metrics", "references", "intervals", "gap"):
        assert getattr(found, entry) == written[entry]
    assert found.tolerance == written["tolerance"] == 2
    assert found.objective == written["metrics"]["val/loss"]
    assert found.data.samples == written["data"]["samples"]
    assert found.weights.weight == written["weights"]["weight"]
    assert found.git.sha == written["git"]["sha"]


def test_a_folder_of_runs_and_a_file_of_one_name_the_run_that_is_meant(short, tmp_path):
    for name in ("later", "earlier"):
        shutil.copytree(short("binary"), tmp_path / name)
    os.utime(tmp_path / "earlier", (0, 0))
    for path, meant in {
        ".": "later",
        "earlier/checkpoints/best.ckpt": "earlier",
        "earlier/checkpoints": "earlier",
    }.items():
        with pytest.raises(CheckpointError, match=rf"is it {tmp_path / meant}\?$"):
            record.read(tmp_path / path)


def test_a_folder_without_a_record_is_no_run(tmp_path):
    with pytest.raises(CheckpointError, match=r"is not a run's folder"):
        record.read(tmp_path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"status": "runn', "run.json is not JSON"),
        (b"", "run.json is not JSON"),
        (b"\xff\xfe", "run.json is not JSON"),
        (b"[]", "run.json is not a run's record"),
        (b"null", "run.json is not a run's record"),
        (b'{"task": "binary"}', "run.json is not a run's record"),
        (b'{"task": "binary", "overrides": [], "schema": 99}', "has schema 99; this version of Stratus reads schema 2"),
        (b'{"task": "binary", "overrides": [], "schema": "x"}', "has schema x; this version of Stratus reads schema 2"),
        (b'{"task": "binary", "overrides": 7}', r"is not a run's record: .*`\$\.overrides`"),
        (b'{"task": "binary", "overrides": ["a", 7]}', r"is not a run's record: .*`\$\.overrides\[1\]`"),
        (b'{"task": "binary", "overrides": [], "metrics": {"test/loss": "low"}}', r"is not a run's record: .*metrics"),
        (b'{"overrides": []}', r"is not a run's record: .*`task`"),
        (b'{"task": "binary", "overrides": [], "data": {"file": "a"}}', r"is not a run's record: .*`\$\.data`"),
        (b'{"task": "x", "overrides": [], "tolerance": [1]}', "is not a run's record: .*not 'list'"),
        (b'{"task": "x", "overrides": [], "tolerance": 1%s}' % (b"0" * 400), "record: .*too large"),
    ],
)
def test_what_is_no_record_is_refused_in_one_clear_line(tmp_path, content, said):
    (tmp_path / "run.json").write_bytes(content)
    with pytest.raises(CheckpointError, match=said) as caught:
        record.read(tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_jobs_of_a_sweep_stand_in_the_order_of_their_numbers(tmp_path):
    for number in (10, 2, 0):
        with keeping(tmp_path / str(number), [f"seed={number}"], number):
            pass
    assert {number: run.seed for number, run in record.of_jobs(tmp_path).items()} == {"0": 0, "2": 2, "10": 10}
    assert list(record.of_jobs(tmp_path)) == ["0", "2", "10"]
    assert record.of_jobs(tmp_path / "nowhere") == {}


def test_the_jobs_of_a_sweep_are_found_whatever_their_folders_are_called(tmp_path):
    names = ["a=2", "a=10", "a=10/b=1", "lr=0.1,path=data/x.csv", "ü [x]"]
    for name in reversed(names):
        with keeping(tmp_path / name):
            pass
    assert list(record.of_jobs(tmp_path)) == names


def test_a_folder_that_is_kept_for_a_run_is_no_other_s_until_the_run_has_ended(tmp_path, monkeypatch):
    recording.keep(tmp_path / "run")
    with pytest.raises(ConfigurationError, match="another run is at work here"):
        recording.take(tmp_path / "run")
    monkeypatch.chdir(tmp_path)
    with keeping(Path("run")):  # by another name
        assert files.taken(tmp_path / "run")
    assert not files.taken(tmp_path / "run")


def test_of_a_sweep_s_jobs_a_broken_record_says_why(tmp_path):
    for name, content in {"0": b'{"status": "runn', "1": b"[]"}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_bytes(content)
    with keeping(tmp_path / "2"):
        pass
    found = record.of_jobs(tmp_path)
    assert [run.status for run in found.values()] == ["broken", "broken", "finished"]
    assert "run.json is not JSON" in found["0"].error
    assert "run.json is not a run's record" in found["1"].error


def test_a_run_whose_process_was_killed_is_told_as_failed(tmp_path):
    begin = """if True:
        import sys, time
        from pathlib import Path
        from stratus.runs import record, recording
        with recording.recorded(Path(sys.argv[1]), task="binary", overrides=[], seed=0):
            print(flush=True)
            time.sleep(60)"""
    with subprocess.Popen([sys.executable, "-c", begin, tmp_path / "run"], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        assert record.read(tmp_path / "run").status == "running"
        process.kill()
        process.wait()
    assert strict(tmp_path / "run")["status"] == "running"
    run = record.read(tmp_path / "run")
    assert run.status == "failed"
    assert run.error.startswith("killed: ")
    elsewhere = strict(tmp_path / "run") | {"host": "another machine"}  # whose processes nobody knows here
    (tmp_path / "run" / "run.json").write_text(json.dumps(elsewhere))
    assert record.read(tmp_path / "run").status == "running"


# --- of a real run


@pytest.mark.parametrize("task", ["regression", "binary", "multiclass", "multilabel"])
def test_a_finished_run_records_every_field(short, task):
    run = strict(short(task))
    assert set(run) >= FIELDS
    assert run["schema"] == 2
    assert (run["status"], run["error"], run["task"], run["seed"], run["epochs"]) == ("finished", None, task, 0, 4)
    assert run["overrides"] == [f"task={task}", "trainer.max_epochs=4"]
    assert set(run["metrics"]) >= {"train/loss", "val/loss", "test/loss", "test/accuracy"}
    assert set(run["references"]) == {"climatology", "persistence", "optimum"}
    assert all(set(run["metrics"]) == set(row) for row in run["references"].values())
    assert run["references"]["climatology"]["test/skill"] == 0
    assert set(run["data"]) >= {"file", "sha256", "days", "samples", "left_out"}
    assert run["data"]["samples"] == {"train": 729, "val": 365, "test": 365}
    assert run["data"]["days"] == (2922 if task == "multilabel" else 1461)
    assert sum(run["data"]["left_out"].values()) == 0
    assert set(run["versions"]) >= {"stratus", "torch", "lightning", "hydra-core"}
    assert run["git"] is None or set(run["git"]) == {"sha", "dirty"}
    assert run["gap"] > 0
