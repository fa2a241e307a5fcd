"""Stores and samples on disk: killed builds, full disks, missing, damaged and foreign files, malformed descriptions."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from harness import QUIET, ROOT, STRATUS, Case, Ended, command, ended, environment, run
from harness_stations import SPLITS, by_year
from polars.testing import assert_frame_equal

from stratus.data.recipe import Borders, Recipe
from stratus.data.samples import COLUMNS
from stratus.data.splits import Splits
from stratus.data.store.build import build
from stratus.data.store.check import check
from stratus.data.store.read import open_store
from stratus.errors import DataError

RECIPE = Recipe("rain", {"two_days": {}}, 1)
BORDERS = Borders(train_from=date(2009, 1, 3), validation_from=date(2010, 1, 1), test_from=date(2010, 7, 1))
# Dies at the so many-th change or opening of a file in a folder, as after a kill -9 just there.
DYING = """
import itertools, os, sys
from pathlib import Path
folder, last, work = sys.argv[1], int(sys.argv[2]), sys.argv[3]
events = itertools.count(1)
def die(event, given):
    if event in ("open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "shutil.rmtree"):
        if any(isinstance(one, (str, Path)) and str(one).startswith(folder) for one in given) and next(events) == last:
            os._exit(137)
from stratus.data.store.build import build
from stratus.data.store.read import open_store
from stores import BORDERS, RECIPE
sys.addaudithook(die)
if work == "build":
    build(sys.argv[4:], Path(folder))
else:
    open_store(Path(folder), memory=0.0005).split(RECIPE, BORDERS)
print(next(events))
"""


def files(store: Path) -> dict[str, bytes]:
    """All of a store's files that a build leaves, but for its lock."""
    every = (path for path in store.rglob("*") if path.is_file() and path.name != ".lock")
    return {str(path.relative_to(store)): path.read_bytes() for path in every}


def same(store: Path, undisturbed: Path) -> None:
    """Fails unless a store has the files of one that was built undisturbed, to the bit."""
    one, other = files(store), files(undisturbed)
    assert one.keys() == other.keys(), f"files differ: {sorted(one.keys() ^ other.keys())}"
    different = [name for name in one if one[name] != other[name]]
    assert not different, f"{different} differ"


def dying(folder: Path, last: int, work: str, *sources: Path) -> int:
    """Builds a store in a folder, or makes samples of it, in a process that dies at an event; see `DYING`.

    At event 0 it does not die. Returns how many events there were.
    """
    path = os.pathsep.join([environment()["PYTHONPATH"], str(Path(__file__).parent)])
    words = [sys.executable, "-c", DYING, str(folder), str(last), work, *map(str, sources)]
    done = subprocess.run(words, env=environment(PYTHONPATH=path), capture_output=True, text=True, check=False)
    assert done.returncode == (137 if last else 0), f"exit code {done.returncode}: {done.stderr}"
    return last or int(done.stdout) - 1


def killed_build(seed: int, folder: Path) -> None:
    """A build that dies at an event, is begun again and dies again, and is then done: as if undisturbed."""
    sources, chance = by_year(folder / "sources", (2009, 2010)), random.Random(seed)
    left = dying(folder / "undisturbed", 0, "build", *sources)
    for _ in range(2):
        left -= dying(folder / "store", chance.randint(1, max(1, left)), "build", *sources)
    build(sources, folder / "store")
    check(folder / "store")
    same(folder / "store", folder / "undisturbed")


def killed_addition(seed: int, folder: Path) -> None:
    """Adding years that dies at an event leaves the store with its years or with all, and is taken up again."""
    sources, chance = by_year(folder / "sources", (2009, 2010)), random.Random(seed)
    for name in ("store", "undisturbed"):
        build(sources[:1], folder / name)
    days = open_store(folder / "store").table()
    events = dying(folder / "undisturbed", 0, "build", *sources)
    dying(folder / "store", chance.randint(1, events), "build", *sources)
    found = open_store(folder / "store").table()
    assert_frame_equal(found.filter(pl.col("date").dt.year() == 2009), days)
    assert found["date"].dt.year().unique().to_list() in ([2009], [2009, 2010])
    build(sources, folder / "store")
    check(folder / "store")
    same(folder / "store", folder / "undisturbed")


def killed_anywhere(seed: int, folder: Path) -> None:
    """The command is killed at a random moment."""
    sources, chance = by_year(folder / "sources"), random.Random(seed)
    build(sources, folder / "undisturbed")
    words = ("stratus", "store", "build", *map(str, sources), "--to", str(folder / "store"))
    process = command(*words, folder=folder)
    time.sleep(chance.uniform(0.3, 3))
    os.killpg(process.pid, signal.SIGKILL)
    ended(process)
    assert run(*words, folder=folder).code == 0
    same(folder / "store", folder / "undisturbed")


def killed_samples(seed: int, folder: Path) -> None:
    """Samples whose making dies at an event are made again, as if undisturbed."""
    store, chance = folder / "store", random.Random(seed)
    build(by_year(folder / "sources", (2009, 2010)), store)
    copy = shutil.copytree(store, folder / "copy")
    dying(store, chance.randint(1, dying(copy, 0, "samples")), "samples")
    whole = arrays(open_store(copy, memory=0.0005).split(RECIPE, BORDERS))
    alike(open_store(store, memory=0.0005).split(RECIPE, BORDERS), whole)


def arrays(splits: Splits) -> list[Any]:
    """The samples' arrays, read."""
    return [getattr(samples, column)[:] for samples in splits.named.values() for column in COLUMNS]


def alike(splits: Splits, expected: list[Any]) -> None:
    """Fails unless splits have these arrays."""
    assert all(np.array_equal(one, other, equal_nan=True) for one, other in zip(arrays(splits), expected, strict=True))


def two_builds(folder: Path) -> None:
    """Two builds into one folder at once: one waits, and both end well."""
    sources = by_year(folder / "sources")
    build(sources, folder / "undisturbed")
    words = ("stratus", "store", "build", *map(str, sources), "--to", str(folder / "store"))
    for end in [ended(one) for one in [command(*words, folder=folder), command(*words, folder=folder)]]:
        assert end.code == 0, end.err
    same(folder / "store", folder / "undisturbed")


def limited(size: int, *words: str, folder: Path) -> Ended:
    """A command, as in the harness, that may write files of so many bytes at most: its disk is full early."""
    door = f"import runpy, sys; sys.argv[0], sys.path[0] = {str(ROOT / 'train.py')!r}, {str(ROOT)!r}; "
    door += "runpy.run_path(sys.argv[0], run_name='__main__')"
    program, given = (STRATUS, words[1:]) if words[0] == "stratus" else (door, words)
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size})); "
    found = subprocess.run(
        [sys.executable, "-c", limit + program, *given],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    return Ended(found.returncode, found.stdout, found.stderr)


def full_disk(size: int, folder: Path) -> None:
    """No file can grow above a size: one line; with room again building goes on."""
    sources = by_year(folder / "sources")
    build(sources, folder / "undisturbed")
    words = ("stratus", "store", "build", *map(str, sources), "--to", "store")
    limited(size, *words, folder=folder).refused("cannot write the store", "File too large")
    assert run(*words, folder=folder).code == 0
    same(folder / "store", folder / "undisturbed")


def small_disk(kilobytes: int, folder: Path) -> None:
    """A real file system that is full, and then grows."""
    sources = " ".join(map(str, by_year(folder / "sources")))
    build(sources.split(), folder / "undisturbed")
    (folder / "disk").mkdir()
    build_it = f"{sys.executable} -c '{STRATUS}' store build {sources} --to disk/store"
    script = f"""
        mount -t tmpfs -o size={kilobytes}k tmpfs disk || exit 9
        {build_it} > /dev/null 2> full; code=$?
        mount -o remount,size=100m disk; {build_it} || exit 8
        cp -r disk/store store; exit $code"""
    words = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script]
    end = subprocess.run(words, cwd=folder, env=environment(), capture_output=True, text=True, check=False)
    Ended(end.returncode, "", (folder / "full").read_text()).refused("cannot write the store", "No space left")
    same(folder / "store", folder / "undisturbed")


