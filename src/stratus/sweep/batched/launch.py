"""One process's jobs of a sweep: which of them are trained together, and the run of each."""

import gc
import logging
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from hydra.core.utils import JobReturn, configure_log, filter_overrides
from hydra.types import TaskFunction
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException
from threadpoolctl import threadpool_limits

from stratus.data.splits import Splits
from stratus.errors import StratusError, message
from stratus.progress import Work, working
from stratus.settings import compose, descent
from stratus.settings.experiment import Config
from stratus.sweep.batched.days import Days, days_of
from stratus.sweep.batched.hydra_inside import Composed, Composer, JobRunner
from stratus.sweep.batched.loss import Loss
from stratus.sweep.batched.member import Block, Member, train_together
from stratus.sweep.batched.processes import Share, portable
from stratus.tasks.linear import LinearTask

log = logging.getLogger("hydra_plugins.stratus_batched")

PAUSE = 5.0  # seconds after which a sweep says how far it is
BLOCK = 64  # members that are verified together: more at once are not faster


def run(share: Share, task_function: TaskFunction) -> list[JobReturn]:
    """Trains together the jobs that can be, then runs each in order.

    A job that has been trained is only recorded, which takes a moment: now and then a line says how far that is, and
    what they have to say is in their run.log. Others are named as Hydra names them.
    """
    logging.getLogger("lightning.pytorch.utilities.rank_zero").setLevel(logging.WARNING)  # devices are no news
    threadpool_limits(1, user_api="blas")  # threads of several processes would wait for each other's cores
    gc.freeze()
    gc.enable()
    hydra = share.config.hydra
    members = train(((number, job.own) for number, job in _composed(share)), share.memory)
    runner, said = JobRunner(share.context), time.monotonic()
    returned: list[JobReturn] = []
    with working("recording the jobs", len(share.jobs), "jobs") as work:
        for number, job in _composed(share):
            work.at(len(returned))
            member = members.pop(number, None)
            if member is None or (time.monotonic() > said + PAUSE and not Work.terminal):
                configure_log(hydra.hydra_logging, hydra.verbose)
                if member:
                    log.info("recording the trained jobs #%d to #%d: at #%d", min(share.jobs), max(share.jobs), number)
                else:
                    log.info("\t#%d : %s", number, " ".join(filter_overrides(share.jobs[number])))
                said = time.monotonic()
            function = portable(member.run if member else task_function)
            returned.append(runner.run(function, job, quiet=member is not None))
    configure_log(hydra.hydra_logging, hydra.verbose)
    return returned


def _composed(share: Share) -> Iterator[tuple[int, Composed]]:
    """The configuration of each job in turn; it is changed by the next."""
    composer = share.context.config_loader
    assert isinstance(composer, Composer)
    for number, overrides in share.jobs.items():
        job = composer.compose(share.config, overrides)
        job.set("hydra.job.id", str(number))
        job.set("hydra.job.num", number)
        for name, without in (("pictures", "none"), ("explain", False)):  # they take a second a job, or many
            if not any(one.startswith(f"{name}=") for one in overrides):
                job.set(name, without)
        yield number, job


def train(jobs: Iterable[tuple[int, DictConfig]], memory: float) -> dict[int, Member]:
    """Trains together the jobs that can be, and returns them by number; says of the rest why it runs one by one.

    Args:
        jobs: Number and configuration of each, without the node `hydra`.
        memory: GiB that the runs trained as one may take.
    """
    groups: dict[tuple[str, ...], dict[int, Config]] = {}
    alone: dict[str, list[int]] = {}
    members: dict[int, Member] = {}
    for number, composed in jobs:
        try:
            settings = compose.check(composed)
        except (StratusError, OmegaConfBaseException):
            alone.setdefault("their settings are wrong, as each will tell", []).append(number)
            continue
        if reason := _reason_alone(settings):
            alone.setdefault(reason, []).append(number)
        else:
            groups.setdefault(_shared(settings), {})[number] = settings
    for group in groups.values():
        for numbers, trained in _outcomes(group, memory):
            if isinstance(trained, str):
                alone.setdefault(trained, []).extend(numbers)
            else:
                members |= trained
    for reason, numbers in alone.items():
        log.info("one by one: %d of the jobs, from #%d on: %s", len(numbers), numbers[0], reason)
    return members


