"""Jobs of a sweep that one process trains and records."""

import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from types import FrameType

from hydra.core.utils import JobReturn, filter_overrides
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, open_dict, read_write

from stratus.sweep.batched import ready
from stratus.sweep.batched.composer import Composed, Composer
from stratus.sweep.batched.frames import roomy
from stratus.sweep.batched.job import run_job
from stratus.sweep.batched.logs import Logs

log = logging.getLogger("hydra_plugins.stratus_batched")

PAUSE = 5.0
"""Seconds after which a sweep says how far it is."""


@dataclass(frozen=True)
class Share:
    """What a process needs to know of its jobs.

    Attributes:
        context: Hydra's, its loader a `Composer`.
        config: The sweep's configuration.
        jobs: The overrides of each by its number.
        memory: GiB that runs trained as one may take.
    """

    context: HydraContext
    config: DictConfig
    jobs: dict[int, list[str]]
    memory: float

    def composed(self) -> Iterator[tuple[int, Composed]]:
        """The configuration of each job in turn; it is changed by the next."""
        composer = self.context.config_loader
        assert isinstance(composer, Composer)
        for number, overrides in self.jobs.items():
            job = composer.compose(self.config, overrides)
            job.set("job.id", str(number))
            job.set("job.num", number)
            if job.own.pictures != "none" and not any(one.startswith("pictures=") for one in overrides):
                with read_write(job.whole), open_dict(job.whole):
                    job.whole.pictures = job.own.pictures = "none"  # they take a second a job
            yield number, job

    @roomy
    def run(self, task_function: TaskFunction) -> list[JobReturn]:
        """Trains together what can be, then runs each job in order.

        A job that is trained is only recorded, which takes a moment: of such jobs one is named now and then, and what
        they have to say is in their run.log.
        """
        _at_a_signal(lambda number, _: os._exit(128 + number))  # an import may swallow an exception
        from stratus.sweep.batched import launch  # noqa: PLC0415 - torch, not before the processes are started

        _at_a_signal(lambda number, _: sys.exit(128 + number))
        launch.prepare()
        launch.train(((number, job.own) for number, job in self.composed()), self.memory)
        done, said, logs = [], time.monotonic(), Logs(self.config)
        for number, job in self.composed():
            trained = number in ready.jobs
            if not trained or time.monotonic() > said + PAUSE:
                logs.of_sweep()
                log.info("\t#%d : %s", number, " ".join(filter_overrides(self.jobs[number])))
                said = time.monotonic()
            into = partial(logs.of_job, job, quiet=trained)
            done.append(run_job(self.context, task_function, job, into))
        logs.of_sweep()
        return done


def _at_a_signal(do: Callable[[int, FrameType | None], object]) -> None:
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, do)
