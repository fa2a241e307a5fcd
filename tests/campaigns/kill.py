"""Runs that are killed at random and at chosen moments: no file is broken, and `resume=` gives the same bits."""

import random
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import harness_forks as forks
from harness import Case
from harness_forks import trap
from harness_runs import MOMENTS, SETTINGS, goes_on, record, same, straight, whole
from PIL import Image

DRAWN = {
    "as it is drawn": ("experiment.py", "_show", 0, "call"),
    "between two pictures": ("canvas.py", "png", 1, "return"),
    "as a picture is written": ("files.py", "replacing", 8, "call"),
}
WALKED = {
    "as a picture is copied": ("walk.py", "_copy", 0, "call"),
    "between picture and page": ("walk.py", "_copy", 0, "return"),
    "before the page": ("files.py", "replace", 0, "call"),
    "after the page": ("files.py", "replace", 0, "return"),
}


def _check(name: str, folder: Path) -> None:
    whole(folder / "run", straight(name))
    if (folder / "run/run.json").exists() and record(folder / "run")["status"] == "finished":
        same(folder / "run", straight(name))
    else:
        goes_on(folder / "run", name, "resumed")


def at_random(name: str, seed: int, folder: Path) -> None:
    """Killed at a random moment; if its successor is killed too, that one's successor finishes."""
    draw = random.Random(seed)
    straight(name)
    run = forks.start(*SETTINGS[name], "hydra.run.dir=run", folder=folder)
    if draw.random() < 0.8:
        run.wait_for(folder, "run/run.json")
    time.sleep(draw.uniform(0, 1.2))
    run.send("SIGKILL")
    assert run.ended().code in (0, -9)
    _check(name, folder)


def twice(name: str, seed: int, folder: Path) -> None:
    """Killed as it was trained; the run that goes on is killed as it is scored."""
    straight(name)
    later = trap(("checkpoints.py", "PacedCheckpointIO.save_checkpoint", 2 + seed // 4, "call"), "SIGKILL")
    ended = forks.run(*SETTINGS[name], "hydra.run.dir=first", folder=folder, trap=later)
    assert ended.code == -9, f"it was not killed: {ended}"
    where = trap(MOMENTS[list(MOMENTS)[8 + seed % 6]], "SIGKILL")
    ended = forks.run(f"resume={folder / 'first'}", "hydra.run.dir=run", folder=folder, trap=where)
    assert ended.code == -9, ended.err
    goes_on(folder / "run", name, "resumed")


def at_moment(name: str, moment: tuple[str, str, int, str], folder: Path) -> None:
    """Killed at a chosen moment."""
    straight(name)
    ended = forks.run(*SETTINGS[name], "hydra.run.dir=run", folder=folder, trap=trap(moment, "SIGKILL"))
    assert ended.code == -9, f"it was not killed: {ended}"
    _check(name, folder)


LESSON = "experiment=lecture/temperature_line"


def lesson(moment: tuple[str, str, int, str], folder: Path) -> None:
    """A lesson that is killed as it is drawn ends as it would have: card, numbers and pictures."""
    short = (LESSON, "trainer.max_epochs=3")
    ended = forks.run(*short, "hydra.run.dir=run", folder=folder, trap=trap(moment, "SIGKILL"))
    assert ended.code == -9, f"it was not killed: {ended}"
    resumed = forks.run(f"resume={folder / 'run'}", "hydra.run.dir=resumed", folder=folder)
    assert resumed.code == 0, resumed.err
    assert forks.run(*short, "hydra.run.dir=straight", folder=folder).code == 0
    same(folder / "resumed", folder / "straight")
    assert record(folder / "resumed")["lesson"] == record(folder / "straight")["lesson"]
    assert (folder / "resumed/card.md").read_bytes() == (folder / "straight/card.md").read_bytes()
    for file in (folder / "straight/pictures").iterdir():
        assert (folder / "resumed/pictures" / file.name).read_bytes() == file.read_bytes(), file.name


def walk(folder: Path) -> None:
    """A walk that is killed leaves the page and the pictures before it, each whole; the next one writes all."""
    assert forks.run(LESSON, "trainer.max_epochs=3", "hydra.run.dir=run", folder=folder).code == 0
    words = ("stratus", "lecture", "run", "--to", "walk")
    assert forks.run(*words, folder=folder).code == 0
    page = (folder / "walk/lecture.md").read_bytes()
    pictures = {file.name: file.read_bytes() for file in (folder / "walk/lecture").iterdir()}
    for moment in WALKED.values():
        ended = forks.run(*words, folder=folder, trap=trap(moment, "SIGKILL"))
        assert ended.code == -9, f"it was not killed: {ended}"
        assert (folder / "walk/lecture.md").read_bytes() == page
        for name in pictures:
            with Image.open(folder / "walk/lecture" / name) as picture:
                picture.load()
    assert forks.run(*words, folder=folder).code == 0
    found = {file.name: file.read_bytes() for file in (folder / "walk/lecture").iterdir() if file.name[0] != "."}
    assert found == pictures


def cases(quick: bool) -> Iterator[Case]:
    """The moments that are tried."""
    chosen = {key: MOMENTS[key] for key in ("as it is scored",)} if quick else MOMENTS
    for name in ("impatient",) if quick else [*SETTINGS][:4]:
        for key, moment in chosen.items():
            if (name, key) != ("without validation", "between the first two checkpoints"):
                yield Case(f"{name}, {key}", partial(at_moment, name, moment))
    if quick:
        return
    for key, moment in DRAWN.items():
        yield Case(f"drawn, {key}", partial(at_moment, "drawn", moment))
        yield Case(f"a lesson, {key}", partial(lesson, moment))
    for seed in range(40):
        name = [*SETTINGS][seed % 5]
        yield Case(f"{name}, at a random moment ({seed})", partial(at_random, name, seed))
    for seed in range(12):
        name = [*SETTINGS][seed % 4]
        yield Case(f"{name}, twice ({seed})", partial(twice, name, seed), tried=2)
    yield Case("a walk", walk, tried=len(WALKED))
