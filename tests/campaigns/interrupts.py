"""Runs that get signals, one or two, at random and at chosen moments, and whose terminal is closed.

However it ends: the record says how, the exit code says the same, what was trained is kept, and there is no traceback.
"""

import os
import random
import signal
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import harness_forks as forks
from harness import Case, Ended
from harness_forks import trap
from harness_runs import MOMENTS, SETTINGS, goes_on, record, same, straight, whole
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from stratus.training.checkpoints import load

CODES = {"SIGINT": 130, "SIGTERM": 143, "SIGHUP": 129, "SIGQUIT": 131}
NAMES = [*CODES]
EDGES = {  # moments at which a signal could slip past the record's guard
    "as its body begins": ("contextlib.py", "_GeneratorContextManager.__enter__(recorded)", 0, "return"),
    "as its body ends": ("contextlib.py", "_GeneratorContextManager.__exit__(recorded)", 0, "call"),
    "as the guard begins": ("recording.py", "recorded", 0, "call"),
    "as the guard goes on": ("recording.py", "recorded", 1, "call"),
    "as the guard ends": ("recording.py", "_write_end", 0, "call"),
    "as the record's end is written": ("files.py", "replace", 5, "call"),
    "once all is recorded": ("recording.py", "recorded", 1, "return"),
    "at the very end": ("terminal.py", "say_what_was_lost", 0, "call"),
    "in an import": ("<frozen importlib._bootstrap>", "_find_and_load", 40, "call"),
}


def consistent(ended: Ended, run: Path, name: str, *signals: str) -> None:
    """Fails unless exit code, record and signals agree with each other, and nothing that was made is lost."""
    ended.without_traceback()
    assert "Exception ignored" not in ended.err, ended.err
    if not (run / "run.json").exists():
        before = [-getattr(signal, one) for one in signals]
        assert ended.code in [CODES[one] for one in signals] + before, ended
        return
    entries = record(run)
    if entries["status"] == "finished":
        assert ended.code == 0, ended
        same(run, straight(name))
        return
    assert ended.code in [CODES[one] for one in signals], ended
    assert entries["status"] == "interrupted", entries["status"]
    assert entries["error"] in ("stopped", f"stopped with exit code {ended.code}"), entries["error"]
    whole(run, straight(name))
    if events := next(run.glob("events.*"), None):
        curves = EventAccumulator(str(events)).Reload()
        shown = len(curves.Scalars("train/loss")) if "train/loss" in curves.Tags()["scalars"] else 0
        last = run / "checkpoints/last.ckpt"
        kept = load(last).content["epoch"] + 1 if last.exists() else 0
        assert kept >= shown - 1, f"{shown} epochs are in the curves, {kept} in the checkpoint"


def at_random(name: str, signals: tuple[str, ...], seed: int, folder: Path) -> None:
    """One signal or two at a random moment; some runs are resumed."""
    draw = random.Random(seed)
    straight(name)
    run = forks.start(*SETTINGS[name], "hydra.run.dir=run", folder=folder)
    if draw.random() < 0.8:
        run.wait_for(folder, "run/run.json")
    time.sleep(draw.uniform(0, 1.0))
    for one in signals:
        run.send(one)
        time.sleep(draw.uniform(0, 0.05))
    ended = run.ended(30)
    consistent(ended, folder / "run", name, *signals)
    if seed % 4 == 0 and ended.code != 0:
        goes_on(folder / "run", name, "resumed")


def at_moment(name: str, moment: tuple[str, str, int, str], signals: tuple[str, ...], folder: Path) -> None:
    """At a chosen moment."""
    straight(name)
    where = trap(moment, *signals)
    ended = forks.run(*SETTINGS[name], "hydra.run.dir=run", folder=folder, trap=where)
    assert (folder / forks.SPRUNG).exists(), f"no signal was sent: {ended}"
    consistent(ended, folder / "run", name, *signals)


def closed_terminal(name: str, seed: int, folder: Path) -> None:
    """The terminal of a run is closed: it hangs up, and what the run still says has no place."""
    draw = random.Random(seed)
    straight(name)
    far, near = forks.terminal()
    run = forks.start(*SETTINGS[name], "hydra.run.dir=run", folder=folder, tty=near)
    while not run.over.is_set() and os.readlink(f"/proc/{run.pid}/fd/0") != near:
        time.sleep(0.002)
    if seed % 4:
        run.wait_for(folder, "run/run.json")
    until = time.monotonic() + draw.uniform(0, 0.8)
    os.set_blocking(far, False)
    while time.monotonic() < until:
        try:
            os.read(far, 65536)
        except BlockingIOError:
            time.sleep(0.005)
        except OSError:
            break
    os.close(far)
    consistent(run.ended(30), folder / "run", name, "SIGHUP")


def ignored(folder: Path) -> None:
    """A run that `nohup` started outlives its terminal."""
    ended = forks.run(
        *SETTINGS["adam"],
        "hydra.run.dir=run",
        folder=folder,
        nohup=True,
        trap=trap(MOMENTS["once it is trained"], "SIGHUP"),
    )
    assert ended.code == 0, ended
    same(folder / "run", straight("adam"))


def cases(quick: bool) -> Iterator[Case]:
    """The signals that are sent."""
    if quick:
        for key, one in (("as its body ends", "SIGHUP"), ("once all is recorded", "SIGINT")):
            yield Case(f"{one} {key}", partial(at_moment, "impatient", EDGES[key], (one,)))
        return
    for at, (key, moment) in enumerate((EDGES | MOMENTS).items()):
        for one in NAMES if key in EDGES else (NAMES[at % 4],):
            yield Case(f"{one} {key}", partial(at_moment, "validated", moment, (one,)))
        yield Case(f"twice {key}", partial(at_moment, "impatient", moment, ("SIGINT", "SIGTERM")), tried=2)
    for seed in range(72):
        name, one = [*SETTINGS][seed % 5], NAMES[seed % 4]
        yield Case(f"{one}, {name} ({seed})", partial(at_random, name, (one,), seed))
    for seed in range(100, 124):
        name, two = [*SETTINGS][seed % 5], (NAMES[seed % 4], NAMES[seed % 3])
        yield Case(f"{' and '.join(two)}, {name} ({seed})", partial(at_random, name, two, seed), tried=2)
    for seed in range(24):
        name = [*SETTINGS][seed % 5]
        yield Case(f"a closed terminal, {name} ({seed})", partial(closed_terminal, name, seed))
    yield Case("nohup", ignored)
