"""Two runs, or two sweeps, in one folder: the second is refused in one line, and changes no bit of the first's."""

import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import harness_forks as forks
from harness import QUIET, Case, Ended, command, ended
from harness_forks import trap
from harness_runs import MOMENTS, SETTINGS, record, same, straight

NAME = "impatient"
HERE = (*SETTINGS[NAME], "hydra.run.dir=run")
OTHER = ("task=regression", "trainer.max_epochs=2", QUIET, "hydra.run.dir=run")
SWEEP = (
    "-m",
    "task=binary",
    "trainer.max_epochs=2",
    "seed=0,1",
    QUIET,
    "hydra.sweep.dir=sweep",
    "hydra.sweep.subdir=${hydra:job.num}",
)


def taken(moment: str, folder: Path) -> None:
    """Another run comes while the first is stopped at a moment."""
    expected = straight(NAME)
    with forks.stopped(*HERE, folder=folder, moment=MOMENTS[moment]) as first:
        forks.run(*OTHER, folder=folder).refused("run", "another run is at work here")
    assert first.ended().code == 0
    same(folder / "run", expected)


def race(count: int, words: tuple[str, ...], folder: Path) -> None:
    """Several start at once: one of them has the folder, and the others say so."""
    ends = [one.ended() for one in [forks.start(*words, folder=folder) for _ in range(count)]]
    well = [end for end in ends if end.code == 0]
    assert len(well) == 1, [(end.code, end.err) for end in ends]
    for end in ends:
        if end.code:
            assert "is at work here" in end.err or " holds a " in end.err, end.err
            end.refused()
    if words == HERE:
        same(folder / "run", straight(NAME))
    else:
        _finished(folder / "sweep")


def _finished(sweep: Path) -> None:
    for seed in range(2):
        entries = record(sweep / str(seed))
        assert (entries["status"], entries["seed"], entries["epochs"]) == ("finished", seed, 2)


def again(folder: Path) -> None:
    """A finished run is not overwritten by another in its folder."""
    assert forks.run(*HERE, folder=folder).code == 0
    before = {file: file.read_bytes() for file in (folder / "run").rglob("*") if file.is_file()}
    forks.run(*OTHER, folder=folder).refused("run holds a run: choose another folder")
    assert {file: file.read_bytes() for file in (folder / "run").rglob("*") if file.is_file()} == before
    same(folder / "run", straight(NAME))


def after_a_kill(moment: str, folder: Path) -> None:
    """A killed process leaves no lock; its folder is free where it had trained nothing, and kept where it had."""
    ended = forks.run(*HERE, folder=folder, trap=trap(MOMENTS[moment], "SIGKILL"))
    assert ended.code == -signal.SIGKILL
    kept = (folder / "run/checkpoints/last.ckpt").exists()
    end = forks.run(*HERE, folder=folder)
    if kept:
        end.refused("run holds a run")
        assert forks.run(f"resume={folder / 'run'}", "hydra.run.dir=resumed", folder=folder).code == 0
        same(folder / "resumed", straight(NAME))
    else:
        assert end.code == 0, end.err
        same(folder / "run", straight(NAME))


def sweep_taken(folder: Path) -> None:
    """Another sweep comes while the first is at work; and once it has ended."""
    with forks.stopped(*SWEEP, folder=folder, moment=MOMENTS["as it is scored"]) as first:
        forks.run(*SWEEP[:-1], "task=regression", SWEEP[-1], folder=folder).refused("another sweep is at work here")
    assert first.ended().code == 0
    _finished(folder / "sweep")
    forks.run(*SWEEP, folder=folder).refused("sweep holds a sweep: choose another hydra.sweep.dir")
    _finished(folder / "sweep")


def several_processes(folder: Path) -> None:
    """The processes of one run share its folder; another run does not."""
    words = ("trainer=ddp", "trainer.devices=2", "trainer.accelerator=cpu", *OTHER)
    first = command(*words, folder=folder)
    while not list(folder.glob("run/run.json")):
        assert first.poll() is None
    forks.run(*OTHER, folder=folder).refused("another run is at work here")
    end: Ended = ended(first)
    assert end.code == 0, end.err
    assert record(folder / "run")["status"] == "finished"


def cases(quick: bool) -> Iterator[Case]:
    """The meetings that are tried."""
    moments = ("once the record has begun", "as training ends", "as it is scored", "as the record ends")
    for moment in moments[1:2] if quick else moments:
        yield Case(f"another run comes {moment}", partial(taken, moment))
    if quick:
        return
    for moment in ("before the record", *moments):
        yield Case(f"another run comes when the first was killed {moment}", partial(after_a_kill, moment))
    for number in range(6):
        yield Case(f"a race of two runs ({number})", partial(race, 2, HERE))
        yield Case(f"a race of two sweeps ({number})", partial(race, 2, SWEEP))
    yield Case("a race of five runs", partial(race, 5, HERE))
    yield Case("another run comes when the first has finished", again)
    yield Case("another sweep comes", sweep_taken, tried=2)
    yield Case("a run of two processes", several_processes)
