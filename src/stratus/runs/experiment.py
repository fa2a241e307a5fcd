"""One run: from its settings and samples to weights, forecasts, scores and the record of them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import torch

from stratus import files, tasks
from stratus.data.datamodule import WeatherDataModule
from stratus.data.observations import Observations
from stratus.data.samples import BETWEEN
from stratus.data.splits import Splits
from stratus.errors import ConfigurationError
from stratus.runs import explanation, loggers, tensorboard
from stratus.runs.events import EventFile
from stratus.runs.finished import FinishedRun
from stratus.runs.lesson import Lesson
from stratus.runs.record import LessonRecord, ResamplingRecord, RunRecord, WeightsRecord, read
from stratus.settings.compose import as_yaml
from stratus.settings.descent import Newton
from stratus.settings.experiment import Config
from stratus.tasks.linear import LinearTask
from stratus.tasks.weights import Weights
from stratus.training import own
from stratus.training.fit import fit
from stratus.training.stability import announced_limit
from stratus.verification.model import Model
from stratus.verification.references import References
from stratus.verification.verify import verify

NAMED = 3  # so many stations are named, of more the number
UNTOLD = ("pictures", "explain", "resume", "sweep", "logger")  # overrides that change no forecast
LessonFunction: TypeAlias = Callable[[FinishedRun], Lesson]


def new_task(settings: Config, splits: Splits) -> LinearTask:
    """The task as training finds it."""
    descent = {name: getattr(settings, name).build() for name in ("optimizer", "schedule", "init")}
    return tasks.find(settings.task.name).for_splits(splits, seed=settings.seed, **descent, **settings.task.settings)


@dataclass(frozen=True)
class Outputs:
    """Where a run leaves what it finds."""

    folder: Path  # the run's
    record: RunRecord  # what run.json will say
    file: EventFile  # the run's events for TensorBoard
    swept: Collection[str] | None  # of a sweep's job, what differs from job to job; see `compose.swept`


def run(
    settings: Config,
    observations: Observations,
    splits: Splits,
    *,
    folder: Path,
    record: RunRecord,
    lesson: LessonFunction | None = None,
    swept: Collection[str] | None = None,
) -> float:
    """Trains one run, verifies it, and leaves its record, files, pictures and TensorBoard events in its folder.

    Returns the record's `objective`, NaN in processes beside the first. Only pictures and the lesson use the
    observations. For `folder`, `record` and `swept` see `Outputs`. Raises what `fit` raises, and ConfigurationError
    if days on disk are to be explained.
    """
    if settings.explain and splits.train.on_disk:
        raise ConfigurationError("explain=true needs all days in memory: raise data.memory, or leave explain=false")
    # A lesson looks at all epochs, so it is trained anew, to the same weights.
    earlier = Path(settings.resume) if settings.resume and not lesson else None
    torch.set_num_threads(1)  # a step's operations are too small to share: on a busy machine threads only wait
    task = new_task(settings, splits)
    seen = closing(EventFile(folder if "tensorboard" in settings.loggers else None))
    with seen as file, loggers.beside(settings, folder, chosen(settings, record.overrides)) as others:
        outputs = Outputs(folder, record, file, swept)
        begin(settings, splits, task, outputs)
        result = fit(
            task,
            WeatherDataModule(splits, settings.data.batch_size, settings.seed),
            settings.trainer.build(),
            folder=folder,
            loggers=[*([tensorboard.CurveLogger(file)] if file.folder else []), *others],
            callbacks=[*map(own.callback, settings.callbacks)],
            limit=record.largest_stable_step,
            patience=settings.patience,
            resume=earlier,
            scored=earlier is not None and read(earlier).status == "finished",
        )
        if result is None:
            return float("nan")
        references = References.fit(result.task, splits)
        model = Model(result.task, Weights.of(result.task), splits.target)
        if settings.test:
            with files.replacing(folder / "forecasts.csv") as beside, open(beside, "wb") as csv:
                (verification,) = verify(model, splits, references, lambda part: part.append_to(csv))
        else:
            (verification,) = verify(model, splits, references, test=False)
        finished = FinishedRun(settings, observations, splits.evenly_spaced(), result, verification, references)
        finish(finished, outputs, lesson)
        loggers.finish(others, finished.test_scores, result.steps, folder)
    assert record.objective is not None
    return record.objective


def begin(
    settings: Config, splits: Splits, task: LinearTask, outputs: Outputs, eigenvalue: float | None = None
) -> None:
    """Records what is known before training, and logs the largest stable step beside the chosen one.

    λmax, of which that step is made, is computed where it is not given.
    """
    record = outputs.record
    record.tags, record.tested = settings.tags, settings.test
    record.target, record.task_settings = splits.recipe.target, settings.task.settings
    record.diagnosis, record.own_features = not splits.foreseen, dict(splits.recipe.features.get("own", {}))
    if record.data:
        samples = {name: len(days) for name, days in splits.named.items()}
        others = list(splits.train.others)
        record.data = replace(
            record.data, samples=samples, left_out=splits.left_out, wanting=splits.wanting, others=others
        )
    record.largest_stable_step = announced_limit(task, splits, task.optimizer(task.parameters()), eigenvalue)
    tensorboard.settings(outputs.file, columns(chosen(settings, record.overrides), outputs.swept or ()))


def finish(run: FinishedRun, outputs: Outputs, lesson: LessonFunction | None = None) -> None:
    """Records a trained run's scores and weights, writes them for TensorBoard, and draws the run and its lesson."""
    record, result = outputs.record, run.result
    record.epochs, record.best_epoch, record.fit_seconds = result.epochs, result.best_epoch, round(result.seconds, 3)
    record.metrics, record.references = run.metrics, run.references
    record.validation_years = run.verification.validation_years
    record.skill, record.minimum = run.metrics.get("test/skill"), run.optimum.value
    record.gap = result.last_value - run.optimum.value
    if intervals := run.verification.intervals:
        record.intervals, record.intervals_against_climatology = intervals.scores, intervals.against_climatology
        record.resampling = ResamplingRecord(intervals.days, intervals.block)
        record.unseen_days = run.rivals.unseen_days()
    record.weights, best = WeightsRecord(**run.task.parameters_by_name()), run.optimum.weights
    record.optimum_weights = replace(record.weights, weight=best.weight.tolist(), bias=best.bias.tolist())
    record.optimum_attained = run.optimum.attained
    if explained := run.explanation:
        record.explanation = explanation.recorded(explained, run.task)
        files.replace(outputs.folder / "weights.csv", explanation.csv(explained, run.task))
    tensorboard.final_scores(outputs.file, run.metrics, as_yaml(asdict(run.settings)), result.steps)
    if outputs.file.folder:
        _lines(run, outputs)
    _show(run, outputs, lesson)


