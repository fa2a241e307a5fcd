"""Runs that should be the same have the same bits: weights, forecasts, scores, intervals and references."""

import json
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import torch
from harness import QUIET, Case, Ended, command, ended
from harness_runs import alike, state
from harness_stations import SPLITS, by_year

from stratus.data.store.build import build

FOUR = {"OMP_NUM_THREADS": "4", "MKL_NUM_THREADS": "4", "POLARS_MAX_THREADS": "4"}
ONE = dict.fromkeys(FOUR, "1")
CHIEF = ("test/loss", "val/loss", "test/accuracy")
TASKS = ("regression", "binary", "multiclass", "multilabel")


def near(first: Path, second: Path) -> None:
    """Fails where the weights of two runs differ by more than rounding."""
    for name in ("best", "last"):
        one, other = (state(run / "checkpoints" / f"{name}.ckpt") for run in (first, second))
        for key in one:
            assert torch.allclose(one[key], other[key], rtol=1e-5, atol=1e-5), f"{name}: {key} differs"


def well(end: Ended) -> None:
    assert end.code == 0, end.err or end.out


def side_by_side(folder: Path, first: list[str], second: list[str], one: dict[str, str], other: dict[str, str]) -> None:
    """Starts two commands at once, and compares the runs that they leave."""
    started = []
    for name, words, more in (("first", first, one), ("second", second, other)):
        (folder / name).mkdir()
        started.append(command(*words, QUIET, f"hydra.run.dir={folder / name / 'run'}", folder=folder / name, **more))
    for process in started:
        well(ended(process))
    alike(folder / "first" / "run", folder / "second" / "run")


def twice(*words: str, threads: bool = False) -> Callable[[Path], None]:
    """The same run twice; with one thread and with four."""

    def check(folder: Path) -> None:
        side_by_side(folder, [*words], [*words], ONE, FOUR if threads else ONE)

    return check


def store_in(folder: Path) -> Path:
    build(by_year(folder / "sources"), folder / "store")
    return folder / "store"


def streamed(task: str, *words: str) -> Callable[[Path], None]:
    """Days on disk: samples made in parts of one size and of another, and by one run and found by the next."""

    def check(folder: Path) -> None:
        first, copy = store_in(folder), folder / "copy"
        shutil.copytree(first, copy)
        given = [f"task={task}", "data=store", *SPLITS, "data.batch_size=256", "trainer.max_epochs=3", *words]
        small = [*given, f"data.path={first}", "data.memory=0.0005"]
        larger = [*given, f"data.path={copy}", "data.memory=0.002"]
        side_by_side(folder, small, larger, ONE, FOUR)
        (folder / "again").mkdir()
        where = f"hydra.run.dir={folder / 'again' / 'run'}"
        well(ended(command(*small, QUIET, where, folder=folder / "again")))
        alike(folder / "first" / "run", folder / "again" / "run")

    return check


def in_memory_too(task: str, folder: Path) -> None:
    """Days on disk and in memory come in another order: the training differs, what it is held against does not."""
    store, found = store_in(folder), {}
    for memory in (0.002, 2):
        where = f"hydra.run.dir={folder / str(memory)}"
        words = [f"task={task}", "data=store", *SPLITS, f"data.path={store}", f"data.memory={memory}", QUIET, where]
        well(ended(command(*words, "trainer.max_epochs=1", folder=folder)))
        found[memory] = json.loads((folder / str(memory) / "run.json").read_text())
    (disk, memory) = found.values()
    assert disk["data"]["samples"] == memory["data"]["samples"]
    for name, scores in memory["references"].items():
        both = {score: (value, disk["references"][name][score]) for score, value in scores.items() if score in CHIEF}
        assert both, "no score"
        different = {score: pair for score, pair in both.items() if abs(pair[0] - pair[1]) > 1e-5}
        assert not different, f"{name}: {different}"


def sweep(task: str, processes: tuple[int, int]) -> Callable[[Path], None]:
    """Batched sweeps of the same jobs: the same bits in as many processes, else as near as other batches allow."""

    def check(folder: Path) -> None:
        jobs = ("hydra/launcher=batched", "optimizer.lr=0.01,0.1", "seed=range(32)", "trainer.max_epochs=3")
        for name, count in zip(("first", "second"), processes, strict=True):
            (folder / name).mkdir()
            words = (f"task={task}", *jobs, f"hydra.launcher.processes={count}", QUIET)
            where = f"hydra.sweep.dir={folder / name / 'sweep'}"
            well(ended(command("-m", *words, where, folder=folder / name)))
        numbers = sorted(path.parent.name for path in (folder / "first" / "sweep").glob("*/run.json"))
        assert len(numbers) == 64, f"{len(numbers)} jobs"
        compare = alike if processes[0] == processes[1] else near
        for number in numbers:
            compare(*(folder / name / "sweep" / number for name in ("first", "second")))

    return check


def resumed(folder: Path) -> None:
    """A run that was taken up again ends where a straight one does, if its learning rate is not on its way to 0."""
    for name, epochs in (("straight", 6), ("half", 3)):
        where = f"hydra.run.dir={folder / name}"
        well(
            ended(
                command("task=binary", "schedule=constant", f"trainer.max_epochs={epochs}", QUIET, where, folder=folder)
            )
        )
    where = f"hydra.run.dir={folder / 'whole'}"
    well(ended(command(f"resume={folder / 'half'}", "trainer.max_epochs=6", QUIET, where, folder=folder)))
    alike(folder / "straight", folder / "whole")


def drawn(folder: Path) -> None:
    """Pictures change nothing."""
    for name in ("none", "all"):
        words = ["task=binary", "trainer.max_epochs=2", f"pictures={name}", f"hydra.run.dir={folder / name}"]
        well(ended(command(*words, folder=folder)))
    alike(folder / "none", folder / "all")


def cases(quick: bool) -> Iterator[Case]:
    if quick:  # tests/test_train.py compares a run with four threads and one with one
        return
    for task in TASKS:
        yield Case(f"{task} twice", twice(f"task={task}", "trainer.max_epochs=4"), 2)
        yield Case(f"{task} with one thread and four", twice(f"task={task}", "trainer.max_epochs=4", threads=True), 2)
    for optimizer in ("gd", "sgd", "momentum", "adam", "lbfgs"):
        words = ("task=multiclass", f"optimizer={optimizer}", "init=gaussian", "trainer.max_epochs=3")
        yield Case(f"{optimizer} with one thread and four", twice(*words, threads=True), 2)
    for task in ("regression", "binary", "multiclass"):
        yield Case(f"{task} streamed: twice, in other parts, from samples made before", streamed(task), 3)
    two = ("trainer=ddp", "trainer.accelerator=cpu")
    yield Case("two processes twice", twice("task=binary", "trainer.max_epochs=3", *two), 2)
    yield Case("two processes, days streamed, twice", streamed("binary", *two), 3)
    for task in ("regression", "binary", "multiclass"):
        yield Case(f"{task} streamed and in memory", partial(in_memory_too, task), 2)
    for task in ("regression", "multiclass"):
        yield Case(f"{task} batched in two processes, twice", sweep(task, (2, 2)), 128)
        yield Case(f"{task} batched in one process and in two", sweep(task, (1, 2)), 128)
    yield Case("a resumed run and a straight one", resumed, 2)
    yield Case("with pictures and without", drawn, 2)