def may_mount() -> bool:
    """Whether this machine lets a user mount a file system of their own."""
    words = ["unshare", "--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return bool(shutil.which("unshare")) and subprocess.run(words, capture_output=True, check=False).returncode == 0


def no_room_for_samples(folder: Path) -> None:
    """Samples that find no room are said in one line, and are made once there is some."""
    build(by_year(folder / "sources", stations=32), folder / "store")
    given = ["task=binary", "data=store", "data.path=store", "data.memory=0.001", "trainer.max_epochs=1", QUIET]
    given += SPLITS
    limited(100_000, *given, folder=folder).refused("cannot keep the samples", "File too large")
    assert run(*given, folder=folder).code == 0


# --- damage


@dataclass(frozen=True)
class Damage:
    """A way to damage a file."""

    name: str
    do: Callable[[Path, random.Random], object]


def flip(path: Path, chance: random.Random) -> None:
    content = bytearray(path.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


def cut(path: Path, chance: random.Random) -> None:
    os.truncate(path, chance.randrange(path.stat().st_size))


def replaced(make: Callable[[Path], object]) -> Callable[[Path, random.Random], None]:
    def damage(path: Path, chance: random.Random) -> None:
        path.unlink()
        make(path)

    return damage


def grown(path: Path) -> None:
    with open(path, "wb") as file:
        file.truncate(1 << 40)


DAMAGES = (
    Damage("a bit flipped", flip),
    Damage("cut off", cut),
    Damage("longer", lambda path, chance: path.write_bytes(path.read_bytes() + b"x")),
    Damage("of noise", lambda path, chance: path.write_bytes(chance.randbytes(path.stat().st_size))),
    Damage("missing", replaced(lambda path: None)),
    Damage("a pipe", replaced(os.mkfifo)),
    Damage("a folder", replaced(Path.mkdir)),
    Damage("a link to nothing", replaced(lambda path: path.symlink_to("nowhere"))),
    Damage("a link to itself", replaced(lambda path: path.symlink_to(path))),
    Damage("a device without end", replaced(lambda path: path.symlink_to("/dev/zero"))),
    Damage("of a terabyte", replaced(grown)),
)


def one_line(error: DataError) -> None:
    assert "\n" not in str(error), f"more than a line: {error}"


def damaged_store(damage: Damage, seeds: range, folder: Path) -> None:
    """A damaged file of a store is noticed by the check, and before what it holds is used."""
    build(by_year(folder / "sources", (2009, 2010)), folder / "store")
    names = sorted(files(folder / "store"))
    for seed in seeds:
        chance, store = random.Random(seed), folder / f"store{seed}"
        shutil.copytree(folder / "store", store)
        name = chance.choice([*names, "store.json", next(one for one in names if one.startswith("index"))])
        before = (store / name).read_bytes()
        damage.do(store / name, chance)
        for look in (check, lambda store: open_store(store).table()):
            try:
                look(store)
            except DataError as error:
                one_line(error)
            else:
                harmless = name == "store.json" and json.loads(before)["index"] == said(store / name).get("index")
                assert harmless, f"{name} {damage.name} (seed {seed}) is not noticed by {look}"
        shutil.rmtree(store)


def said(path: Path) -> dict[str, object]:
    return json.loads(path.read_bytes())


def foreign_part(seed: int, folder: Path) -> None:
    """A part of another store, or of another place in the same one, is noticed."""
    chance = random.Random(seed)
    for name in ("mine", "other"):
        build(by_year(folder / f"sources of {name}", (2009, 2010), seed=seed + (name == "other")), folder / name)
    parts = sorted(path.relative_to(folder / "mine") for path in (folder / "mine").glob("year=*/*"))
    there, here = chance.choice(parts), chance.choice(parts)
    source = folder / "other" / there if chance.random() < 0.5 or there == here else folder / "mine" / there
    content = source.read_bytes()
    (folder / "mine" / here).write_bytes(content)
    for look in (check, lambda store: open_store(store).table()):
        try:
            look(folder / "mine")
        except DataError as error:
            one_line(error)
        else:
            raise AssertionError(f"{source} in the place of {here} is not noticed")


JUNK = (None, True, -1, 0, 1.5, 1e308, 10**40, "", "x" * 10_000, "\ud800", [], {}, [[]], {"": None}, float("nan"))


def mutated(value: object, chance: random.Random) -> object:
    """A JSON value with junk in the place of one that it holds, without it, or with more."""
    if isinstance(value, dict | list) and value and chance.random() < 0.9:
        key = chance.choice(list(value) if isinstance(value, dict) else range(len(value)))
        changed = value.copy()
        match chance.randrange(8):
            case 0:
                del changed[key]
            case 1 if isinstance(changed, list):
                changed += changed
            case _:
                changed[key] = mutated(value[key], chance)
        return changed
    return chance.choice(JUNK)


def malformed_manifests(seeds: range, folder: Path) -> None:
    """A manifest with junk in it: a line, or, where the junk says nothing of the days, the same days."""
    store = folder / "store"
    build(by_year(folder / "sources", (2009,)), store)
    truth, whole = open_store(store).table(), said(store / "store.json")
    for seed in seeds:
        (store / "store.json").write_text(json.dumps(mutated(whole, random.Random(seed))))
        try:
            found = open_store(store).table()
        except DataError as error:
            one_line(error)
        else:
            assert_frame_equal(found, truth)


def damaged_samples(damage: Damage, seeds: range, folder: Path) -> None:
    """Samples on disk that are not what was written are made anew."""
    store = folder / "store"
    build(by_year(folder / "sources", (2009, 2010)), store)
    found = open_store(store, memory=0.0005)
    whole = arrays(found.split(RECIPE, BORDERS))
    (samples,) = (path for path in (store / "samples").iterdir() if path.is_dir())
    for seed in seeds:
        chance = random.Random(seed)
        damage.do(chance.choice(sorted(path for path in samples.rglob("*") if path.is_file())), chance)
        alike(found.split(RECIPE, BORDERS), whole)


def malformed_samples(make: Callable[[Path], object], folder: Path) -> None:
    """Something else where the folder of samples should be: a line, or it is replaced."""
    store = folder / "store"
    build(by_year(folder / "sources", (2009, 2010)), store)
    found = open_store(store, memory=0.0005)
    found.split(RECIPE, BORDERS)
    (samples,) = (path for path in (store / "samples").iterdir() if path.is_dir())
    for place in (samples, samples.with_suffix(".unfinished"), samples.with_suffix(".lock"), store / "samples"):
        if place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)
        place.parent.mkdir(exist_ok=True)
        make(place)
        try:
            assert len(found.split(RECIPE, BORDERS).train) > 0
        except DataError as error:
            one_line(error)
        shutil.rmtree(store / "samples") if (store / "samples").is_dir() else (store / "samples").unlink()


def cases(quick: bool) -> Iterator[Case]:
    for seed in range(1 if quick else 25):
        yield Case(f"a build killed at an event, seed {seed}", partial(killed_build, seed))
    if quick:
        return
    for size in (0, 100, 1_000, 3_000, 5_000):
        yield Case(f"files of at most {size} bytes", partial(full_disk, size))
    for damage in DAMAGES:
        yield Case(f"a file of a store {damage.name}", partial(damaged_store, damage, range(40)), 40)
    yield Case("manifests with junk", partial(malformed_manifests, range(2000)), 2000)
    yield Case("samples with a bit flipped", partial(damaged_samples, DAMAGES[0], range(2)), 2)
    yield Case("two builds at once", two_builds)
    yield Case("no room for samples", no_room_for_samples)
    for seed in range(25):
        yield Case(f"years whose addition is killed at an event, seed {seed}", partial(killed_addition, seed))
        yield Case(f"samples killed at an event, seed {seed}", partial(killed_samples, seed))
        yield Case(f"a foreign part, seed {seed}", partial(foreign_part, seed))
    for seed in range(10):
        yield Case(f"a build killed at a moment, seed {seed}", partial(killed_anywhere, seed))
    for damage in DAMAGES:
        yield Case(f"samples {damage.name}", partial(damaged_samples, damage, range(20)), 20)
    shapes = {"a file": Path.touch, "a pipe": os.mkfifo, "a link to itself": lambda path: path.symlink_to(path)}
    for name, make in shapes.items():
        yield Case(f"{name} in the place of the samples", partial(malformed_samples, make), 4)
    if may_mount():
        for kilobytes in (50, 200, 400):
            yield Case(f"a disk of {kilobytes} kB", partial(small_disk, kilobytes))
