"""Hydra's launcher `batched`: a sweep's jobs that differ only in numbers are trained as one, then recorded each.

Hydra finds its plugins in the namespace `hydra_plugins` and imports them at every start: nothing here imports torch.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hydra.core.config_store import ConfigStore
from hydra.core.utils import JobReturn, configure_log, filter_overrides, setup_globals
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, open_dict, read_write

from stratus.settings import positive

log = logging.getLogger(__name__)


@dataclass
class BatchedLauncherConf:
    """The launcher's settings."""

    _target_: str = "hydra_plugins.stratus_batched.BatchedLauncher"
    memory: float = 2.0  # GiB that the runs trained as one may take


ConfigStore.instance().store(group="hydra/launcher", name="batched", node=BatchedLauncherConf, provider="stratus")


class BatchedLauncher(Launcher):
    """Runs a sweep's jobs in order, as Hydra's basic launcher does, after training together those that can be.

    A job draws pictures only where `pictures=…` is among its overrides.

    Args:
        memory: GiB that the runs trained as one may take; a larger group is split.
    """

    def __init__(self, memory: float = 2.0) -> None:
        self.memory = memory

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Called by Hydra before a sweep."""
        from stratus.sweep.composer import Composer  # noqa: PLC0415 - not for a start without this launcher

        self.context, self.task_function, self.config = hydra_context, task_function, config
        # Sweepers compose each job too, to see whether it is legal.
        self.composer = Composer(hydra_context.config_loader)
        hydra_context.config_loader = self.composer  # type: ignore[assignment]

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Trains the jobs that can be trained together, then runs each job in order.

        Raises:
            ConfigurationError: If `hydra.launcher.memory` is not above 0.
        """
        positive("hydra.launcher.memory", self.memory)
        from stratus.sweep import launch  # noqa: PLC0415

        setup_globals()
        configure_log(self.config.hydra.hydra_logging, self.config.hydra.verbose)
        Path(str(self.config.hydra.sweep.dir)).mkdir(parents=True, exist_ok=True)
        log.info("Launching %d jobs locally", len(job_overrides))
        numbered = dict(enumerate(job_overrides, initial_job_idx))
        launch.prepare()
        launch.train(((number, self._composed(number, one)[1]) for number, one in numbered.items()), self.memory)
        return [self._run(number, overrides) for number, overrides in numbered.items()]

    def _composed(self, number: int, overrides: Sequence[str]) -> tuple[DictConfig, DictConfig]:
        """A job's configuration, and the same without Hydra's own."""
        config = self.composer.load_sweep_config(self.config, list(overrides))
        own = self.composer.own(config)
        with read_write(config.hydra), open_dict(config):
            config.hydra.job.id = config.hydra.job.num = number
            if not any(one.startswith("pictures=") for one in overrides):
                config.pictures = own.pictures = "none"  # they take a second a job
        return config, own

    def _run(self, number: int, overrides: Sequence[str]) -> JobReturn:
        from stratus.sweep.job import run_job  # noqa: PLC0415

        log.info("\t#%d : %s", number, " ".join(filter_overrides(overrides)))
        done = run_job(self.context, self.task_function, *self._composed(number, overrides))
        configure_log(self.config.hydra.hydra_logging, self.config.hydra.verbose)
        return done
