"""Training one run by Lightning: from a task and its samples to weights, curves and checkpoints."""

import os
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.loggers import Logger
from lightning.pytorch.profilers import PassThroughProfiler

from stratus import files
from stratus.data.datamodule import WeatherDataModule
from stratus.data.splits import Splits
from stratus.errors import CheckpointError, ConfigurationError, StratusError, first_line
from stratus.progress import Work, working
from stratus.tasks.linear import LinearTask
from stratus.tasks.weights import Weights
from stratus.training.callbacks import Patience, Progress, SettingsRule, SignalsBack, StabilityGuard, Trace
from stratus.training.checkpoints import Checkpoint, PacedCheckpointIO, best_and_last, load
from stratus.training.newton import Solver
from stratus.training.optimum import minimised


@dataclass(frozen=True)
class TrainingResult:
    """What training one run gives."""

    task: LinearTask  # with the weights that are kept, those of best.ckpt
    best_epoch: int  # the epoch that left them, counted from 1
    last_value: float  # training loss and penalty of the weights as training left them, in float64
    epochs: int  # number of epochs trained
    steps: int  # number of steps
    seconds: float  # how long it took
    trace: Trace  # the weights over the epochs


def fit(
    task: LinearTask,
    data: WeatherDataModule,
    make_trainer: Callable[..., pl.Trainer],
    *,
    folder: Path,
    loggers: Sequence[Logger],
    callbacks: Sequence[Callback] = (),
    limit: float | None = None,
    patience: int | None = None,
    resume: Path | None = None,
    scored: bool = False,
) -> TrainingResult | None:
    """Trains one run in its folder; None in the processes beside the first, which record nothing.

    `make_trainer` makes Lightning's Trainer from further arguments; `callbacks` are called beside those of every run.
    `limit` is the largest stable step, for the message of a run that diverges. After `patience` validations without a
    lower loss training stops. `resume` is the folder of a run to go on with, `scored` whether that run came to its end:
    if it did not, but its training had ended, it is not trained further.

    Raises Diverged if the loss stopped being a finite number, CheckpointError if the run to resume has other inputs or
    outputs, or a checkpoint that training cannot go on from, ConfigurationError if this machine has no such
    accelerator, or not so many devices.
    """
    splits, checkpoints, trace = data.splits, folder / "checkpoints", Trace()
    watching = [SignalsBack(), *([SettingsRule()] if resume else []), Solver(splits), StabilityGuard(limit), trace]
    trainer = _trainer(make_trainer, splits, checkpoints, [*watching, *callbacks], patience=patience, loggers=loggers)
    started = time.perf_counter()
    epochs, steps = _train(trainer, task, data, resume, checkpoints, trace=trace, patience=patience, scored=scored)
    seconds = time.perf_counter() - started
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()  # the rest is one process's work; metrics would wait for the others
    if not trainer.is_global_zero:
        return None
    if not splits.validation:
        files.copy(checkpoints / "last.ckpt", checkpoints / "best.ckpt")
    kept = load(checkpoints / "best.ckpt")
    kept.task.optimizer, kept.task.schedule = task.optimizer, task.schedule
    best_epoch = kept.content["epoch"] + 1
    last_value = minimised(task, Weights.of(task), splits)
    return TrainingResult(kept.task, best_epoch, last_value, epochs, steps, seconds, trace)


class NoProfiler(PassThroughProfiler):
    """Measures nothing, as Lightning's default does, but without a new generator for each of 50 calls a step."""

    nothing = nullcontext()

    def profile(self, action_name: str) -> AbstractContextManager[None]:  # type: ignore[override]
        """A context that does nothing."""
        return self.nothing


def new_trainer(make_trainer: Callable[..., pl.Trainer], **arguments: Any) -> pl.Trainer:
    """Lightning's Trainer of these arguments; ConfigurationError where Lightning does not take them on this machine."""
    try:
        return make_trainer(**arguments)
    except (MisconfigurationException, ImportError, TypeError, ValueError) as error:
        raise ConfigurationError(f"trainer: {first_line(error)} trainer=cpu trains on any machine") from None


