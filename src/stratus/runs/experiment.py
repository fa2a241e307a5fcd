"""One run: from configuration and samples to scores, forecasts and the record of them."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, fields
from functools import partial
from pathlib import Path
from typing import Any, cast

import torch
from polars import DataFrame

from stratus import lecture
from stratus.data.splits import Splits
from stratus.data.store.read import Store
from stratus.runs import tensorboard as board
from stratus.runs.events import File, Sink
from stratus.runs.finished import FinishedRun
from stratus.settings.compose import as_yaml
from stratus.settings.schema import LBFGS, SGD, Adam, Config, Cosine, RandomInit, Step
from stratus.training.lone import Fit, Fitted, Scored, alone
from stratus.verification import evaluation
from stratus.verification.evaluation import References
from stratus.verification.forecast import Forecaster
from stratus.verification.intervals import intervals
from stratus.verification.references import Weights


def run(
    settings: Config,
    table: DataFrame | Store,
    splits: Splits,
    *,
    folder: Path,
    record: dict[str, Any],
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
        fit: Hands over a run that has been trained among others, with curves and checkpoints, and writes the largest
            stable step into the record; where not given, the run is trained `alone`.
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
    if fit:
        sink: Sink = File(folder)
        train = partial(fit, settings, splits, folder, sink)
    else:
        sink = logger = board.Logger(folder)
        train = partial(alone, settings, splits, folder, logger)
    with closing(sink):
        board.settings(sink, chosen(settings))
        fitted = train(record)
        if fitted is None:
            return float("nan")
        known = references() if references else References.of(fitted.task, splits)
        metrics = _scored(settings, splits, fitted, known, record)
        Forecaster(fitted.task, splits.recipe).write(splits.test, folder / "forecasts.csv")
        board.constant_lines(folder, known.scores, fitted.steps)
        chief, words = metrics | {"gap": record["gap"]}, as_yaml(asdict(settings))
        board.final_figures(sink, columns(settings), chief, words, fitted.steps)
        in_memory = cast(DataFrame, table)  # where there is a lesson: the settings see to it
        finished = FinishedRun(settings, in_memory, splits.some(), fitted.task, fitted.trace, metrics, known.scores)
        _show(finished, known.best, folder, record, sink, step=fitted.steps)
        return metrics["val/loss" if splits.validation else "train/loss"]


def _scored(
    settings: Config, splits: Splits, fitted: Fitted, known: References, record: dict[str, Any]
) -> dict[str, float]:
    """The scores of a trained run; they and what else is said of it are added to the record."""
    record |= {"epochs": fitted.epochs, "fit_seconds": round(fitted.seconds, 3)}
    task = fitted.task
    scored = fitted.scored(known) or Scored(evaluation.metrics(task, splits, known), intervals(task, splits))
    metrics = scored.metrics
    gap = evaluation.training_loss(task, splits, fitted.last) - known.scores["optimum"]["train/loss"]
    record |= {"metrics": metrics, "references": known.scores, "skill": metrics["test/skill"], "gap": gap}
    record |= scored.intervals
    record["weights"] = task.parameters_in_words()
    record |= {"best_epoch": fitted.best_epoch, "optimum_attained": known.best is not None}
    return metrics


def _show(
    finished: FinishedRun,
    best: Weights | None,
    folder: Path,
    record: dict[str, Any],
    sink: Sink,
    *,
    step: int,
) -> None:
    """Draws the run and writes its lesson's card, into its folder and into TensorBoard."""
    drawings, animations = {}, {}
    drawn = finished.settings.pictures != "none"
    if drawn:
        from stratus.runs import pictures as of_run  # noqa: PLC0415 - matplotlib, not for a run without pictures

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
        board.card(sink, folder, lesson.card.markdown, step)
        drawings, animations = {**drawings, **lesson.pictures}, {**lesson.animations}
    if drawn:
        board.pictures(sink, folder, drawings, step)
        board.animations(folder, animations)


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
        **{name: value for name, value in (("data.resample", data.resample),) if value is not None},
        **{f"task.{name}": value for name, value in settings.task.settings.items() if value is not None},
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
