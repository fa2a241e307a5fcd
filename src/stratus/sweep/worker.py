"""How a sweep's jobs end: the processes of a launcher with the one that runs the sweep, a job that fails alone."""

import logging
import os
import signal
import threading
import time
from pathlib import Path

from hydra.errors import CompactHydraException

from stratus.errors import StratusError, mendable, message

LOOK = 0.5  # seconds from one look for it to the next
LAST = 3.0  # seconds that a job has to record that it was interrupted


def follow(parent: int) -> None:
    """Has this process end soon after the one of this number, which has started it; it would wait for further jobs."""
    threading.Thread(target=_watch, args=[parent], daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(LAST)
    os._exit(128 + signal.SIGTERM)  # where the signal ended a job alone, or nothing


class JobFailed(CompactHydraException, StratusError):
    """A job of a sweep failed."""


def failed(error: Exception, number: int, folder: Path) -> JobFailed:
    """What Hydra is told of a job that failed, so that the others run; a bug's traceback goes to the job's run.log."""
    if mendable(error):
        return JobFailed(f"job {number}: {message(error)}")
    logging.getLogger("stratus.traceback").error("a job of a sweep failed", exc_info=error)
    log = os.path.relpath(folder / "run.log")
    return JobFailed(f"job {number}: {message(error)}; its traceback is in {log}")
