"""A sweep's jobs dealt out to this process and others, each of which trains and records its share."""

import inspect
import logging
import multiprocessing
import os
import signal
import sys
import threading
import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import ForkingPickler
from pickle import PicklingError

from hydra.core.utils import JobReturn, JobRuntime, configure_log, setup_globals
from hydra.errors import HydraException
from hydra.types import TaskFunction

from stratus.errors import StratusError
from stratus.sweep.batched.share import Share

log = logging.getLogger("hydra_plugins.stratus_batched")

JOBS = 32
"""A further process is worth its start, some seconds, for so many jobs."""

AHEAD = 12
"""So many jobs more, at most, are this process's own: it records them while the others start."""


def sensible(jobs: int) -> int:
    """How many processes share so many jobs: a core each, each with jobs enough."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, jobs // JOBS))


def run(share: Share, count: int, task_function: TaskFunction) -> list[JobReturn]:
    """Runs the jobs in this and further processes, so many in all; what they return is in the jobs' order.

    Raises:
        StratusError: If a process was killed.
        SystemExit: If a job was interrupted.
    """
    try:
        # Before this process's own jobs change it.
        common = bytes(ForkingPickler.dumps(replace(share, jobs={})))
    except (PicklingError, TypeError, AttributeError) as error:
        log.warning("one process runs all jobs: what they need cannot be given to another (%s)", error)
        return share.run(task_function)
    own, *others = [{number: share.jobs[number] for number in numbers} for numbers in dealt(list(share.jobs), count)]
    started: list[tuple[BaseProcess, Connection]] = []
    try:
        for jobs in others:
            started.append(_started(common, jobs, task_function.__name__))
        returned = dict(zip(own, replace(share, jobs=own).run(task_function), strict=True))
        for one in started:
            returned |= _received(*one)
    finally:
        for process, _ in started:
            process.join(1)  # Ctrl-C reaches them too, and another signal would break into how they end
            process.terminate()
        for process, _ in started:
            process.join()
    return [returned[number] for number in share.jobs]


def dealt(numbers: Sequence[int], count: int) -> list[list[int]]:
    """The jobs of each process, this one's first: in turn, so that each has as many of every group, but for `AHEAD`."""
    ahead = min(AHEAD, len(numbers) // (8 * count))
    return [[*(numbers[:ahead] if first == 0 else ()), *numbers[ahead + first :: count]] for first in range(count)]


def _started(common: bytes, jobs: dict[int, list[str]], task_name: str) -> tuple[BaseProcess, Connection]:
    # Not forked: torch and polars have threads.
    context = multiprocessing.get_context("spawn")
    connection, other_end = context.Pipe()
    process = context.Process(target=_work, args=(other_end, task_name, JobRuntime.instance().get("name")))
    process.start()
    other_end.close()  # so that a process's death ends its messages
    # It takes its share once it has imported Hydra: no one waits for that.
    threading.Thread(target=_give, args=(connection, common, jobs), daemon=True).start()
    return process, connection


def _give(connection: Connection, common: bytes, jobs: dict[int, list[str]]) -> None:
    with suppress(OSError):  # the process ended, which is told where its jobs are waited for
        connection.send_bytes(common)
        connection.send(jobs)


def _received(process: BaseProcess, connection: Connection) -> dict[int, JobReturn]:
    try:
        done: dict[int, JobReturn] = connection.recv()
    except (EOFError, ConnectionResetError):
        process.join()
        code = process.exitcode or 0
        number = -code if code < 0 else code - 128  # before it listens to a signal, and then
        if number in (signal.SIGINT, signal.SIGTERM):
            raise SystemExit(128 + number) from None
        raise StratusError(
            f"a process that ran some of the sweep's jobs ended with exit code {code}; their records say how far it "
            "came. If memory ran out, lower hydra.launcher.memory or hydra.launcher.processes"
        ) from None
    return done


def _work(connection: Connection, task_name: str, name: str) -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # ends it without a word as long as it has nothing to record
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    share: Share = connection.recv()
    share = replace(share, jobs=connection.recv())
    setup_globals()
    configure_log(share.config.hydra.hydra_logging, share.config.hydra.verbose)
    JobRuntime.instance().set("name", name)
    # What Hydra decorates is found behind the decorated name alone.
    task_function = inspect.unwrap(getattr(sys.modules["__main__"], task_name))
    done = [portable(one) for one in share.run(task_function)]
    connection.send(dict(zip(share.jobs, done, strict=True)))
    sys.stdout.flush()
    os._exit(0)  # to put away all that torch has made would take a quarter of a second


def portable(returned: JobReturn) -> JobReturn:
    """What a job returned, with an unexpected exception as one that goes to any process and says where it came from."""
    error = returned._return_value
    if isinstance(error, Exception) and not isinstance(error, HydraException):
        returned.return_value = RuntimeError("".join(traceback.format_exception(error)))
    return returned


def _end_with_the_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
