"""Hydra's launcher `batched`: a sweep's jobs that differ only in numbers are trained as one, then recorded each.

Hydra finds its plugins in the namespace `hydra_plugins` and imports them at every start: nothing here imports torch.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hydra.core.config_store import ConfigStore
from hydra.core.utils import JobReturn, configure_log, setup_globals
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from stratus.settings.checks import POSITIVE

log = logging.getLogger(__name__)


@dataclass
class BatchedLauncherConf:
    """The launcher's settings."""

    _target_: str = "hydra_plugins.stratus_batched.BatchedLauncher"
    memory: float = 2.0  # GiB that the runs trained as one may take; a larger group is split
    processes: int | None = None  # that share the jobs; null: one for each core, and not more than one for 32 jobs


ConfigStore.instance().store(group="hydra/launcher", name="batched", node=BatchedLauncherConf, provider="stratus")


class BatchedLauncher(Launcher):
    """Runs a sweep's jobs after training together those that can be; what it returns is in their order.

    A job draws pictures only where `pictures=…` is among its overrides. The settings are those above.
    """

    def __init__(self, memory: float = 2.0, processes: int | None = None) -> None:
        self.memory, self.processes = memory, processes

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Called by Hydra before a sweep."""
        from stratus.sweep.batched.hydra_inside import Composer  # noqa: PLC0415 - not for a start without this launcher

        hydra_context.config_loader = Composer(hydra_context.config_loader)  # sweepers check each job by it too
        self.context, self.task_function, self.config = hydra_context, task_function, config

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Trains what jobs it can together, then runs each; raises ConfigurationError if a setting is not above 0."""
        POSITIVE.check("hydra.launcher.memory", self.memory)
        POSITIVE.check("hydra.launcher.processes", self.processes)
        from stratus.sweep.batched import processes  # noqa: PLC0415

        setup_globals()
        configure_log(self.config.hydra.hydra_logging, self.config.hydra.verbose)
        Path(str(self.config.hydra.sweep.dir)).mkdir(parents=True, exist_ok=True)
        log.info("Launching %d jobs locally", len(job_overrides))
        jobs = {number: list(one) for number, one in enumerate(job_overrides, initial_job_idx)}
        count = min(self.processes or processes.sensible(len(jobs)), len(jobs))
        share = processes.Share(self.context, self.config, jobs, self.memory / count)
        return processes.run(share, count, self.task_function)