def _lines(run: FinishedRun, outputs: Outputs) -> None:
    """The references' lines, for a run with a curve beside them: Newton's is a few steps to the optimum.

    None where each job of a sweep has days of its own.
    """
    data, in_sweep = run.settings.data, outputs.swept is not None
    own_days = in_sweep and (data.resample is not None or data.test_year is not None)
    if own_days or isinstance(run.settings.optimizer, Newton):
        return
    best = f"optimum of {' + '.join(run.settings.features.chosen)}"
    lines = {best if name == "optimum" else name: row for name, row in run.references.items()}
    stations = sorted(outputs.record.data.stations) if outputs.record.data else []
    where = BETWEEN.join(stations) if len(stations) <= NAMED else f"{len(stations)} stations"
    home = outputs.folder.parent if in_sweep else outputs.folder
    tensorboard.constant_lines(home, lines, run.result.steps, what=f"{run.settings.task.name} {where}")


def _show(run: FinishedRun, outputs: Outputs, lesson: LessonFunction | None) -> None:
    """Draws the run and writes its lesson's card, into its folder and into TensorBoard."""
    drawn, step, said = run.settings.pictures != "none", run.result.steps, lesson(run) if lesson else None
    if said:
        names = [*(f"{name}.png" for name in said.pictures), *(f"{name}.gif" for name in said.animations)]
        card, name = said.card(run, outputs.record.overrides), str(run.settings.lesson)
        outputs.record.lesson = LessonRecord(name, said.figures, card, names if drawn else [])
        tensorboard.card(outputs.file, outputs.folder, card, step)
    if drawn:
        from stratus.runs import pictures  # noqa: PLC0415 - matplotlib, not for a run without pictures

        drawings = {**pictures.drawings(run), **(said.pictures if said else {})}
        tensorboard.pictures(outputs.file, outputs.folder, drawings, step)
        tensorboard.animations(outputs.folder, said.animations if said else {})


def chosen(settings: Config, overrides: Sequence[str]) -> dict[str, Any]:
    """The task, and what the run was told beside it, by name; numbers as numbers.

    It is what loggers list: of all settings most are the same in all runs.
    """
    told: dict[str, Any] = {"task": settings.task.name}
    for word in overrides:
        name, _, text = word.lstrip("+").partition("=")
        value: Any = settings
        for part in name.split("."):
            value = getattr(value, part, None)
        value = ", ".join(map(str, value)) if isinstance(value, list) else value
        told[name] = value if isinstance(value, bool | int | float | str) else text
    return {name: value for name, value in told.items() if name not in UNTOLD}


def columns(told: Mapping[str, Any], swept: Collection[str]) -> dict[str, Any]:
    """What the HPARAMS tab shows of what a run was `told`: what is swept by its name, all else as one text.

    The tab has room for three columns before the scores.
    """
    own = {name: value for name, value in told.items() if name in swept}
    rest = {name: value for name, value in told.items() if name not in own}
    task = [rest.pop("task")] if "task" in rest else []
    return own | {"told": ", ".join([*(f"{name.split('.')[-1]}={value}" for name, value in rest.items()), *task])}
