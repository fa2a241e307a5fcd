"""What Hydra calls around runs: refuses folders that are not free, and keeps a sweep's table."""

import atexit
import json
import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.utils import JobReturn, JobStatus
from hydra.errors import HydraException
from hydra.experimental.callback import Callback
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import InterpolationResolutionError, OmegaConfBaseException

from stratus import files
from stratus.errors import StratusError, message
from stratus.runs import record, recording, signals
from stratus.settings import mistakes
from stratus.sweep import table, worker
from stratus.sweep.batched.hydra_inside import Failed


class SweepTable(Callback):
    """Writes summary.csv as the jobs of a multirun end, so that a killed sweep has it too, and shows it at the end."""

    begun: ClassVar[Path | None] = None  # the folder of the sweep that this process runs
    run: ClassVar[Path | None] = None  # or of its only run

    def __init__(self) -> None:
        self.next = 0.0

    def on_run_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Takes a run's folder, or ends the run where it is not free, before Hydra writes there."""
        if int(os.environ.get("LOCAL_RANK", "0")) == 0:  # those beside the first share its folder
            HydraConfig.instance().set_config(config)  # the folder's name is made of it; Hydra does the same later
            try:
                SweepTable.run = Path(config.hydra.run.dir)
                recording.keep(SweepTable.run)
            except StratusError as error:
                sys.exit(message(error))
            except OSError as error:
                sys.exit(f"{message(error)}: hydra.run.dir=FOLDER")
            except OmegaConfBaseException as error:
                sys.exit(mistakes.one_line(error, sys.argv[1:]))

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Takes the sweep's folder, and arranges for the table at the end.

        Hydra's own `on_multirun_end` is not called when a job failed, and of what is raised here it lets only
        SystemExit through.
        """
        signals.listen()  # here too: years are read of the table, and other processes may run all jobs
        try:
            refusal = outside(config) or without_jobs(config) or without_judges(config)
        except InterpolationResolutionError as error:  # of what a configuration asks for, such as ${test_years:…}
            refusal = message(_origin(error))
        if refusal:
            sys.exit(refusal)
        with open_dict(config):  # Hydra composes each job with these words
            kept = json.dumps([*unswept(config)], ensure_ascii=False)
            config.hydra.overrides.hydra.append(f"hydra.job.config.override_dirname.exclude_keys={kept}")
        folder = _folder(config)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            files.lock(folder)  # until the process ends
        except BlockingIOError:
            sys.exit(f"{config.hydra.sweep.dir}: another sweep is at work here; choose another hydra.sweep.dir")
        except OSError as error:
            sys.exit(f"{message(error)}: hydra.sweep.dir=FOLDER")
        if record.job_folders(folder):
            sys.exit(f"{config.hydra.sweep.dir} holds a sweep: choose another hydra.sweep.dir, or remove this folder")
        SweepTable.begun = folder
        if "joblib" in config.hydra.launcher._target_:
            with open_dict(config.hydra.launcher):  # joblib's processes begin with it
                follow = {"_target_": "hydra.utils.get_method", "path": f"{worker.__name__}.follow"}
                config.hydra.launcher.update(initializer=follow, initargs=[os.getpid()])
        atexit.register(_finish, folder)

    @classmethod
    def end(cls) -> None:
        """Shows the table of a sweep that does not come to its end, and no other later."""
        atexit.unregister(_finish)
        if cls.begun:
            _finish(cls.begun)

    def on_job_end(self, config: DictConfig, job_return: JobReturn, **kwargs: Any) -> None:
        """Runs where the job ran, which may be a launcher's worker: reads what is known from the jobs' records."""
        if job_return.status == JobStatus.FAILED:
            job_return.__class__ = Failed
        began = time.monotonic()
        if config.hydra.mode == RunMode.MULTIRUN and began >= self.next:
            folder = _folder(config)
            with suppress(OSError):  # there is the next time, and the end
                table.write(folder, record.of_jobs(folder))
            # It reads every job's record, so it waits 50 times as long as it took before it writes again.
            self.next = time.monotonic() + 50 * (time.monotonic() - began)

    def on_multirun_end(self, config: DictConfig, **kwargs: Any) -> None:
        """Shows the table of a sweep that went well; if it cannot be written, the exit code is 1."""
        atexit.unregister(_finish)
        try:
            table.finish(_folder(config))
        except OSError as error:
            sys.exit(f"the sweep's jobs have finished, but not their table: {message(error)}")


def _folder(config: DictConfig) -> Path:
    """The sweep's, wherever this process works now."""
    return Path(config.hydra.runtime.cwd, config.hydra.sweep.dir)


def _origin(error: BaseException) -> BaseException:
    """The error of ours that led to one of OmegaConf's; the latter where none did."""
    found: BaseException | None = error
    while found and not isinstance(found, StratusError):
        found = found.__context__
    return found or error


def _finish(folder: Path) -> None:
    try:
        table.finish(folder)
    except OSError as error:
        print(f"the sweep's table is not complete: {message(error)}", file=sys.stderr)


def outside(config: DictConfig) -> str | None:
    """What is said of jobs that would not lie in the sweep's folder, which its table is read from."""
    plain: Any = OmegaConf.to_container(config.hydra.sweep)
    name = str(plain["subdir"])
    leads_out = name.startswith("/") or ".." in name.split("/")
    return f"hydra.sweep.subdir={name}: expected a folder within the sweep's" if leads_out else None


def without_jobs(config: DictConfig) -> str | None:
    """What in a sweep's configuration leaves it without jobs, if anything does."""
    sweeper = config.hydra.sweeper
    for name in ("n_trials", "n_jobs", "max_batch_size"):
        if isinstance(count := sweeper.get(name), int) and count < 1:
            return f"hydra.sweeper.{name}={count}: expected a whole number from 1"
    words = [f"{name}={value}" for name, value in (sweeper.get("params") or {}).items()]
    if "n_trials" in sweeper and not words and len(unswept(config)) == len(config.hydra.overrides.task):
        return "a search over no values: take sweep=optuna, or name an interval, as 'optimizer.lr=interval(0.001,1)'"
    with suppress(HydraException):  # which the sweeper tells
        overrides = OverridesParser.create().parse_overrides([*words, *config.hydra.overrides.task])
        for override in {one.get_key_element(): one for one in overrides}.values():
            value: Any = override.value()
            if override.is_range_sweep() and (value.stop - value.start) * value.step <= 0:
                return f"{override.input_line}: a sweep over no values"
    return None


def unswept(config: DictConfig) -> dict[str, str]:
    """The overrides of a sweep that all its jobs share, by their names."""
    with suppress(HydraException):
        parsed = OverridesParser.create().parse_overrides(list(config.hydra.overrides.task))
        return {one.get_key_element(): str(one.input_line) for one in parsed if not one.is_sweep_override()}
    return {}


def without_judges(config: DictConfig) -> str | None:
    """What is missing of a sweep over penalties that has no validation days to choose by."""
    if config.hydra.runtime.choices.get("sweep") != "penalty" or config.data.validation_from is not None:
        return None
    return "sweep=penalty chooses by the validation days: set data.validation_from"
