"""run.json: there from the first second, whole at every moment, and true whatever the end is."""

import json

import pytest

from stratus.errors import CheckpointError, ConfigurationError, Diverged
from stratus.runs import record

FIELDS = {
    "status", "error", "task", "overrides", "seed", "metrics", "references", "skill", "gap", "data", "versions", "git",
    "seconds", "epochs",
}  # fmt: skip


def strict(folder):
    """What a reader sees that knows JSON alone, without Python's NaN."""

    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    return json.loads((folder / "run.json").read_text(encoding="utf-8"), parse_constant=refuse)


def test_a_run_is_recorded_as_running_until_it_has_finished(tmp_path):
    with record.recorded(tmp_path / "new" / "run", task="binary", overrides=["seed=1"], seed=1) as entries:
        now = strict(tmp_path / "new" / "run")
        assert (now["status"], now["error"], now["task"], now["overrides"]) == ("running", None, "binary", ["seed=1"])
        assert "seconds" not in now
        entries["gap"] = 0.5
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
    with pytest.raises(type(error)) as caught, record.recorded(tmp_path):
        raise error
    assert caught.value is error
    end = strict(tmp_path)
    assert end["status"] == status
    assert message in end["error"]
    assert end["seconds"] >= 0


def test_numbers_that_are_not_finite_become_null(tmp_path):
    nan, inf = float("nan"), float("inf")
    with record.recorded(tmp_path) as entries:
        entries["metrics"] = {"test/loss": nan, "deep": {"list": [1.5, inf, (-inf, 2)]}}
    assert strict(tmp_path)["metrics"] == {"test/loss": None, "deep": {"list": [1.5, None, [None, 2]]}}


def test_what_json_does_not_hold_is_spelled_out(tmp_path):
    with record.recorded(tmp_path, seed=10**20, overrides=["data.path=\udcff"]) as entries:
        entries["odd"] = {1: True, "deep": [-(10**30), (2**63 - 1, 0.5)]}
    found = strict(tmp_path)
    assert (found["seed"], found["overrides"]) == (str(10**20), ["data.path=\\udcff"])
    assert found["odd"] == {"1": True, "deep": [str(-(10**30)), [2**63 - 1, 0.5]]}
    assert found["status"] == "finished"


def test_names_keep_their_letters(tmp_path):
    with record.recorded(tmp_path, overrides=["data.stations=[Tromsø]"]):
        pass
    assert "Tromsø" in (tmp_path / "run.json").read_text(encoding="utf-8")


def test_nothing_but_the_record_is_left_behind(tmp_path):
    with record.recorded(tmp_path):
        pass
    assert [file.name for file in tmp_path.iterdir()] == ["run.json"]


def test_a_folder_without_a_record_is_no_run(tmp_path):
    with pytest.raises(CheckpointError, match=r"is not a run's folder"):
        record.read(tmp_path)
    (tmp_path / "run.json").write_text('{"status": "runn')
    with pytest.raises(CheckpointError, match=r"run\.json is not JSON"):
        record.read(tmp_path)


@pytest.mark.parametrize("task", ["regression", "binary", "multiclass", "multilabel"])
def test_a_finished_run_records_every_field(short, task):
    run = strict(short(task))
    assert set(run) >= FIELDS
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