def _trainer(
    make_trainer: Callable[..., pl.Trainer],
    splits: Splits,
    checkpoints: Path,
    watching: list[Callback],
    *,
    patience: int | None,
    loggers: Sequence[Logger],
) -> pl.Trainer:
    return new_trainer(
        make_trainer,
        callbacks=[
            *watching,
            *best_and_last(checkpoints, validation=splits.validation is not None),
            *([Patience("val/loss", patience=patience)] if patience is not None else []),
        ],
        logger=loggers,
        plugins=[PacedCheckpointIO()],
        profiler=NoProfiler(),
        deterministic=True,
        enable_model_summary=False,
        enable_progress_bar=False,
        num_sanity_val_steps=0,
        limit_val_batches=1.0 if splits.validation else 0,
        log_every_n_steps=1,  # curves are logged once an epoch; this silences a warning about short ones
        use_distributed_sampler=False,  # the batches know their share
    )


def _train(
    trainer: pl.Trainer,
    task: LinearTask,
    data: WeatherDataModule,
    resume: Path | None,
    checkpoints: Path,
    *,
    trace: Trace,
    **earlier: Any,
) -> tuple[int, int]:
    """Trains, unless the run to resume had ended training; returns the number of epochs and of steps."""
    warnings.filterwarnings("ignore", "`isinstance.treespec, LeafSpec.` is deprecated")  # Lightning 2.6 of newer torch
    warnings.filterwarnings("ignore", "It is recommended to use `self.log")  # the scores are of all processes already
    warnings.filterwarnings("ignore", "Checkpoint directory .* exists and is not empty")  # a resumed run's best
    last = resume / "checkpoints" / "last.ckpt" if resume else None
    with _as_broken(last) if last else nullcontext():
        if resume and (ended := _take_up(resume, checkpoints, task, data.splits, trainer.max_epochs or 0, **earlier)):
            trace.keep(task, ended["global_step"])
            return ended["epoch"] + 1, ended["global_step"]
        with working("training", trainer.max_epochs, "epochs") as work:
            if Work.terminal:
                trainer.callbacks.append(Progress(work))  # type: ignore[attr-defined]
            trainer.fit(task, data, ckpt_path=last, weights_only=True)
    return trainer.current_epoch, trainer.global_step


@contextmanager
def _as_broken(checkpoint: Path) -> Iterator[None]:
    """Raises CheckpointError for what Lightning and the optimiser raise where a checkpoint holds nonsense."""
    try:
        yield
    except (StratusError, OSError):
        raise
    except Exception as error:
        why = f"{type(error).__name__}: {first_line(error)}"
        raise CheckpointError(f"training cannot go on from {checkpoint} ({why})") from error


def _take_up(
    run: Path, checkpoints: Path, task: LinearTask, splits: Splits, epochs: int, *, patience: int | None, scored: bool
) -> Mapping[str, Any] | None:
    """Gives the folder the best checkpoint of an earlier run; if training had ended, the last too, and the task θ.

    Returns what the last checkpoint holds if training had ended.
    """
    last, best = (run / "checkpoints" / f"{name}.ckpt" for name in ("last", "best"))
    found = _same(last, task, splits)
    trained = int(found.content["epoch"]) + 1
    if trained > epochs or (scored and trained == epochs):
        already = f"{run} has been trained for {trained} epochs already"
        raise CheckpointError(f"{already}: to go on, set trainer.max_epochs above")
    impatient = patience is not None and Patience.ended(found.content, "val/loss", patience)
    ended = not scored and (trained == epochs or impatient)
    checkpoints.mkdir(parents=True, exist_ok=True)
    if os.path.lexists(best):  # to be beaten
        _same(best, task, splits)
        files.copy(best, checkpoints / best.name)
    if not ended:
        return None
    files.copy(last, checkpoints / last.name)
    task.load_state_dict(found.content["state_dict"])
    return found.content


def _same(checkpoint: Path, task: LinearTask, splits: Splits) -> Checkpoint:
    """What a checkpoint holds; CheckpointError where its run had other samples or another optimiser."""
    found = load(checkpoint)
    differences = {
        "task": (found.task.name, task.name),
        "inputs": (found.inputs, splits.inputs),
        "outputs": (found.task.outputs, splits.outputs),
        "recipe": (found.recipe, splits.recipe),
        "inputs' mean over the training days": (found.task.mean.tolist(), task.mean.tolist()),
        "inputs' scale over the training days": (found.task.scale.tolist(), task.scale.tolist()),
        "optimizer": (found.content["optimizer"], type(task.optimizer(task.parameters())).__name__),
    }
    for name, (then, now) in differences.items():
        if then != now:
            raise CheckpointError(f"{checkpoint} cannot be resumed: its {name} is {then}, this run's is {now}")
    return found
