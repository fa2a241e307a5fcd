"""Logging of a sweep: Hydra's own between the jobs, what a job asks for while it runs."""

import logging
import re
from pathlib import Path

from hydra.core.utils import configure_log
from omegaconf import DictConfig

from stratus.sweep.composer import Composed

_FOLDER = re.compile(r"\$\{hydra[:.]runtime\.output_dir\}")


class Logs:
    """Sets logging up for one job after another, which takes Hydra two milliseconds each time.

    A job that asks for what the one before did, but for its folder, gets the same handlers: their files are exchanged.

    Args:
        config: The sweep's configuration.
    """

    def __init__(self, config: DictConfig) -> None:
        self.config = config
        self._asked, self._folder = "", Path()
        self._files: list[logging.FileHandler] = []

    def of_sweep(self) -> None:
        """As between jobs."""
        configure_log(self.config.hydra.hydra_logging, self.config.hydra.verbose)
        self._asked = ""

    def of_job(self, job: Composed, folder: Path, *, quiet: bool) -> None:
        """As a job asks for it, in its own folder; where it is to be quiet, on the terminal errors alone."""
        wanted = job.hydra["job_logging"]
        asked = repr((wanted, job.hydra["verbose"], quiet))
        if asked == self._asked and "${" not in _FOLDER.sub("", asked):
            for one in self._files:
                one.baseFilename = str(folder / Path(one.baseFilename).relative_to(self._folder))
                if one.stream is not None:
                    one.stream.close()
                one.stream = None if one.delay else one._open()
        else:
            configure_log(job.whole.hydra.job_logging, job.whole.hydra.verbose)
            handlers = [one for name in ("", *wanted.get("loggers", ())) for one in logging.getLogger(name).handlers]
            files = [one for one in handlers if isinstance(one, logging.FileHandler)]
            self._files = [one for one in files if Path(one.baseFilename).is_relative_to(folder)]
            for other in handlers if quiet else ():
                if other not in files:
                    other.setLevel(logging.ERROR)
        self._asked, self._folder = asked, folder
