"""Keeps a sweep's table: after every job as a file, at the end on the terminal."""

import atexit
from pathlib import Path
from typing import Any

from hydra.core.utils import JobReturn
from hydra.experimental.callback import Callback
from hydra.types import RunMode
from omegaconf import DictConfig

from stratus.sweep.table import finish, write


class SweepTable(Callback):
    """Writes summary.csv after each job of a multirun, so that a killed sweep has it too, and shows it at the end."""

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Arranges for the table at the end: Hydra's own `on_multirun_end` is not called when a job failed."""
        atexit.register(finish, Path(config.hydra.sweep.dir))

    def on_job_end(self, config: DictConfig, job_return: JobReturn, **kwargs: Any) -> None:
        """Called where the job ran, in a launcher's worker too: what is known comes from the jobs' records."""
        if config.hydra.mode == RunMode.MULTIRUN:
            write(Path(config.hydra.sweep.dir))