def _reason_alone(settings: Config) -> str | None:
    """Why a job cannot be trained with any other, if it cannot."""
    own = descent.OwnOptimizer, descent.OwnSchedule
    reasons = {
        "an optimiser or schedule of one's own is for one run": isinstance(settings.optimizer, own)
        or isinstance(settings.schedule, own),
        f"{type(settings.optimizer).__name__} searches each step for itself": not isinstance(
            settings.optimizer, descent.SGD | descent.Adam | descent.Newton
        ),
        "resume goes on with a run of its own": settings.resume is not None,
        "they ask for several devices": not settings.trainer.single,
        "a lesson looks at one run at a time": settings.lesson is not None,
        "explain looks at one run at a time": settings.explain,
        "pictures take longer than training": settings.pictures != "none",
        "callbacks look at one run at a time": bool(settings.callbacks),
        "only TensorBoard's logger is written together": not {*settings.loggers} <= {"tensorboard"},
        "trainer.precision is that of one run": settings.trainer.precision != "32-true",
        "test=false leaves the test days": not settings.test,
        "trainer.detect_anomaly looks at one run at a time": settings.trainer.detect_anomaly,
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def _shared(settings: Config) -> tuple[str, ...]:
    """What jobs that are trained together have in common."""
    # Class weights are those of the days that are drawn.
    weighed = getattr(settings.task, "class_weights", None) is not None
    data = settings.data if weighed else replace(settings.data, resample=None, test_year=None)
    return tuple(map(repr, (settings.task, data, settings.features, settings.trainer, type(settings.optimizer))))


def _outcomes(jobs: Mapping[int, Config], memory: float) -> Iterator[tuple[list[int], dict[int, Member] | str]]:
    """Trains jobs that have all in common but numbers and days, in parts; of each its jobs and members, or why not."""
    parts: dict[tuple[str, ...], list[int]] = {}
    try:
        days = days_of(jobs)
        for number in jobs:
            parts.setdefault(tuple(days[number].splits.outputs) if number in days else (), []).append(number)
    except Exception as error:  # of data, or of a feature of the user's own
        yield list(jobs), _failed(error)
    for outputs, numbers in parts.items():
        if not outputs:
            yield numbers, "their days cannot be had, as each will tell"
            continue
        try:
            yield numbers, _train({number: jobs[number] for number in numbers}, days, memory)
        except Exception as error:  # of a loss of the user's own, or of a device
            yield numbers, _failed(error)


def _failed(error: Exception) -> str:
    return f"together they fail ({message(error):.200}); each tells where it does so alone"


def _train(jobs: Mapping[int, Config], days: Mapping[int, Days], memory: float) -> dict[int, Member] | str:
    """Trains jobs that have all in common but numbers and days; if that cannot be, why."""
    if len(jobs) == 1:
        return "no other differs from them in numbers alone"
    own = {number: days[number] for number in jobs}
    splits = {id(one.splits): one.splits for one in own.values()}.values()
    longest = max(splits, key=lambda one: len(one.train))
    if reason := _reason_apart(next(iter(own.values())).task, list(splits)):
        return reason
    members: dict[int, Member] = {}
    numbers, size = list(jobs), largest_group(jobs[min(jobs)], longest, memory)
    for part in (numbers[start : start + size] for start in range(0, len(numbers), size)):
        log.info("training %d jobs as one, #%d to #%d", len(part), min(part), max(part))
        theirs = [days[number] for number in part]
        group = train_together([jobs[number] for number in part], theirs)
        for same in {id(one): one for one in theirs}.values():
            places = [place for place, one in enumerate(theirs) if one is same]
            for some in (places[start : start + BLOCK] for start in range(0, len(places), BLOCK)):
                block = Block(group, some, same)
                members |= {part[place]: Member(block, place) for place in some}
    return members


def _reason_apart(task: LinearTask, splits: Sequence[Splits]) -> str | None:
    """Why jobs on these days cannot be trained together, if they cannot."""
    reasons = {
        "their days are streamed from disk": any(one.train.on_disk for one in splits),
        f"task={task.name} has a way of its own from inputs to logits": type(task).forward is not LinearTask.forward,
        f"the loss of task={task.name} takes members only with as many days each": not Loss(task).broadcasts
        and len({(len(one.train), len(one.validation or ())) for one in splits}) > 1,
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def largest_group(settings: Config, splits: Splits, memory: float) -> int:
    """How many members a group has at most, for tensors that take so many GiB.

    A step holds about ten tensors of logits [batch, k], and their slopes times the inputs [m + 1, batch, k];
    validation holds eight tensors of its own; weights, what the optimiser remembers, and copies of both are some
    twenty times [m + 1, k]; an epoch gathers a member's days, and keeps their logits; and a module is 100 kB.
    """
    m, k, epochs = len(splits.inputs) + 1, len(splits.outputs), settings.trainer.max_epochs
    days, checked = len(splits.train), len(splits.validation or ())
    batch = settings.data.batch_size or days
    floats = batch * (10 * k + m * k + 2 * m) + 8 * checked * k + (20 + epochs) * m * k + 4 * epochs
    floats += days * (m + 4 * k + 2)
    return max(int(memory * 2**30 / (4 * floats + 100_000)), 1)
