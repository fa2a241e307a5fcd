"""best.ckpt and last.ckpt: whole or absent, safe to load, and what their names say."""

import math
import os
import pickle
import random
import re
import resource
import shutil
import time
import zipfile
from datetime import date
from functools import cache, partial
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from lightning.pytorch import Trainer
from shipped import SEATTLE, SHIPPED, splits_of
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from stratus import tasks
from stratus.data.daily_table import extend
from stratus.data.datamodule import WeatherDataModule
from stratus.data.recipe import Recipe
from stratus.data.splits import split
from stratus.errors import CheckpointError, Diverged
from stratus.tasks.weights import Weights
from stratus.training.checkpoints import AtomicCheckpointIO, Checkpoint, PacedCheckpointIO, best_and_last, load

every_task = pytest.mark.parametrize("name", tasks.NAMES)


# --- how they are written


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
    with pytest.raises((AttributeError, TypeError, ValueError), match=r"pickle|local object"):
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
    writer = PacedCheckpointIO(pause=3600)
    for epoch, name in enumerate(("best", "last", "best", "last")):
        writer.save_checkpoint({"epoch": epoch}, tmp_path / f"{name}.ckpt")
    assert epochs(tmp_path) == {"best": 0, "last": 1}
    writer.pause = 0.001
    time.sleep(0.002)
    writer.save_checkpoint({"epoch": 4}, tmp_path / "last.ckpt")
    assert epochs(tmp_path) == {"best": 2, "last": 4}
    time.sleep(0.002)
    written = (tmp_path / "best.ckpt").stat().st_mtime_ns
    writer.save_checkpoint({"epoch": 5}, tmp_path / "last.ckpt")
    assert (tmp_path / "best.ckpt").stat().st_mtime_ns == written


class Interrupts:
    """Copied, it stops the program, as a signal may at any time."""

    def __deepcopy__(self, memo):
        raise SystemExit(129)


def test_a_signal_while_a_checkpoint_is_copied_loses_none_that_waits(tmp_path):
    writer = PacedCheckpointIO(pause=3600)
    for epoch in range(2):
        writer.save_checkpoint({"epoch": epoch}, tmp_path / "last.ckpt")
    with pytest.raises(SystemExit):
        writer.save_checkpoint({"epoch": 2, "state_dict": Interrupts()}, tmp_path / "last.ckpt")
    writer.teardown()
    assert epochs(tmp_path) == {"last": 1}


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


def posed(name, lead=0, **settings):
    rows, splits = SHIPPED if name == "multilabel" else SEATTLE, splits_of(name, lead=lead)
    return rows, splits, tasks.find(name).for_splits(splits, **settings)


@pytest.fixture(scope="session")
def trained_once(tmp_path_factory):
    """A task trained for an epoch, its table and samples, and the checkpoint that Lightning writes of it."""
    return cache(partial(train, tmp_path_factory.mktemp("trained")))


@pytest.fixture
def saved(trained_once, tmp_path):
    """The same, the checkpoint a copy of its own."""

    def copied(name, lead=0, **settings):
        *others, path = trained_once(name, lead, **settings)
        return *others, Path(shutil.copy(path, tmp_path / path.name))

    return copied


def train(folder, name, lead=0, **settings):
    rows, splits, task = posed(name, lead, **settings)
    quiet = ("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary")
    trainer = Trainer(accelerator="cpu", devices=1, max_epochs=1, limit_val_batches=0, **dict.fromkeys(quiet, False))
    trainer.fit(task, WeatherDataModule(splits, batch_size=200))
    path = folder / f"{name}{lead}{len(settings)}.ckpt"
    trainer.save_checkpoint(path)
    return rows, splits, task, path


# --- what one holds


