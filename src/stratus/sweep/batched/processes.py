"""A sweep's jobs dealt out to this process and others, each of which trains and records its share."""

import gc
import inspect
import logging
import multiprocessing
import os
import pickle
import sys
import traceback
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import wraps
from importlib import import_module
from typing import Any

from hydra.core.utils import JobReturn, JobRuntime, configure_log, setup_globals
from hydra.errors import HydraException
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from stratus.errors import StratusError
from stratus.progress import Work
from stratus.runs import signals
from stratus.sweep.worker import follow

log = logging.getLogger("hydra_plugins.stratus_batched")

JOBS = 32  # a further process is worth its start, some seconds, for so many jobs
KILLED = "a process that ran some of the sweep's jobs was killed"
AHEAD = 40  # so many jobs more, at most, are this process's own: it works while the others start


@dataclass(frozen=True)
class Share:
    """The jobs of one process."""

    context: HydraContext  # Hydra's, its loader a `Composer`
    config: DictConfig  # the sweep's configuration
    jobs: dict[int, list[str]]  # the overrides of each by its number
    memory: float  # GiB that runs trained as one may take


def sensible(jobs: int) -> int:
    """How many processes share so many jobs: a core each, each with enough jobs."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, jobs // JOBS))


def dealt(numbers: Sequence[int], count: int) -> list[list[int]]:
    """The jobs of each process, this one's first: in turn, so that each has as many of every group, but for `AHEAD`."""
    ahead = min(AHEAD, len(numbers) // (3 * count))
    return [[*(numbers[:ahead] if first == 0 else ()), *numbers[ahead + first :: count]] for first in range(count)]


def run(share: Share, count: int, task_function: TaskFunction) -> list[JobReturn]:
    """Runs the jobs in this and further processes, so many in all; what they return is in the jobs' order.

    Raises StratusError if a process was killed, SystemExit if a job was interrupted.
    """
    parts = [{number: share.jobs[number] for number in numbers} for numbers in dealt(list(share.jobs), count)]
    own, *others = (replace(share, jobs=jobs) for jobs in parts)
    try:
        pickled = [pickle.dumps(one) for one in others]
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        log.warning("one process runs all jobs: what they need cannot be given to another (%s)", error)
        others = []
    if not others:
        return work(share, task_function)
    context = multiprocessing.get_context("spawn")  # not forked: torch and polars have threads
    executor = ProcessPoolExecutor(
        len(others), context, initializer=_begin, initargs=(os.getpid(), bool(Work.terminal))
    )
    names = task_function.__module__, task_function.__name__, JobRuntime.instance().get("name")
    futures = [executor.submit(_work, one, *names) for one in pickled]
    ending: list[BaseException] = []  # what ends all, if anything does
    for future in futures:
        future.add_done_callback(lambda done: None if ending else _tell(done))
    try:
        returned = dict(zip(own.jobs, work(own, task_function), strict=True))
        for other, future in zip(others, futures, strict=True):
            returned |= zip(other.jobs, future.result(), strict=True)
    except BaseException as error:
        ending.append(error)
        wait(futures, timeout=1)  # Ctrl-C reaches them too: a second signal would break into their last records
        for process in multiprocessing.active_children():
            process.terminate()
        if isinstance(error, BrokenProcessPool):
            raise StratusError(
                f"{KILLED}; their records say how far it came. If memory ran out, lower hydra.launcher.memory or "
                "hydra.launcher.processes"
            ) from None
        raise
    finally:
        executor.shutdown()
    return [returned[number] for number in share.jobs]


def _tell(done: Future[list[JobReturn]]) -> None:
    """Says at once that a process was killed: this one does its own share first."""
    if isinstance(done.exception(), BrokenProcessPool):
        print(f"{KILLED}; the others go on with theirs", file=sys.stderr)


def _begin(parent: int, quiet: bool) -> None:
    gc.disable()  # until all is imported, as train.py does
    signals.listen()  # at once: until then Ctrl-C would show a traceback
    follow(parent)
    if quiet:  # the first process has a bar on the terminal, and is as far as this one
        log.setLevel(logging.WARNING)


def _work(pickled: bytes, module: str, task_name: str, job_name: str) -> list[JobReturn]:
    share: Share = pickle.loads(pickled)
    setup_globals()
    configure_log(share.config.hydra.hydra_logging, share.config.hydra.verbose)
    JobRuntime.instance().set("name", job_name)
    # What Hydra decorates is found behind the decorated name alone.
    return work(share, inspect.unwrap(getattr(import_module(module), task_name)))


def work(share: Share, task_function: TaskFunction) -> list[JobReturn]:
    """Trains and records the jobs in this process; a signal ends it with the shell's exit code."""
    signals.listen()
    from stratus.sweep.batched import launch  # noqa: PLC0415 - torch, once the other processes have been started

    return launch.run(share, task_function)


def portable(task_function: TaskFunction) -> TaskFunction:
    """The same function, whose unexpected exceptions can be pickled and say where they came from."""

    @wraps(task_function)
    def run_portably(composed: DictConfig) -> Any:
        try:
            return task_function(composed)
        except HydraException:
            raise
        except Exception as error:
            raise RuntimeError("".join(traceback.format_exception(error))) from None

    return run_portably
