"""What must hold of a run's folder however the run ended: nothing is broken, and `resume=` gives the same bits."""

import json
import tempfile
import threading
from functools import cache
from pathlib import Path

import harness_forks as forks
import polars as pl
import torch
from harness import QUIET
from PIL import Image

from stratus.training.checkpoints import load

SETTINGS = {
    "validated": ["task=binary", "trainer.max_epochs=12", "seed=3", "init=gaussian", QUIET],
    "impatient": ["task=binary", "optimizer.lr=5", "schedule=constant", "patience=3", "trainer.max_epochs=60", QUIET],
    "without validation": ["task=regression", "data.validation_from=null", "trainer.max_epochs=8", QUIET],
    "adam": ["task=multiclass", "optimizer=adam", "trainer.max_epochs=9", QUIET],
    "drawn": ["task=binary", "trainer.max_epochs=2"],
}
MOMENTS = {  # the file and the name of a function, how many calls pass, at which event of the next one it is killed
    "before the record": ("recording.py", "take", 0, "return"),
    "as the record begins": ("pathlib.py", "Path.replace", 0, "call"),
    "once the record has begun": ("pathlib.py", "Path.replace", 0, "return"),
    "as the first checkpoint is written": ("checkpoints.py", "AtomicCheckpointIO.save_checkpoint", 0, "call"),
    "between the first two checkpoints": ("checkpoints.py", "AtomicCheckpointIO.save_checkpoint", 1, "call"),
    "before a checkpoint takes its place": ("pathlib.py", "Path.replace", 2, "call"),
    "as training ends": ("strategy.py", "Strategy.teardown", 0, "call"),
    "once the last checkpoint is written": ("strategy.py", "Strategy.teardown", 0, "return"),
    "once it is trained": ("fit.py", "fit", 0, "return"),
    "as references are fitted": ("references.py", "References.fit", 0, "call"),
    "as it is scored": ("verify.py", "verify", 0, "call"),
    "as forecasts are written": ("forecasts.py", "Forecasts.append_to", 0, "return"),
    "as scores are recorded": ("experiment.py", "finish", 0, "call"),
    "as the record ends": ("recording.py", "_write_end", 0, "call"),
    "once the record has ended": ("recording.py", "_write_end", 0, "return"),
    "as its table is shown": ("report.py", "show_run", 0, "call"),
}
ROOMS = tempfile.TemporaryDirectory()
_one = threading.Lock()
SAME = ("metrics", "references", "gap", "skill", "intervals", "intervals_against_climatology", "weights", "epochs")
SAME += ("best_epoch",)


def record(folder: Path) -> dict:
    """What run.json says, read as plain JSON."""
    return json.loads((folder / "run.json").read_bytes())


@cache
def _straight(name: str) -> Path:
    folder = Path(ROOMS.name) / name.replace(" ", "_")
    folder.mkdir()
    ended = forks.run(*SETTINGS[name], "hydra.run.dir=run", folder=folder)
    assert ended.code == 0, ended.err
    return folder / "run"


def straight(name: str) -> Path:
    """The folder of a run with these settings that nothing disturbs."""
    with _one:
        return _straight(name)


def state(path: Path) -> dict:
    """A checkpoint's weights."""
    return dict(load(path).content["state_dict"])


def whole(folder: Path, expected: Path) -> None:
    """Fails where a file is broken; where it is there, a run's result is that of the undisturbed run."""
    if (folder / "run.json").exists():
        assert record(folder)["status"] in ("running", "finished", "interrupted", "failed", "diverged")
    for path in folder.glob("checkpoints/[!.]*"):
        load(path)
    if (found := folder / "forecasts.csv").exists():
        assert found.read_bytes() == (expected / "forecasts.csv").read_bytes(), "other forecasts"
    for path in folder.glob("**/pictures/[!.]*"):
        with Image.open(path) as picture:
            picture.load()
    for path in folder.glob("**/[!.]*.csv"):
        pl.read_csv(path)


def alike(folder: Path, expected: Path) -> None:
    """Fails where two finished runs differ in a bit: of weights, forecasts, scores, intervals or references."""
    here, there = record(folder), record(expected)
    for one in (here, there):
        assert one["status"] == "finished", one["error"] or one["status"]
    for entry in SAME:
        assert here[entry] == there[entry], f"{entry}: {here[entry]} and not {there[entry]}"
    assert (folder / "forecasts.csv").read_bytes() == (expected / "forecasts.csv").read_bytes(), "other forecasts"
    for name in ("best", "last"):
        one, other = (state(at / "checkpoints" / f"{name}.ckpt") for at in (folder, expected))
        assert one.keys() == other.keys()
        assert all(torch.equal(one[key], other[key]) for key in one), f"{name}.ckpt has other weights"


def same(folder: Path, expected: Path) -> None:
    """Fails where a run's files are not whole, or it differs from the undisturbed one in its data or in a bit."""
    whole(folder, expected)
    alike(folder, expected)
    assert record(folder)["data"] == record(expected)["data"], "other data"


def goes_on(folder: Path, name: str, to: str) -> None:
    """Fails unless `resume=` finishes the run of a folder as if nothing had happened, or says that it had not begun."""
    if not (folder / "run.json").exists():
        forks.run(f"resume={folder}", folder=folder.parent).refused(str(folder))
    elif not (folder / "checkpoints" / "last.ckpt").exists():
        resumed = forks.run(f"resume={folder}", f"hydra.run.dir={to}", folder=folder.parent)
        resumed.refused("there is no checkpoint")
    else:
        resumed = forks.run(f"resume={folder}", f"hydra.run.dir={to}", folder=folder.parent)
        assert resumed.code == 0, resumed.err
        same(folder.parent / to, straight(name))