@every_task
def test_a_reloaded_checkpoint_forecasts_the_same(name, saved):
    rows, splits, task, path = saved(name, lead=1)
    again = load(path)
    assert again.recipe == splits.recipe
    assert again.inputs == splits.inputs
    assert again.task.outputs == splits.outputs
    assert (again.task.name, again.content["global_step"]) == (name, math.ceil(1094 / 200))
    x = again.samples(rows).x
    for one in (x, splits.test.x):
        torch.testing.assert_close(*(Weights.of(each).logits(each, one) for each in (task, again.task)), rtol=0, atol=0)


@every_task
def test_samples_of_a_table_are_its_days_with_known_inputs(name, saved):
    rows, splits, _, path = saved(name, lead=1)
    found = load(path).samples(extend(rows, date(2016, 1, 2)))
    assert found.complete.all()
    assert found.dates.max() == np.datetime64("2016-01-01")  # the second day's inputs are not known
    assert found.known.sum() == len(found) - 1
    known = found.where(found.known).since(date(2015, 1, 1))
    np.testing.assert_array_equal(known.x, splits.test.x)
    np.testing.assert_array_equal(known.y, splits.test.y)


def test_the_scale_and_the_tolerance_travel_in_the_checkpoint(saved):
    *_, splits, _, path = saved("regression", tolerance=0.5)
    task = load(path).task
    assert task.tolerance == 0.5
    for found, expected in zip((task.mean, task.scale), splits.standardisation, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_a_checkpoint_s_classes_keep_their_order_where_a_table_lacks_some(saved):
    *_, path = saved("multiclass")
    again = load(path)
    dry = SEATTLE.filter(pl.col("weather").is_in(["sun", "fog"]))
    samples = again.samples(dry)
    truth = dict(dry.select("date", "weather").iter_rows())
    assert again.task.outputs == ["drizzle", "fog", "rain", "snow", "sun"]
    found = [again.task.outputs[k] if k >= 0 else None for k in samples.y]
    assert found == [truth.get(day.item()) for day in samples.dates]


def test_another_station_s_table_is_refused_where_the_inputs_name_theirs(saved):
    *_, path = saved("multilabel")
    elsewhere = SHIPPED.with_columns(pl.col("station").replace("Seattle", "Oslo"))
    with pytest.raises(CheckpointError, match="needs the same stations") as caught:
        load(path).samples(elsewhere)
    assert "Oslo temperature d" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_another_station_s_table_is_refused_where_only_the_answers_name_theirs():
    splits = split(SHIPPED, Recipe("rain_by_station", {"harmonics": {}}), test_from=date(2015, 1, 1))
    held = Checkpoint(tasks.find("multilabel").for_splits(splits), splits.recipe, {})
    elsewhere = SHIPPED.with_columns(pl.col("station").replace("Seattle", "Oslo"))
    with pytest.raises(CheckpointError, match="needs the same stations"):
        held.samples(elsewhere)


def test_a_model_of_one_station_may_be_asked_about_another(saved):
    *_, path = saved("binary")
    assert set(load(path).samples(SHIPPED).stations) == {"New York", "Seattle"}


# --- files that are no checkpoint


def refusal(path):
    with pytest.raises(CheckpointError) as caught:
        load(path)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    return message


def test_a_checkpoint_may_be_named_by_a_text(saved):
    *_, path = saved("binary")
    assert load(str(path)).inputs == load(path).inputs


def test_a_missing_checkpoint_is_said_to_be_missing(tmp_path):
    assert "there is no checkpoint" in refusal(tmp_path / "best.ckpt")


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04", b"station,date\n", b"\x80\x04K\x01.", random.Random(0).randbytes(1000)]
)
def test_other_bytes_are_no_checkpoint(content, tmp_path):
    path = tmp_path / "best.ckpt"
    path.write_bytes(content)
    assert "is not a checkpoint of Stratus" in refusal(path)


def test_a_folder_is_no_checkpoint(tmp_path):
    assert "is not a file" in refusal(tmp_path)


