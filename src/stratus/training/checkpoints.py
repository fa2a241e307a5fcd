"""Checkpoints: best.ckpt and last.ckpt, whole or absent; and what one holds."""

import io
import math
import time
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import torch
from lightning.fabric.plugins.io.torch_io import TorchCheckpointIO
from lightning.pytorch.callbacks import ModelCheckpoint

from stratus import files, tasks
from stratus.data.recipe import Recipe
from stratus.data.samples import Samples, assemble
from stratus.data.targets import TARGETS, Category
from stratus.errors import CheckpointError, first_line
from stratus.tasks.linear import LinearTask


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

    def samples(self, table: pl.DataFrame) -> Samples:
        """Every day of a table with known inputs, y known or not; CheckpointError if they are not the task's inputs."""
        classes = self.task.outputs if isinstance(TARGETS[self.recipe.target], Category) else None
        samples, inputs, outputs = assemble(table, self.recipe, classes)
        if (found := [one.name for one in inputs]) != self.inputs or outputs != self.task.outputs:
            trained = f"the model was trained on {', '.join(self.inputs)}"
            raise CheckpointError(f"{trained}; this table gives {', '.join(found)}: it needs the same stations")
        return samples.where(samples.complete)


def load(path: Path) -> Checkpoint:
    """What a file holds, if only tensors and plain values are unpickled; CheckpointError if it is no checkpoint."""
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        task = tasks.find(content["task"])(**content["hyper_parameters"])
        task.load_state_dict(content["state_dict"])
        task.eval()
        return Checkpoint(task, Recipe(**content["datamodule_hyper_parameters"]), content)
    except FileNotFoundError:
        raise CheckpointError(f"there is no checkpoint {path}: did the run end before its first epoch?") from None
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
        self.waiting.pop(path, None)
        self.waiting[path] = checkpoint if now else deepcopy(checkpoint)
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

        def here(path: str) -> str:
            return str(self.folder / Path(path).name) if path else ""

        paths = {name: here(state_dict[name]) for name in ("best_model_path", "kth_best_model_path")}
        best = {here(path): score for path, score in state_dict["best_k_models"].items()}
        super().load_state_dict({**state_dict, **paths, "best_k_models": best, "dirpath": self.dirpath})


def best_and_last(folder: Path, *, validation: bool) -> list[ModelCheckpoint]:
    """Keep the weights of the lowest validation loss, if there is one, as best.ckpt, then the last as last.ckpt."""
    return [*([Keep(folder, "best", "val/loss")] if validation else []), Keep(folder, "last")]
