"""Logging of a sweep: Hydra's own between the jobs, what a job asks for while it runs."""

import logging
import re
from pathlib import Path

from hydra.core.utils import configure_log
from omegaconf import DictConfig

from stratus.sweep.batched.composer import Composed

_FOLDER = re.compile(r"\$\{hydra[:.]runtime\.output_dir\}")
"""The job's own folder, as a configuration names it."""


class Logs:
    """Sets logging up for one job after another, which takes Hydra two milliseconds each time.

    A job that asks for what the one before did gets the same handlers, where nothing but their files depends on the
    job: the files are exchanged for those in its own folder.

    Args:
        config: The sweep's configuration.
    """

    def __init__(self, config: DictConfig) -> None:
        self._config = config
        self._asked, self._folder = "", Path()
        self._files: list[logging.FileHandler] = []

    def of_sweep(self) -> None:
        """Sets it up as between jobs, where Hydra and the launcher speak."""
        configure_log(self._config.hydra.hydra_logging, self._config.hydra.verbose)
        self._asked = ""

    def of_job(self, job: Composed, folder: Path, *, quiet: bool) -> None:
        """Sets it up as a job asks, in its own folder; where it is to be quiet, the terminal shows errors alone."""
        wanted = job.hydra["job_logging"]
        asked = repr((wanted, job.hydra["verbose"], quiet))
        if asked == self._asked:
            for one in self._files:
                one.baseFilename = str(folder / Path(one.baseFilename).relative_to(self._folder))
                if one.stream is not None:
                    one.stream.close()
                one.stream = None if one.delay else one._open()  # as its constructor does
        else:
            configure_log(job.whole.hydra.job_logging, job.whole.hydra.verbose)
            names = ("", *(wanted.get("loggers") or ()))
            handlers = dict.fromkeys(one for name in names for one in logging.getLogger(name).handlers)
            files = [one for one in handlers if isinstance(one, logging.FileHandler)]
            self._files = [one for one in files if Path(one.baseFilename).is_relative_to(folder)]
            for other in handlers if quiet else ():
                if other not in files:
                    other.setLevel(logging.ERROR)
            named = [str(one.get("filename", "")) for one in (wanted.get("handlers") or {}).values()]
            in_files = sum(len(_FOLDER.findall(name)) for name in named)
            again = asked.count("${") == in_files == len(self._files)
            self._asked = asked if again else ""
        self._folder = folder
