"""Which of a sweep's jobs are trained together, and their training."""

import gc
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from functools import cache
from typing import Any

from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException
from threadpoolctl import threadpool_limits

from stratus.data.splits import Splits
from stratus.errors import StratusError
from stratus.settings import compose as config
from stratus.settings.descent import SGD, Adam
from stratus.settings.experiment import Config
from stratus.sweep.batched import ready
from stratus.sweep.batched.member import fit_together
from stratus.tasks.linear import LinearTask
from stratus.training.lone import starting
from stratus.verification.evaluation import References

log = logging.getLogger(__name__)


def train(jobs: Iterable[tuple[int, DictConfig]], memory: float) -> None:
    """Trains together what can be, and leaves it in `ready.jobs`; says of the rest why it runs one by one.

    Args:
        jobs: Number and configuration of each, without the node `hydra`.
        memory: GiB that the runs trained as one may take.
    """
    ready.jobs.clear()
    groups: dict[tuple[str, ...], dict[int, Config]] = {}
    single: dict[str, list[int]] = {}
    for number, composed in jobs:
        settings = _checked(composed)
        if isinstance(settings, str):
            single.setdefault(settings, []).append(number)
        else:
            groups.setdefault(_shared(settings), {})[number] = settings
    for members in groups.values():
        if reason := _together(members, memory):
            single.setdefault(reason, []).extend(members)
    for reason, numbers in single.items():
        log.info("one by one: %d of the jobs, from #%d on: %s", len(numbers), numbers[0], reason)


def prepare() -> None:
    """Makes this process ready to train and record jobs."""
    # Which devices there are is no news.
    logging.getLogger("lightning.pytorch.utilities.rank_zero").setLevel(logging.WARNING)
    threadpool_limits(1, user_api="blas")  # threads of several processes would wait for each other's cores
    gc.freeze()
    gc.enable()


def _checked(composed: DictConfig) -> Config | str:
    """A job's settings, or why it cannot be trained with others."""
    try:
        settings = config.check(composed)
    except (StratusError, OmegaConfBaseException):
        return "their settings are wrong, as each will tell"
    if not isinstance(settings.optimizer, SGD | Adam):
        return f"{type(settings.optimizer).__name__} searches each step for itself"
    if settings.resume or settings.lesson:
        return "resume and lesson are about one run each"
    if not settings.trainer.single:
        return "they ask for several devices"
    if settings.trainer.detect_anomaly:
        return "trainer.detect_anomaly looks at one run at a time"
    return settings


def _shared(settings: Config) -> tuple[str, ...]:
    """What jobs that are trained together have in common."""
    # Class weights are those of the days that are drawn.
    weighed = getattr(settings.task, "class_weights", None) is not None
    data = settings.data if weighed else replace(settings.data, resample=None)
    return tuple(map(repr, (settings.task, data, settings.features, settings.trainer, type(settings.optimizer))))


def _together(jobs: Mapping[int, Config], memory: float) -> str | None:
    """Trains jobs that have all in common but numbers; if that cannot be, why."""
    if len(jobs) == 1:
        return "no other differs from them in numbers alone"
    first = next(iter(jobs.values()))
    try:
        data = replace(first.data, resample=None)
        loaded = data.load()
        observations, facts = loaded.observations, asdict(loaded.provenance)
        splits = observations.split(first.recipe, data.borders, standardise=first.features.standardise)
    except StratusError:
        return "their data are wrong, as each will tell"
    if splits.train.on_disk:
        return "their days are streamed from disk"
    task = starting(first, splits)
    if type(task).forward is not LinearTask.forward:
        return f"task={task.name} has a way of its own from inputs to logits"

    @cache
    def drawn(resample: int | None) -> tuple[dict[str, Any], Splits, Callable[[], References]]:
        days = splits.resampled(resample)
        said = facts | {"source": facts["source"] | {"resample": resample}}
        return said, days, cache(lambda: References.of(starting(first, days), days))

    for part in _parts(jobs, most(first, splits, memory)):
        log.info("training %d jobs as one, #%d to #%d", len(part), min(part), max(part))
        trained = fit_together(list(part.values()), splits)
        for place, number in enumerate(part):
            said, days, references = drawn(part[number].data.resample)
            ready.jobs[number] = ready.Ready(part[number], observations, said, days, trained.fit_of(place), references)
    return None


def _parts(jobs: Mapping[int, Config], size: int) -> Iterator[dict[int, Config]]:
    every = list(jobs.items())
    for start in range(0, len(every), size):
        yield dict(every[start : start + size])


def most(settings: Config, splits: Splits, memory: float) -> int:
    """How many members a group has at most, for tensors that take so many GiB.

    A step holds about ten tensors of logits [batch, k], and their slopes times the inputs [m + 1, batch, k];
    validation holds eight tensors of its own; weights, what the optimiser remembers, and copies of both are some
    twenty times [m + 1, k]; a member draws its days anew each epoch; and a module is 100 kB.
    """
    m, k, epochs = len(splits.inputs) + 1, len(splits.outputs), settings.trainer.max_epochs
    days, checked = len(splits.train), len(splits.validation or ())
    batch = settings.data.batch_size or days
    floats = batch * (10 * k + m * k + 2 * m) + 8 * checked * k + (20 + epochs) * m * k + 2 * days + 4 * epochs
    return max(int(memory * 2**30 / (4 * floats + 100_000)), 1)