def test_a_link_is_no_checkpoint(tmp_path, saved):
    *_, path = saved("binary")
    (tmp_path / "link.ckpt").symlink_to(path)
    assert "is a link, or behind one" in refusal(tmp_path / "link.ckpt")


def test_a_packed_checkpoint_is_refused(saved):
    *_, path = saved("binary")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("more", bytes(10**6))
    assert "it is packed" in refusal(path)


@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
def test_a_truncated_checkpoint_is_refused(share, saved):
    *_, path = saved("binary")
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    assert "is not a checkpoint of Stratus" in refusal(path)


VAST = torch.zeros(1).expand(10**5, 10**5)  # held by four bytes
WAVES = {"harmonics": {"k": 10**7}}


def without(key):
    return lambda content: content.pop(key)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (without("task"), "missing required field `task`"),
        (without("global_step"), "missing required field `global_step`"),
        (without("callbacks"), "missing required field `callbacks`"),
        (without("state_dict"), "missing required field `state_dict`"),
        (without("hyper_parameters"), "missing required field `hyper_parameters`"),
        (without("datamodule_hyper_parameters"), "missing required field `datamodule_hyper_parameters`"),
        (lambda content: content.update(task="forest"), "there is no task 'forest'"),
        (lambda content: content.update(task=["binary"]), "Expected `str`, got `array` - at `$.task`"),
        (lambda content: content["hyper_parameters"].update(inputs=["one"]), "1 inputs and a recipe that makes 2"),
        (lambda content: content["hyper_parameters"].update(inputs="ab"), "at `$.hyper_parameters.inputs`"),
        (lambda content: content["state_dict"].update({"linear.weight": VAST}), "a tensor is larger than the file"),
        (lambda content: content["datamodule_hyper_parameters"].update(features=WAVES), "a whole number from 1 to 183"),
        (
            lambda content: content["datamodule_hyper_parameters"].update(lead_days=10**9),
            "number from 0 to 366",
        ),
        (lambda content: content["hyper_parameters"].update(colour="blue"), "unexpected keyword argument 'colour'"),
        (lambda content: content["state_dict"].pop("mean"), "RuntimeError"),
        (lambda content: content["datamodule_hyper_parameters"].update(target="hail"), "there is no target 'hail'"),
        (lambda content: content["datamodule_hyper_parameters"].pop("features"), "required field `features`"),
        (lambda content: content["datamodule_hyper_parameters"].update(target="weather"), "binary does not answer"),
        (lambda content: content.update(task="multiclass"), "multiclass does not answer rain"),
    ],
)
def test_a_checkpoint_that_lacks_or_contradicts_something_is_refused(change, said, saved):
    *_, path = saved("binary")
    content = torch.load(path, weights_only=True)
    change(content)
    torch.save(content, path)
    assert said in refusal(path)


@pytest.mark.parametrize("content", [[], {}, None, torch.zeros(3)], ids=repr)
def test_a_file_of_torch_that_holds_something_else_is_refused(content, tmp_path):
    torch.save(content, tmp_path / "best.ckpt")
    assert "is not a checkpoint of Stratus" in refusal(tmp_path / "best.ckpt")


class Trap:
    """Unpickled, it would make a folder."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


@pytest.mark.parametrize("write", ["zip", "legacy", "pickle"])
def test_code_in_a_checkpoint_is_never_run(write, tmp_path, saved):
    *_, path = saved("binary")
    sprung = tmp_path / "sprung"
    content = torch.load(path, weights_only=True) | {"callbacks": Trap(sprung)}
    if write == "pickle":
        path.write_bytes(pickle.dumps(content))
    else:
        torch.save(content, path, _use_new_zipfile_serialization=write == "zip")
    assert "is not a checkpoint of Stratus" in refusal(path)
    assert not sprung.exists()

    with open(path, "rb") as file:  # the trap does work where a file is trusted
        pickle.load(file) if write == "pickle" else torch.load(file, weights_only=False)
    assert sprung.exists()
