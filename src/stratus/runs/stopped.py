"""What is said where a signal ends a command: what is kept, and the command that goes on."""

import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from stratus.errors import StratusError, counted, legible
from stratus.runs import record
from stratus.settings import command_line
from stratus.settings.arguments import for_hydra

OF_CONFIGURATION = ("--config-dir", "--config-path", "--config-name")  # flags without which a choice is not found


def say(kept: str, mend: str, words: Sequence[str]) -> None:
    """Two lines on standard error: what is kept, and the command of these words with what it does."""
    print(f"stopped: {legible(kept)}\n{mend}: {legible(shlex.join(words))}", file=sys.stderr)


def typed(arguments: Sequence[str]) -> list[str]:
    """What stands before the arguments on the command line: `python train.py`, or `stratus train`."""
    words = sys.orig_argv[: len(sys.orig_argv) - len(arguments)]
    if len(words) > 1 and os.path.isabs(words[1]) and not words[1].endswith(".py"):  # a command that the shell found
        name = Path(words[1]).name
        return [name if shutil.which(name) == words[1] else words[1], *words[2:]]
    return words


def of_run(folder: Path, arguments: Sequence[str]) -> None:
    """Says what is kept of a run in a folder that was given these arguments."""
    if epochs := _epochs(folder):
        kept = f"{counted(epochs, 'epoch')} {'is' if epochs == 1 else 'are'} kept in {os.path.relpath(folder)}"
        say(kept, "this goes on with it", [*typed(arguments), *to_resume(folder, arguments)])
    else:
        say("no epoch had ended, and nothing is kept", "this begins anew", [*typed(arguments), *arguments])


def of_sweep(folder: Path, arguments: Sequence[str]) -> None:
    """Says what is kept of a sweep in a folder, whose command line had these arguments."""
    jobs = record.of_jobs(folder)
    finished = sum(run.status == "finished" for run in jobs.values())
    kept = f"{counted(finished, 'job')} of the sweep finished, kept in {os.path.relpath(folder)}"
    kept = kept if finished else "no job of the sweep finished"
    broken_off = [name for name, run in jobs.items() if run.status == "interrupted" or run.error == record.KILLED]
    stopped = [folder / name for name in broken_off if _epochs(folder / name)]
    if stopped:
        say(kept, "a sweep does not go on, but a job does", [*typed(arguments), *to_resume(stopped[0], arguments)])
    else:
        free = [one for one in arguments if not (jobs and one.startswith("hydra.sweep.dir="))]
        say(kept, "this begins it anew", [*typed(arguments), *free])


def _epochs(folder: Path) -> int:
    """How many epochs the last checkpoint of a run has been trained; 0 where there is none."""
    file = folder / "checkpoints" / "last.ckpt"
    if not file.exists():
        return 0
    from stratus.training.checkpoints import load  # noqa: PLC0415 - torch, which is there once there is a checkpoint

    return int(load(file).content["epoch"]) + 1


def to_resume(folder: Path, arguments: Sequence[str]) -> list[str]:
    """The arguments that go on with a run: its folder, and of its settings those that no record may decide."""
    flags = [one for one in for_hydra(arguments) if one.startswith(OF_CONFIGURATION)]
    return [*flags, f"resume={os.path.relpath(folder)}", *filter(_untaken, record.read(folder).overrides)]


def _untaken(override: str) -> bool:
    """Whether an override has to be given anew."""
    name = override.partition("=")[0].lstrip("+")
    if name == "resume":
        return False
    try:
        command_line.settings_of([override])
    except StratusError:
        return True
    return name.startswith(command_line.OF_FILES) or name == "data.source"
