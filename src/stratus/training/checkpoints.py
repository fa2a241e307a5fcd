"""Checkpoints: best.ckpt and last.ckpt, whole or absent; and what one holds."""

import io
import math
import time
import zipfile
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NotRequired, TypedDict

import msgspec
import numpy as np
import polars as pl
import torch
from lightning.fabric.plugins.io.torch_io import TorchCheckpointIO
from lightning.pytorch.callbacks import ModelCheckpoint

from stratus import files, tasks
from stratus.data.clocks import NO_CLOCKS, Clocks
from stratus.data.recipe import Recipe
from stratus.data.samples import Samples, assemble
from stratus.data.targets import TARGETS, Category
from stratus.errors import CheckpointError, first_line
from stratus.scores.scoring import scoring_of
from stratus.tasks.linear import LinearTask

LARGEST = 2**28  # bytes of a checkpoint that is read


class _Names(TypedDict):
    """What a checkpoint says of its task's inputs and outputs."""

    inputs: list[str]
    units: list[str]
    outputs: list[str]
    class_weights: NotRequired[list[list[float]] | None]
    tolerance: NotRequired[float]


@dataclass(frozen=True)
class _Content:
    """What is used of a checkpoint, by its types."""

    task: str
    optimizer: str
    epoch: int
    global_step: int
    callbacks: dict[str, Any]
    hyper_parameters: _Names
    datamodule_hyper_parameters: Recipe
    state_dict: dict[str, torch.Tensor]

    def check(self, size: int) -> None:
        """Raises ValueError unless the tensors are held by so many bytes, and all other sizes are theirs."""
        if any(one.numel() * one.element_size() > size for one in self.state_dict.values()):
            raise ValueError("a tensor is larger than the file")
        outputs, inputs = (len(self.hyper_parameters[one]) for one in ("outputs", "inputs"))
        found, said = tuple(self.state_dict["linear.weight"].shape), self.datamodule_hyper_parameters.width(outputs)
        if not found == (outputs, inputs) == (outputs, said) or self.epoch < 0:
            raise ValueError(f"weights {found} of {outputs} outputs, {inputs} inputs and a recipe that makes {said}")


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint file holds."""

    task: LinearTask  # with its weights
    recipe: Recipe  # how its samples are made
    content: Mapping[str, Any]  # all that the file holds

    @property
    def inputs(self) -> list[str]:
        """Names of the inputs."""
        return list(self.task.hparams["inputs"])

    def samples(self, table: pl.DataFrame, classes: Sequence[str] = (), clocks: Clocks = NO_CLOCKS) -> Samples:
        """Every day of a table with enough known inputs, y known or not; CheckpointError if they are not the task's.

        Of a category, y is known too where it is one of further `classes`; see `Samples.others`.
        """
        outputs, category = self.task.outputs, isinstance(TARGETS[self.recipe.target], Category)
        others = tuple(one for one in classes if category and one not in outputs)
        samples, inputs, found = assemble(table, self.recipe, [*outputs, *others], clocks)
        if (names := [one.name for one in inputs]) != self.inputs or found != [*outputs, *others]:
            trained = f"the model was trained on {', '.join(self.inputs)}"
            raise CheckpointError(f"{trained}; this table gives {', '.join(names)}: it needs the same stations")
        samples = samples.where(samples.usable(inputs, self.recipe.missing))
        return samples.renumbered(np.array([*range(len(found)), -1]), others) if others else samples


def load(path: str | Path) -> Checkpoint:
    """What a file in a folder of a run's holds, if only tensors and plain values are unpickled.

    CheckpointError if it is no checkpoint, a link or behind one, larger than `LARGEST`, or unpacks to more than it has,
    and if a size in it is not that of its weights, or its task cannot answer what is asked.
    """
    path = Path(path)
    try:
        file = files.inside(path.parent.parent, Path(*path.parts[-2:]), LARGEST)
        size = file.stat().st_size
        with zipfile.ZipFile(file) as archive:
            if sum(one.file_size for one in archive.infolist()) > size:
                raise ValueError("it is packed")
        content = torch.load(file, map_location="cpu", weights_only=True)
        typed = msgspec.convert(content, _Content)
        typed.check(size)
        task = tasks.find(typed.task)(**content["hyper_parameters"])
        if not isinstance(task.scoring, type(scoring_of(TARGETS[typed.datamodule_hyper_parameters.target]))):
            raise ValueError(f"{typed.task} does not answer {typed.datamodule_hyper_parameters.target}")
        task.load_state_dict(typed.state_dict)
        task.eval()
        return Checkpoint(task, typed.datamodule_hyper_parameters, content)
    except CheckpointError:
        raise
    except FileNotFoundError:
        raise CheckpointError(f"there is no checkpoint {path}: did the run end before its first epoch?") from None
    except OSError as error:
        raise CheckpointError(f"cannot read {path} ({error.strerror or error})") from None
    except Exception as error:  # torch.load and load_state_dict raise whatever the broken bytes lead them to
        why = f"{type(error).__name__}: {first_line(error)}"
        raise CheckpointError(f"{path} is not a checkpoint of Stratus ({why})") from None


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes a checkpoint beside its place and then moves it there: a killed run leaves the one before, whole."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None) -> None:
        """Serialises in memory, then writes once."""
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        buffer = io.BytesIO()
        torch.save(checkpoint, buffer)
        files.replace(path, buffer.getvalue())


class PacedCheckpointIO(AtomicCheckpointIO):
    """Writes with a pause of so many seconds, since an epoch may take less time than writing its checkpoints.

    The first at a path is written at once. What comes too soon waits as a copy, and is written with the next one that
    is not too soon, or when training ends, by an error or a signal too: only a killed process loses it. All is written
    in the order in which it came: the best checkpoint is never older than the score of it that the last one holds.
    """

    def __init__(self, pause: float = 1.0) -> None:
        self.pause = pause
        self.written = -math.inf
        self.waiting: dict[Path, dict[str, Any]] = {}

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None) -> None:
        """Writes what waits and this checkpoint, or lets it wait in place of the one before it."""
        path = Path(path)
        now = time.monotonic() >= self.written + self.pause or not path.exists()
        latest = checkpoint if now else deepcopy(checkpoint)
        # In one assignment: a signal finds either the checkpoint before or this one.
        self.waiting = {other: one for other, one in self.waiting.items() if other != path} | {path: latest}
        if now:
            self.teardown()

    def teardown(self) -> None:
        """Writes what waits; Lightning calls this when training ends, however it ends."""
        for path, checkpoint in self.waiting.items():
            super().save_checkpoint(checkpoint, path)
        self.waiting = {}
        self.written = time.monotonic()


class Keep(ModelCheckpoint):
    """Keeps one checkpoint, `folder/name.ckpt`: of the epoch whose `monitor` is lowest, or else of the last."""

    def __init__(self, folder: Path, name: str, monitor: str | None = None) -> None:
        super().__init__(folder, name, monitor, enable_version_counter=False, save_on_train_epoch_end=True)
        self.folder = folder
        self._key = super().state_key

    @property
    def state_key(self) -> str:
        """The name of the callback's state; made once, since Lightning asks at every hook of every step."""
        return self._key

    def on_train_batch_end(self, *args: Any, **kwargs: Any) -> None:
        """Does nothing: no checkpoint is kept within an epoch."""

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes up the best score of a resumed run, whose checkpoint has been copied into this run's folder."""
        own = str(self.folder / f"{self.filename}.ckpt")  # whatever it says: Lightning removes what is not the best
        paths = {name: own if state_dict[name] else "" for name in ("best_model_path", "kth_best_model_path")}
        best = dict.fromkeys([own], score) if (score := state_dict["best_model_score"]) is not None else {}
        super().load_state_dict({**state_dict, **paths, "best_k_models": best, "dirpath": self.dirpath})


def best_and_last(folder: Path, *, validation: bool) -> list[ModelCheckpoint]:
    """Keep the weights of the lowest validation loss, if there is one, as best.ckpt, then the last as last.ckpt."""
    return [*([Keep(folder, "best", "val/loss")] if validation else []), Keep(folder, "last")]
