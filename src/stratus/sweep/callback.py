"""What Hydra calls around runs: refuses folders that are not free, and keeps a sweep's table."""

import atexit
import os
import sys
import time
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.core.utils import JobReturn
from hydra.experimental.callback import Callback
from hydra.types import RunMode
from omegaconf import DictConfig

from stratus import files
from stratus.errors import StratusError, message
from stratus.runs import record
from stratus.sweep import table


class SweepTable(Callback):
    """Writes summary.csv as the jobs of a multirun end, so that a killed sweep has it too, and shows it at the end."""

    def __init__(self) -> None:
        self.next = 0.0

    def on_run_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Ends a run whose folder is not free before Hydra writes there."""
        if int(os.environ.get("LOCAL_RANK", "0")) == 0:  # those beside the first share its folder
            HydraConfig.instance().set_config(config)  # the folder's name is made of it; Hydra does the same later
            try:
                os.close(record.take(Path(config.hydra.run.dir)))
            except (StratusError, OSError) as error:
                sys.exit(message(error))

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Takes the sweep's folder, and arranges for the table at the end.

        Hydra's own `on_multirun_end` is not called when a job failed, and of what is raised here it lets only
        SystemExit through.
        """
        folder = Path(config.hydra.sweep.dir)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            files.lock(folder)  # until the process ends
        except BlockingIOError:
            sys.exit(f"{folder}: another sweep is at work here; choose another hydra.sweep.dir")
        except OSError as error:
            sys.exit(message(error))
        if any(folder.glob(f"*/{record.FILE}")):
            sys.exit(f"{folder} holds a sweep: choose another hydra.sweep.dir, or remove this folder")
        atexit.register(table.finish, folder)

    def on_job_end(self, config: DictConfig, job_return: JobReturn, **kwargs: Any) -> None:
        """Runs where the job ran, which may be a launcher's worker: reads what is known from the jobs' records."""
        began = time.monotonic()
        if config.hydra.mode == RunMode.MULTIRUN and began >= self.next:
            folder = Path(config.hydra.sweep.dir)
            table.write(folder, record.of_jobs(folder))
            # It reads every job's record, so it waits 50 times as long as it took before it writes again.
            self.next = time.monotonic() + 50 * (time.monotonic() - began)
