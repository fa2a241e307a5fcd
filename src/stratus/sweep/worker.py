"""Processes that a launcher starts for a sweep's jobs end with the process that runs the sweep, however it ends."""

import multiprocessing
import os
import signal
import threading
import time
from functools import cache

PARENT = "STRATUS_SWEEP"  # the environment variable with the number of the process that runs the sweep
LOOK = 0.5  # seconds from one look for it to the next
LAST = 3.0  # seconds that a job has to record that it was interrupted


def lead() -> None:
    """Has the processes that this one starts from now on follow it."""
    os.environ[PARENT] = str(os.getpid())


@cache
def follow() -> None:
    """Has this process end soon after the one that started it for a sweep: it would wait for further jobs."""
    if multiprocessing.current_process().name != "MainProcess" and (parent := os.environ.get(PARENT)):
        threading.Thread(target=_watch, args=[int(parent)], daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(LAST)
    os._exit(128 + signal.SIGTERM)  # where the signal ended a job alone, or nothing
