"""Checkpoints that are whole or absent: best.ckpt and last.ckpt."""

import io
import os
from pathlib import Path
from typing import Any

import torch
from lightning.fabric.plugins.io.torch_io import TorchCheckpointIO
from lightning.pytorch.callbacks import ModelCheckpoint


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes a checkpoint beside its place and then moves it there: a killed run leaves the one before, whole."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None) -> None:
        """Serialises in memory, then writes once."""
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        buffer = io.BytesIO()
        torch.save(checkpoint, buffer)
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            beside.write_bytes(buffer.getbuffer())
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)


class Keep(ModelCheckpoint):
    """Keeps one checkpoint, at each epoch's end.

    Args:
        folder: Where it goes.
        name: Its file is `name`.ckpt.
        monitor: The logged figure whose lowest value is kept; None keeps the last epoch.
    """

    def __init__(self, folder: Path, name: str, monitor: str | None = None) -> None:
        super().__init__(
            dirpath=folder,
            filename=name,
            monitor=monitor,
            enable_version_counter=False,
            save_on_train_epoch_end=True,
        )
        self.folder = folder

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes up the best score of a resumed run, whose checkpoint has been copied into this run's folder."""

        def here(path: str) -> str:
            return str(self.folder / Path(path).name) if path else ""

        paths = {name: here(state_dict[name]) for name in ("best_model_path", "kth_best_model_path")}
        best = {here(path): score for path, score in state_dict["best_k_models"].items()}
        super().load_state_dict({**state_dict, **paths, "best_k_models": best, "dirpath": self.dirpath})


def best_and_last(folder: Path, *, validation: bool) -> list[ModelCheckpoint]:
    """Callbacks that keep the weights with the lowest validation loss as best.ckpt and the last ones as last.ckpt.

    The last comes after the best, whose score it holds. Without validation days the best are the last, and the run
    copies them at its end.
    """
    return [*([Keep(folder, "best", "val/loss")] if validation else []), Keep(folder, "last")]
