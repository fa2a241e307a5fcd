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


class BestAndLast(ModelCheckpoint):
    """Keeps the weights with the lowest validation loss as best.ckpt, and the last epoch's as last.ckpt.

    Args:
        folder: Where they go.
        validation: Whether there are validation days; without them the best are the last.
    """

    def __init__(self, folder: Path, *, validation: bool) -> None:
        self.folder = folder
        super().__init__(
            dirpath=folder,
            filename="best",
            monitor="val/loss" if validation else None,
            save_last=True,
            enable_version_counter=False,
            save_on_train_epoch_end=True,
        )

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes up the best score of a resumed run, whose best.ckpt has been copied into this run's folder."""
        moved = {
            name: str(self.folder / Path(state_dict[name]).name) if state_dict[name] else ""
            for name in ("best_model_path", "kth_best_model_path", "last_model_path")
        }
        best = {str(self.folder / Path(path).name): score for path, score in state_dict["best_k_models"].items()}
        super().load_state_dict({**state_dict, **moved, "best_k_models": best, "dirpath": self.dirpath})
