"""Training one run: from its settings and samples to weights, curves and checkpoints, by Lightning."""

import shutil
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import lightning.pytorch as pl
import torch
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.callbacks import Callback, TQDMProgressBar

from stratus import tasks
from stratus.data.datamodule import WeatherDataModule
from stratus.data.splits import Splits
from stratus.errors import CheckpointError, ConfigurationError
from stratus.runs.events import Sink
from stratus.runs.tensorboard import Logger
from stratus.settings.experiment import Config
from stratus.tasks.linear import LinearTask
from stratus.training.checkpoints import PacedCheckpointIO, best_and_last
from stratus.training.descent import Patience, SettingsRule, StabilityGuard, Trace
from stratus.training.profiler import NoProfiler
from stratus.verification.evaluation import References
from stratus.verification.forecast import first_line, load
from stratus.verification.intervals import Intervals
from stratus.verification.references import Weights


@dataclass(frozen=True)
class Scored:
    """Scores of a run's kept weights.

    Attributes:
        metrics: As `evaluation.metrics` gives them.
        intervals: As `intervals.intervals` gives them.
    """

    metrics: dict[str, float]
    intervals: Intervals


@dataclass(frozen=True)
class Fitted:
    """A run whose training has ended well.

    Attributes:
        task: With the weights that are kept, those of best.ckpt.
        best_epoch: The epoch that left them, counted from 1.
        last: The weights as training left them.
        epochs: Number of epochs trained.
        steps: Number of steps.
        seconds: How long it took.
        trace: The weights over the epochs.
        scored: Gives its scores where they are had together with others' more cheaply, else None.
    """

    task: LinearTask
    best_epoch: int
    last: Weights
    epochs: int
    steps: int
    seconds: float
    trace: Trace
    scored: Callable[[References], Scored | None] = lambda _: None


Fit: TypeAlias = Callable[[Config, Splits, Path, Sink, dict[str, Any]], Fitted | None]
"""What hands over a run that has been trained, as `alone` trains it, its curves to any sink."""


def starting(settings: Config, splits: Splits) -> LinearTask:
    """The task as training finds it."""
    return tasks.find(settings.task.name).fitting(
        splits,
        optimizer=settings.optimizer.build(),
        schedule=settings.schedule.build(),
        init=settings.init.build(),
        seed=settings.seed,
        **settings.task.settings,
    )


def alone(settings: Config, splits: Splits, folder: Path, logger: Logger, record: dict[str, Any]) -> Fitted | None:
    """Trains one run; None in the processes beside the first, which record nothing.

    Raises:
        Diverged: If the loss stopped being a finite number.
        CheckpointError: If the run to resume has other inputs or outputs.
    """
    task, trace, guard = starting(settings, splits), Trace(), StabilityGuard(splits)
    trainer = _trainer(settings, splits, folder, logger, [guard, trace])
    started = time.perf_counter()
    checkpoint = _resumed(settings, splits, task, folder) if settings.resume else None
    try:
        _fit(trainer, task, WeatherDataModule(splits, settings.data.batch_size, settings.seed), checkpoint)
    finally:
        record["largest_stable_step"] = guard.limit
    if not trainer.is_global_zero:
        return None
    seconds = time.perf_counter() - started
    if not splits.validation:
        shutil.copy2(folder / "checkpoints" / "last.ckpt", folder / "checkpoints" / "best.ckpt")
    kept = load(folder / "checkpoints" / "best.ckpt")
    return Fitted(
        kept.task,
        kept.checkpoint["epoch"] + 1,
        Weights.of(task),
        trainer.current_epoch,
        trainer.global_step,
        seconds,
        trace,
    )


def _trainer(settings: Config, splits: Splits, folder: Path, logger: Logger, watching: list[Callback]) -> pl.Trainer:
    """Lightning's Trainer as the settings say.

    Raises:
        ConfigurationError: If this machine has no such accelerator, or not so many devices.
    """
    callbacks: list[Callback] = [
        *([SettingsRule()] if settings.resume else []),
        *watching,
        *best_and_last(folder / "checkpoints", validation=splits.validation is not None),
    ]
    if settings.patience is not None:
        callbacks.append(Patience("val/loss", patience=settings.patience))
    if terminal := sys.stderr.isatty():
        callbacks.append(TQDMProgressBar(refresh_rate=20))
    try:
        trainer: pl.Trainer = settings.trainer.build()(
            callbacks=callbacks,
            logger=logger,
            plugins=[PacedCheckpointIO()],
            profiler=NoProfiler(),
            deterministic=True,
            enable_model_summary=False,
            enable_progress_bar=terminal,
            num_sanity_val_steps=0,
            limit_val_batches=1.0 if splits.validation else 0,
            log_every_n_steps=1,  # curves are logged once an epoch; this silences a warning about short ones
            use_distributed_sampler=False,  # the batches know their share
        )
    except (MisconfigurationException, ValueError) as error:
        raise ConfigurationError(f"trainer: {first_line(error)}") from None
    return trainer


def _resumed(settings: Config, splits: Splits, task: LinearTask, folder: Path) -> Path:
    """The checkpoint to go on from; the best one so far is copied, to be beaten.

    Raises:
        CheckpointError: If it cannot go on as this run: other samples, another optimiser, no epoch left to train.
    """
    before = Path(str(settings.resume)) / "checkpoints"
    found = load(before / "last.ckpt")
    optimizer = type(task.optimizer(task.parameters())).__name__
    differences = {
        "task": (found.task.name, task.name),
        "inputs": (found.inputs, splits.inputs),
        "outputs": (found.task.outputs, splits.outputs),
        "recipe": (found.recipe, splits.recipe),
        "inputs' mean over the training days": (found.task.mean.tolist(), task.mean.tolist()),
        "inputs' scale over the training days": (found.task.scale.tolist(), task.scale.tolist()),
        "optimizer": (found.checkpoint["optimizer"], optimizer),
    }
    for name, (then, now) in differences.items():
        if then != now:
            raise CheckpointError(
                f"{before / 'last.ckpt'} cannot be resumed: its {name} is {then}, this run's is {now}"
            )
    epochs = found.checkpoint["epoch"] + 1
    if epochs >= settings.trainer.max_epochs:
        raise CheckpointError(
            f"{settings.resume} has been trained for {epochs} epochs already: to go on, set trainer.max_epochs above"
        )
    if (before / "best.ckpt").exists():
        (folder / "checkpoints").mkdir(parents=True, exist_ok=True)
        shutil.copy2(before / "best.ckpt", folder / "checkpoints")
    return before / "last.ckpt"


def _fit(trainer: pl.Trainer, task: LinearTask, data: WeatherDataModule, checkpoint: Path | None) -> None:
    # Lightning 2.6 asks this of torch in a form that torch has since renamed.
    warnings.filterwarnings("ignore", "Checkpoint directory .* exists and is not empty")  # a resumed run's best
    warnings.filterwarnings("ignore", "`isinstance.treespec, LeafSpec.` is deprecated")
    trainer.fit(task, data, ckpt_path=checkpoint, weights_only=True)
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        # What follows is one process's work; metrics would wait for the others.
        torch.distributed.destroy_process_group()
