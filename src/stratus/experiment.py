"""One run: from configuration and samples to scores, forecasts and the record of them."""

import shutil
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeAlias, cast

import lightning.pytorch as pl
import torch
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.callbacks import Callback, TQDMProgressBar
from lightning.pytorch.loggers import TensorBoardLogger
from polars import DataFrame

from stratus import board, lecture, tasks
from stratus.checkpoints import PacedCheckpointIO, best_and_last
from stratus.config import build
from stratus.datamodule import WeatherDataModule
from stratus.descent import Patience, SettingsRule, StabilityGuard, Trace
from stratus.errors import CheckpointError, ConfigurationError
from stratus.forecast import Forecaster, first_line, load, scores
from stratus.intervals import intervals
from stratus.profiler import NoProfiler
from stratus.references import Weights, climatology, exact, optimum, persistence
from stratus.samples import Samples
from stratus.scorer import Scorer
from stratus.settings import LBFGS, SGD, Adam, Config, Cosine, RandomInit, Step
from stratus.splits import Splits
from stratus.store.read import Store
from stratus.tasks.linear import LinearTask


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
    """

    task: LinearTask
    best_epoch: int
    last: Weights
    epochs: int
    steps: int
    seconds: float
    trace: Trace


@dataclass(frozen=True)
class References:
    """What a model has to beat, and what it could reach.

    Attributes:
        scores: Of climatology, persistence and optimum: "train/loss", "test/accuracy", …, each to be read only.
        best: The exact optimum; None where there is none.
        scorer: What they were scored with.
    """

    scores: Mapping[str, Mapping[str, float]]
    best: Weights | None
    scorer: Scorer

    @classmethod
    def of(cls, task: LinearTask, splits: Splits) -> "References":
        """Those of a task, whatever its weights."""
        scores, best = _references(task, splits)
        for row in scores.values():
            _add_skill(row, scores["climatology"], squared=splits.target.kind == "continuous")
        return cls(scores, best, Scorer(task))


Fit: TypeAlias = Callable[[Config, Splits, Path, TensorBoardLogger, dict[str, Any]], Fitted | None]


def run(
    settings: Config,
    table: DataFrame | Store,
    splits: Splits,
    *,
    folder: Path,
    record: dict[str, Any],
    configuration: str,
    fit: Fit | None = None,
    references: Callable[[], References] | None = None,
) -> float:
    """Trains, scores and records one run, and draws it.

    Args:
        settings: Task, descent and trainer; checked.
        table: The daily table, for a lesson that makes other samples of it.
        splits: The samples.
        folder: The run's folder.
        record: What `run.json` will say; filled in here.
        configuration: The configuration as text, for TensorBoard.
        fit: Trains, writes curves and checkpoints, and the largest stable step into the record; `alone` where not
            given.
        references: Gives them where they are known already.

    Returns:
        The loss of the kept weights on the validation days; on the training days where there are none.

    Raises:
        Diverged: If the loss stopped being a finite number.
        CheckpointError: If the run to resume has other inputs or outputs.
    """
    # On a busy machine two threads wait for each other at each of a step's operations, which are too small to share.
    torch.set_num_threads(1)
    record |= {"target": splits.recipe.target, **settings.task.settings}
    record["data"] |= {
        "samples": {name: len(samples) for name, samples in splits.named.items()},
        "left_out": splits.left_out,
    }
    logger = board.logger(folder)
    board.settings(logger, chosen(settings))
    fitted = (fit or alone)(settings, splits, folder, logger, record)
    if fitted is None:
        return float("nan")

    record |= {"epochs": fitted.epochs, "fit_seconds": round(fitted.seconds, 3)}
    task = fitted.task
    known = references() if references else References.of(task, splits)
    metrics = _flat(
        {
            name: scores(task, days, classes=_by_class(name, days), scorer=known.scorer)
            for name, days in splits.named.items()
        }
    )
    _add_skill(metrics, known.scores["climatology"], squared=splits.target.kind == "continuous")
    gap = _training_loss(task, splits, fitted.last) - known.scores["optimum"]["train/loss"]
    record |= {"metrics": metrics, "references": known.scores, "skill": metrics["test/skill"], "gap": gap}
    record |= intervals(task, splits, settings.seed)
    record["weights"] = task.parameters_in_words()
    record |= {"best_epoch": fitted.best_epoch, "optimum_attained": known.best is not None}

    Forecaster(task, splits.recipe).write(splits.test, folder / "forecasts.csv")
    board.constant_lines(folder, known.scores, fitted.steps)
    board.final_figures(logger, columns(settings), metrics | {"gap": gap}, configuration, fitted.steps)
    in_memory = cast(DataFrame, table)  # where there is a lesson: the settings see to it
    finished = lecture.Run(settings, in_memory, splits.some(), task, fitted.trace, metrics, known.scores)
    _show(finished, known.best, folder, record, logger, step=fitted.steps)
    logger.finalize("success")
    return metrics["val/loss" if splits.validation else "train/loss"]


def starting(settings: Config, splits: Splits) -> LinearTask:
    """The task as training finds it."""
    return tasks.find(settings.task.name).fitting(
        splits,
        optimizer=build(settings.optimizer),
        schedule=build(settings.schedule),
        init=build(settings.init),
        seed=settings.seed,
        **settings.task.settings,
    )


def alone(
    settings: Config, splits: Splits, folder: Path, logger: TensorBoardLogger, record: dict[str, Any]
) -> Fitted | None:
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


def _show(
    finished: lecture.Run,
    best: Weights | None,
    folder: Path,
    record: dict[str, Any],
    logger: TensorBoardLogger,
    *,
    step: int,
) -> None:
    """Draws the run and writes its lesson's card, into its folder and into TensorBoard."""
    drawings, animations = {}, {}
    drawn = finished.settings.pictures != "none"
    if drawn:
        from stratus.pictures import of_run  # noqa: PLC0415 - matplotlib, not for a run without pictures

        drawings = of_run.drawings(finished, best)
    if finished.settings.lesson:
        lesson = lecture.find(finished.settings.lesson)(finished)
        files = [*(f"{name}.png" for name in lesson.pictures), *(f"{name}.gif" for name in lesson.animations)]
        record["lesson"] = {
            "name": finished.settings.lesson,
            "figures": lesson.figures,
            "card": lesson.card.markdown,
            "pictures": files if drawn else [],
        }
        board.card(logger, folder, lesson.card.markdown, step)
        drawings, animations = drawings | lesson.pictures, lesson.animations
    if drawn:
        board.pictures(logger, folder, drawings, step)
        board.animations(folder, animations)


