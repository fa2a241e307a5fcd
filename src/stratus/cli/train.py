"""The command `train`: composes the configuration, hands over, returns the sweep's objective."""

import gc
import logging
import os
import signal
import sys
import time
from collections.abc import Collection
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from stratus import lecture
from stratus.errors import ConfigurationError, StratusError, legible, mendable, message
from stratus.runs import signals, terminal
from stratus.settings import beforehand, command_line, compose, mistakes
from stratus.settings.arguments import for_hydra
from stratus.settings.devices import require_accelerator
from stratus.settings.experiment import PROJECT, Config
from stratus.sweep import worker

if TYPE_CHECKING:
    from stratus.runs.record import RunRecord

compose.register()


@hydra.main(version_base=None, config_path=str(PROJECT / "conf"), config_name="config")
def train(composed: DictConfig) -> float:
    """One job: the loss of its kept weights on the validation days, which a sweep minimises."""
    from stratus.runs import record, recording  # noqa: PLC0415 - not for --help

    signals.listen()  # here, for a launcher's worker to hear them too
    job = HydraConfig.get()
    # Processes that Lightning starts beside the first train with it and record nothing.
    first = int(os.environ.get("LOCAL_RANK", "0")) == 0
    if not first:
        beside_the_first()
    folder = Path(job.runtime.output_dir)
    try:
        facts = {"task": job.runtime.choices["task"], "overrides": list(job.overrides.task), "seed": composed.seed}
        recorded: AbstractContextManager[RunRecord] = (
            recording.recorded(folder, **facts) if first else nullcontext(record.RunRecord(**facts))
        )
        with recorded as entries:
            settings = compose.check(composed)
            if job.mode == RunMode.MULTIRUN and not settings.trainer.single:
                raise ConfigurationError(beforehand.SEVERAL_DEVICES)
            objective = run(settings, folder, entries, swept=compose.swept(job))
    except Exception as error:
        if not first:
            time.sleep(2 * worker.LAST)  # where the first has ended, so does this one meanwhile, silently
        if isinstance(error, OmegaConfBaseException):  # Hydra would say more than one line
            error = ConfigurationError(mistakes.one_line(error, sys.argv[1:]) or message(error))
        if job.mode == RunMode.RUN:
            if mendable(error):
                sys.exit(message(error))
            raise
        raise worker.failed(error, int(job.job.num), folder) from None
    if first and job.mode == RunMode.RUN:
        from stratus.runs import report  # noqa: PLC0415

        report.show_run(entries, Path(os.path.relpath(folder, job.runtime.cwd)))  # hydra.job.chdir may be set
    return objective


def beside_the_first() -> None:
    """Has this process be silent, and end at Ctrl-C with the first alone: Lightning kills that one if another ends."""
    logging.disable(logging.INFO)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    worker.follow(os.getppid())


def run(settings: Config, folder: Path, entries: "RunRecord", *, swept: Collection[str] | None = None) -> float:
    """Reads the table, makes the samples, and only then imports what trains: bad data are told within a second."""
    require_accelerator(settings.trainer.accelerator)
    lesson = lecture.find(settings)
    loaded, data = settings.data.load(), settings.data
    entries.data = loaded.provenance
    days = loaded.observations.split(
        settings.recipe, data.borders, standardise=settings.features.standardise, resample=data.resample
    )
    lecture.check_days(settings, days, loaded.observations)
    from stratus.runs import experiment  # noqa: PLC0415

    if not gc.isenabled():  # the first job
        gc.freeze()  # as in `cli.main`
        gc.enable()
    return experiment.run(
        settings, loaded.observations, days, folder=folder, record=entries, lesson=lesson, swept=swept
    )


def beside_jobs(error: Exception) -> str | None:
    """What is said of an error of the system's, or of one that ended a sweep early; None of any other."""
    from stratus.runs.record import of_jobs  # noqa: PLC0415 - not where all goes well
    from stratus.sweep.callback import SweepTable  # noqa: PLC0415

    if isinstance(error, OSError):
        with suppress(OmegaConfBaseException, ValueError):  # that of a file which Hydra writes has no name
            error.filename = error.filename or SweepTable.begun or HydraConfig.get().run.dir
        return message(error)
    if not SweepTable.begun:
        return None
    jobs = of_jobs(SweepTable.begun).values()
    if jobs and all(one.status in ("failed", "diverged") for one in jobs):
        return "the sweep found nothing, since none of its jobs finished; each says why"
    return f"the sweep ended early: {' '.join(message(error).split())}"


def say_what_is_kept(arguments: list[str]) -> None:
    """Says it of the run or the sweep that a signal has ended, after a sweep's table."""
    from stratus.runs import stopped  # noqa: PLC0415 - not where all goes well
    from stratus.sweep.callback import SweepTable  # noqa: PLC0415

    if sweep := SweepTable.begun:
        SweepTable.end()
        stopped.of_sweep(sweep, arguments)
    elif run := SweepTable.run:
        stopped.of_run(run, arguments)


def main(arguments: list[str]) -> None:
    """The command line; what a user can mend is one line, with exit code 1."""
    asked_for_tracebacks = "HYDRA_FULL_ERROR" in os.environ
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")  # several devices warn of each other's end
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra hands its errors over instead of printing several lines
    terminal.protect()
    given = arguments
    try:
        arguments = for_hydra(arguments)
        if earlier := command_line.resumed_run(arguments):
            from stratus.runs import received  # noqa: PLC0415 - not for --help

            arguments = received.resumed(earlier, arguments)
        command_line.check_extras(arguments)
        beforehand.check(arguments)
        # Hydra reads it here, and processes that Lightning starts beside this one are given it.
        sys.argv = [str(PROJECT / "train.py"), *command_line.with_globs(arguments)]
        train()
    except Exception as error:
        mistaken = isinstance(error, HydraException | OmegaConfBaseException | AssertionError | ValueError | YAMLError)
        line = message(error) if isinstance(error, StratusError) else None
        line = line or (mistakes.one_line(error, arguments) if mistaken else None)
        if asked_for_tracebacks or not (line := line or beside_jobs(error)):
            raise
        sys.exit(legible(line))
    except SystemExit:
        if signals.state.raised:
            signals.ignore()
            say_what_is_kept(given)
        raise
    finally:
        signals.ignore()
        terminal.say_what_was_lost()
