"""The command `stratus`: trains, and does what can be done beside training."""

import gc
import os
import signal
import sys
from types import FrameType


def main(arguments: list[str] | None = None) -> int:
    """Runs the command line; returns the exit code: 1 for an error, whose message is one line, 130 after Ctrl-C."""
    try:
        return _run(sys.argv[1:] if arguments is None else arguments, arguments)
    except ModuleNotFoundError as error:  # in an environment that is not Stratus's
        if str(error.name).startswith("stratus"):
            raise
        mend = "activate the environment that Stratus is installed in, or install it there: pip install -e ."
        sys.exit(f"{error.name} is not installed for {sys.executable}: {mend}")


def _run(words: list[str], arguments: list[str] | None) -> int:
    train_it = words[:1] == ["train"]
    if train_it or arguments is None:
        signal.signal(signal.SIGINT, _end)  # until there is anything to end in order
    gc.disable()  # imports allocate much and free nothing: looking for garbage would take a fifth of their time
    if train_it:
        from stratus.cli import train  # noqa: PLC0415 - Hydra is for this command, polars for the others

        _keep()
        train.main(words[1:])  # which looks for garbage again once torch is imported
        return 0
    from stratus.cli import commands  # noqa: PLC0415

    _keep()
    gc.enable()
    return commands.main(arguments)


def _keep() -> None:
    """What is imported stays: no later collection looks through it, the one at exit included."""
    if not gc.get_freeze_count():  # the first command of this process
        gc.freeze()


def _end(signum: int, frame: FrameType | None) -> None:
    """Ends the process at once, as the signal does by itself: polars, once it is imported, would keep that from it."""
    signal.signal(signum, signal.SIG_DFL)
    os.kill(os.getpid(), signum)