def _trainer(settings: Config, splits: Splits, folder: Path, logger: Any, watching: list[Callback]) -> pl.Trainer:
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
        trainer: pl.Trainer = build(settings.trainer)(
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


def _flat(scores_of: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    return {f"{split}/{score}": value for split, row in scores_of.items() for score, value in row.items()}


def _references(task: LinearTask, splits: Splits) -> tuple[dict[str, dict[str, float]], Weights | None]:
    """The references' scores, and the exact optimum where there is one."""
    best, attained = optimum(task, splits)
    usual, again = climatology(splits), persistence(splits)
    rows: dict[str, dict[str, dict[str, float]]] = {"climatology": {}, "persistence": {}, "optimum": {}}
    for name, samples in splits.named.items():
        scorers = {reference: Scorer(task, classes=_by_class(name, samples)) for reference in rows}
        for days in samples.chunks():
            y = exact(days.y)
            persisting, answer = again(days)
            scorers["climatology"].update(task.link(torch.as_tensor(usual(days))), y)
            scorers["persistence"].update(task.link(torch.as_tensor(persisting)), y, torch.as_tensor(answer))
            scorers["optimum"].update(best.logits(task, days.x), y)
        for reference, scorer in scorers.items():
            rows[reference][name] = scorer.compute()
    return {name: _flat(row) for name, row in rows.items()}, best if attained else None


def _by_class(split: str, samples: Samples) -> bool:
    """Whether the classes are scored one by one, which takes all days at once: not those of a large training split."""
    return split == "test" or not samples.on_disk


def _add_skill(row: dict[str, float], climatology: Mapping[str, float], *, squared: bool) -> None:
    """Skill on the test days, 1 - S/S_climatology, S the mean squared error or the Brier score: 0 is no better."""
    score = "test/loss" if squared else "test/brier"
    row["test/skill"] = 1 - row[score] / climatology[score]


def _training_loss(task: LinearTask, splits: Splits, weights: Weights) -> float:
    parts = splits.train.chunks()
    return sum(task.loss(weights.logits(task, part.x), exact(part.y)).item() * len(part) for part in parts) / len(
        splits.train
    )


def chosen(settings: Config) -> dict[str, Any]:
    """What a run is told apart by, for the HPARAMS tab: choices by their group, numbers by their dotted name."""
    data, features = settings.data, settings.features.chosen
    groups = {"optimizer": settings.optimizer, "schedule": settings.schedule, "init": settings.init}
    return {
        "task": settings.task.name,
        "data.stations": ", ".join(data.stations or ["all"]),
        "data.batch_size": data.batch_size or "all",
        "features": " + ".join(features),
        "features.lead_days": settings.features.lead_days,
        "trainer.max_epochs": settings.trainer.max_epochs,
        "seed": settings.seed,
        **{name: type(group).__name__.lower() for name, group in groups.items()},
        **{f"{name}.{k}": v for name, group in groups.items() for k, v in vars(group).items() if k != "_target_"},
    }


def columns(settings: Config) -> dict[str, Any]:
    """The settings of `chosen` and those of the choices that were not made, for other runs in the same HPARAMS tab."""
    choices = {"optimizer": (SGD, Adam, LBFGS), "schedule": (Cosine, Step), "init": (RandomInit,)}
    others = {
        f"{group}.{field.name}": field.default
        for group, kinds in choices.items()
        for kind in kinds
        for field in fields(kind)
        if field.name != "_target_"
    }
    return others | chosen(settings)
