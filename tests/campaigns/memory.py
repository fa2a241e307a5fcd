"""The memory that a run takes at its peak follows data.memory, whatever the number of days."""

import subprocess
import sys
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

from harness import LIMIT, QUIET, ROOT, Case, environment
from harness_stations import SPLITS, by_year

from stratus.data.store.build import build

PROCESS = 0.7  # GiB of the process itself, torch and Lightning in it; 0.6 is promised where little else is installed
STATIONS = 700  # a million days in four years
# Started by a small process: the peak of what a process starts is at least its own memory.
MEASURED = """
import resource, subprocess, sys
code = subprocess.call([sys.executable, *sys.argv[1:]])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(code)
"""
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
    process = [sys.executable, "-c", MEASURED, str(ROOT / "train.py"), *words]
    done = subprocess.run(
        process, cwd=folder, env=environment(), capture_output=True, text=True, timeout=5 * LIMIT, check=False
    )
    assert done.returncode == 0, done.stderr
    found = int(done.stderr.splitlines()[-1]) / (1 << 30 if sys.platform == "darwin" else 1 << 20)
    assert found < memory + PROCESS, f"{found:.2f} GiB"


def cases(quick: bool) -> Iterator[Case]:
    if quick:  # a million days take minutes
        return
    for task in ("regression", "binary", "multiclass"):
        for memory in (0.05, 0.3, 0.7, 2):
            for pictures in (QUIET, "pictures=all"):
                what = f"{task}, {memory} GiB, {pictures}"
                yield Case(what, partial(peak, task, memory, pictures))
