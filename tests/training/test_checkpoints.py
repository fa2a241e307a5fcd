"""best.ckpt and last.ckpt: whole or absent, safe to load, and what their names say."""

import re
import resource
import time

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from stratus.errors import Diverged
from stratus.training.checkpoints import AtomicCheckpointIO, PacedCheckpointIO, best_and_last


@pytest.fixture
def old(tmp_path):
    path = tmp_path / "checkpoints" / "last.ckpt"
    AtomicCheckpointIO().save_checkpoint({"epoch": 1, "weight": torch.ones(3)}, path)
    return path


def only(path):
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    return torch.load(path, weights_only=True)


def test_a_checkpoint_replaces_the_one_before(old):
    assert only(old)["epoch"] == 1
    AtomicCheckpointIO().save_checkpoint({"epoch": 2}, old)
    assert only(old) == {"epoch": 2}


def test_what_cannot_be_serialised_leaves_the_old_checkpoint_whole(old):
    with pytest.raises((AttributeError, TypeError, ValueError), match="pickle"):
        AtomicCheckpointIO().save_checkpoint({"weight": torch.zeros(3), "function": lambda: None}, old)
    assert only(old)["weight"].tolist() == [1, 1, 1]


def test_a_disk_that_fills_up_leaves_the_old_checkpoint_whole(old):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises(OSError, match="too large"):
            AtomicCheckpointIO().save_checkpoint({"weight": torch.zeros(100_000)}, old)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert only(old)["weight"].tolist() == [1, 1, 1]


def epochs(folder):
    return {path.stem: torch.load(path, weights_only=True)["epoch"] for path in folder.iterdir()}


def test_the_first_checkpoint_of_a_name_is_written_at_once_and_the_latest_in_the_end(tmp_path):
    writer = PacedCheckpointIO(pause=3600)
    for epoch in range(3):
        for name in ("best", "last"):
            writer.save_checkpoint({"epoch": epoch}, tmp_path / f"{name}.ckpt")
        assert epochs(tmp_path) == {"best": 0, "last": 0}
    writer.teardown()
    assert epochs(tmp_path) == {"best": 2, "last": 2}


def test_what_waits_is_written_with_the_next_checkpoint_after_the_pause(tmp_path):
    writer = PacedCheckpointIO(pause=0.2)
    for epoch, name in enumerate(("best", "last", "best", "last")):
        writer.save_checkpoint({"epoch": epoch}, tmp_path / f"{name}.ckpt")
    assert epochs(tmp_path) == {"best": 0, "last": 1}
    time.sleep(0.2)
    writer.save_checkpoint({"epoch": 4}, tmp_path / "last.ckpt")
    assert epochs(tmp_path) == {"best": 2, "last": 4}
    time.sleep(0.2)
    written = (tmp_path / "best.ckpt").stat().st_mtime_ns
    writer.save_checkpoint({"epoch": 5}, tmp_path / "last.ckpt")
    assert (tmp_path / "best.ckpt").stat().st_mtime_ns == written


def test_training_on_does_not_change_a_checkpoint_that_waits(tmp_path):
    writer, weight = PacedCheckpointIO(pause=3600), torch.zeros(3)
    for epoch in range(2):
        writer.save_checkpoint({"epoch": epoch, "state_dict": {"weight": weight}}, tmp_path / "last.ckpt")
        weight += 1
    writer.teardown()
    content = torch.load(tmp_path / "last.ckpt", weights_only=True)
    assert (content["epoch"], content["state_dict"]["weight"].tolist()) == (1, [1, 1, 1])


def test_a_run_that_diverges_leaves_the_last_epoch_whose_loss_was_finite(trained, tmp_path):
    overrides = ["task=regression", "data.batch_size=null", "schedule=constant", "optimizer.lr=1e5"]
    with pytest.raises(Diverged) as diverged:
        trained(tmp_path, *overrides)
    (step,) = map(int, re.findall(r"at step (\d+)", str(diverged.value)))  # a step is an epoch here
    last = torch.load(tmp_path / "checkpoints" / "last.ckpt", weights_only=True)
    assert step > 2
    assert (last["global_step"], last["epoch"]) == (step, step - 1)
    assert all(torch.isfinite(value).all() for value in last["state_dict"].values())


@pytest.mark.parametrize("task", ["regression", "binary", "multiclass", "multilabel"])
def test_best_is_the_epoch_of_the_lowest_validation_loss_and_last_the_last(short, task):
    curve = [one.value for one in EventAccumulator(str(short(task))).Reload().Scalars("val/loss")]
    folder = short(task) / "checkpoints"
    assert sorted(file.name for file in folder.iterdir()) == ["best.ckpt", "last.ckpt"]
    best, last = (torch.load(folder / f"{name}.ckpt", weights_only=True) for name in ("best", "last"))
    assert len(curve) == 4
    assert best["epoch"] == curve.index(min(curve))
    assert last["epoch"] == 3


@pytest.mark.parametrize("name", ["best", "last"])
def test_a_checkpoint_holds_plain_values_and_tensors_alone(short, name):
    content = torch.load(short("multilabel") / "checkpoints" / f"{name}.ckpt", weights_only=True)

    def plain(value):
        if isinstance(value, dict):
            return all(plain(one) for pair in value.items() for one in pair)
        if isinstance(value, list | tuple):
            return all(map(plain, value))
        return value is None or type(value) in (torch.Tensor, bool, int, float, str)

    assert plain(dict(content))
    assert set(content["state_dict"]) == {"linear.weight", "linear.bias", "mean", "scale"}
    assert content["hyper_parameters"]["outputs"] == ["New York", "Seattle"]
    assert content["hyper_parameters"]["units"] == ["°C"] * 4
    assert content["datamodule_hyper_parameters"]["target"] == "rain_by_station"


def test_where_there_are_no_validation_days_the_last_is_kept_alone(tmp_path):
    assert [(one.filename, one.monitor) for one in best_and_last(tmp_path, validation=False)] == [("last", None)]
    assert [one.filename for one in best_and_last(tmp_path, validation=True)] == ["best", "last"]
