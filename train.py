"""The door: composes the configuration, hands over, returns the sweep's objective.

python train.py task=multiclass
python train.py -m task=binary optimizer.lr=0.01,0.1,1 seed=0,1,2
"""

import gc

if __name__ == "__main__":
    gc.disable()  # imports allocate much and free nothing: looking for garbage would take a fifth of their time

import os
import signal
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import CompactHydraException, HydraException
from hydra.types import RunMode
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException

from stratus import lecture
from stratus.errors import ConfigurationError, StratusError, legible
from stratus.settings import command_line, compose
from stratus.settings.experiment import Config

if TYPE_CHECKING:
    from stratus.runs.record import RunRecord

compose.register()


@hydra.main(version_base=None, config_path="conf", config_name="config")
def train(composed: DictConfig) -> float:
    """One job: the loss of its kept weights on the validation days, which a sweep minimises."""
    from stratus.runs import record  # noqa: PLC0415 - not for --help

    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, stop)  # here, for a launcher's worker to have them too
    job = HydraConfig.get()
    # Processes that Lightning starts beside the first train with it and record nothing.
    first = int(os.environ.get("LOCAL_RANK", "0")) == 0
    folder = Path(job.runtime.output_dir)
    facts = {"task": job.runtime.choices["task"], "overrides": list(job.overrides.task), "seed": composed.seed}
    try:
        recorded: AbstractContextManager[RunRecord] = (
            record.recorded(folder, **facts) if first else nullcontext(record.RunRecord(**facts))
        )
        with recorded as entries:
            settings = compose.check(composed)
            if job.mode == RunMode.MULTIRUN and not settings.trainer.single:
                raise ConfigurationError(
                    "several devices, as trainer=ddp has, start further processes, each of which would run the "
                    "whole sweep again: run such jobs one by one, or sweep with trainer=cpu or trainer=gpu"
                )
            objective = run(settings, folder, entries, in_sweep=job.mode == RunMode.MULTIRUN)
    except StratusError as error:
        if job.mode == RunMode.RUN:
            sys.exit(legible(str(error)))
        # Hydra lets the other jobs of a sweep run.
        raise CompactHydraException(str(error)) from None
    if first and job.mode == RunMode.RUN:
        from stratus.runs import report  # noqa: PLC0415

        report.show_run(entries, Path(os.path.relpath(folder)))
    return objective


def run(settings: Config, folder: Path, entries: "RunRecord", *, in_sweep: bool = False) -> float:
    """Reads the table, makes the samples, and only then imports what trains: bad data are told within a second."""
    lesson = lecture.find(settings.lesson) if settings.lesson else None
    loaded, data = settings.data.load(), settings.data
    entries.data = loaded.provenance
    days = loaded.observations.split(
        settings.recipe, data.borders, standardise=settings.features.standardise, resample=data.resample
    )
    from stratus.runs import experiment  # noqa: PLC0415

    if not gc.isenabled():  # the first job
        gc.freeze()  # what is imported stays: no later collection looks through it, the one at exit included
        gc.enable()
    return experiment.run(
        settings, loaded.observations, days, folder=folder, record=entries, lesson=lesson, in_sweep=in_sweep
    )


def stop(signum: int, frame: FrameType | None) -> None:
    """Ctrl-C and termination end the run in order: recorded as interrupted, with the shell's exit code."""
    raise SystemExit(128 + signum)


def main() -> None:
    """The command line; what a user can mend is one line, with exit code 1."""
    asked_for_tracebacks = "HYDRA_FULL_ERROR" in os.environ
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra hands its errors over instead of printing several lines
    arguments = sys.argv[1:]
    try:
        if earlier := command_line.resumed_run(arguments):
            from stratus.runs import received  # noqa: PLC0415 - not for --help

            arguments = received.resumed(earlier, arguments)
        command_line.check_extras(arguments)
        sys.argv[1:] = command_line.with_globs(arguments)
        train()
    except (StratusError, HydraException, OmegaConfBaseException, AssertionError) as error:
        line = command_line.one_line(error, sys.argv[1:])
        if line is None or asked_for_tracebacks:
            raise
        sys.exit(legible(line))


if __name__ == "__main__":
    main()
