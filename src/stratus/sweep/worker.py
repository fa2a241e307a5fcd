"""Processes that a launcher starts for a sweep's jobs end with the process that runs the sweep, however it ends."""

import os
import signal
import threading
import time

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
