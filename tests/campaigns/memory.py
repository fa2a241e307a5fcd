"""The memory that a run takes at its peak follows data.memory, whatever the number of days."""

import os
import sys
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

from harness import QUIET, Case, command
from harness_stations import SPLITS, by_year

from stratus.data.store.build import build

PROCESS = 0.7  # GiB of the process itself, torch and Lightning in it; 0.6 is promised where little else is installed
STATIONS = 700  # a million days in four years
_KEPT, _ONE = TemporaryDirectory(), Lock()


@cache
def _million() -> Path:
    place = Path(_KEPT.name)
    build(by_year(place / "sources", stations=STATIONS), place / "store")
    return place / "store"


def million_days() -> Path:
    """A store, built once."""
    with _ONE:
        return _million()


def peak(task: str, memory: float, pictures: str, folder: Path) -> None:
    """Fails where a run on a million days takes more than its setting and the process."""
    store = million_days()
    words = [f"task={task}", "data=store", f"data.path={store}", f"data.memory={memory}", *SPLITS, pictures]
    words += ["features=[two_days,harmonics]", "features.lead_days=1", "trainer.max_epochs=1"]
    process = command(*words, folder=folder)
    assert process.stdout
    assert process.stderr
    said = process.stdout.read() + process.stderr.read()  # little enough for a pipe
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, said
    found = used.ru_maxrss / (1 << 30 if sys.platform == "darwin" else 1 << 20)
    assert found < memory + PROCESS, f"{found:.2f} GiB"


def cases(quick: bool) -> Iterator[Case]:
    if quick:  # a million days take minutes
        return
    for task in ("regression", "binary", "multiclass"):
        for memory in (0.05, 0.3, 0.7, 2):
            for pictures in (QUIET, "pictures=all"):
                what = f"{task}, {memory} GiB, {pictures}"
                yield Case(what, partial(peak, task, memory, pictures))
