"""Full disks, limits on files, folders that cannot be written, terminals that take nothing or little.

What cannot be written is said in one line with exit code 1, no record is left at `running`, and no file is broken; a
run whose output alone is lost has finished.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import harness_forks as forks
from harness import QUIET, Case, Ended, command, ended
from harness_runs import MOMENTS, SETTINGS, goes_on, record, same, straight, whole

ROOT = os.geteuid() == 0  # who alone may mount


def told(end: Ended, run: Path, name: str, *words: str) -> None:
    """Fails unless the run finished, or said in one line what it could not write and recorded that."""
    whole(run, straight(name))
    if (run / "run.json").exists():
        entries = record(run)
        assert entries["status"] in ("finished", "failed"), entries["status"]
        assert (entries["status"] == "finished") == (end.code == 0), end
        if end.code == 0:
            same(run, straight(name))
            return
        assert any(word in str(entries["error"]) for word in words), entries["error"]
    end.without_traceback()
    assert end.code == 1, end
    lines = end.err.strip().splitlines()
    assert len(lines) == 1, end.err
    assert any(word in lines[0] for word in words), lines


def limited(name: str, size: int, folder: Path) -> None:
    """No file may be larger than this."""
    straight(name)
    run = forks.run(*SETTINGS[name], "hydra.run.dir=run", folder=folder, limit=size)
    told(run, folder / "run", name, "File too large")


@contextmanager
def mounted(folder: Path, size: str) -> Iterator[Path]:
    """A disk of this size."""
    disk = folder / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "stratus", str(disk)], check=True)
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def small_disk(name: str, size: str, folder: Path) -> None:
    """The run's disk has so much room."""
    straight(name)
    with mounted(folder, size) as disk:
        run = forks.run(*SETTINGS[name], f"hydra.run.dir={disk}/run", folder=folder)
        told(run, disk / "run", name, "No space left on device")


def fills_up(name: str, moment: str, folder: Path) -> None:
    """A disk that another program fills while the run is at work; with room again the run goes on."""
    straight(name)
    with mounted(folder, "2m") as disk:
        words = (*SETTINGS[name], f"hydra.run.dir={disk}/run")
        with (
            forks.stopped(*words, folder=folder, moment=MOMENTS[moment]) as run,
            open(disk / "other", "wb", buffering=0) as other,
            suppress(OSError),
        ):
            while other.write(bytes(4096)):
                pass
        end = run.ended()
        told(end, disk / "run", name, "No space left on device")
        (disk / "other").unlink()
        if end.code:
            goes_on(disk / "run", name, "resumed")


def read_only(name: str, moment: str, folder: Path) -> None:
    """A disk that becomes read-only while the run is at work: all that is left is to say so."""
    straight(name)
    with mounted(folder, "2m") as disk:
        words = (*SETTINGS[name], f"hydra.run.dir={disk}/run")
        with forks.stopped(*words, folder=folder, moment=MOMENTS[moment]) as run:
            # What the run has open for writing, its events, keeps the disk from a plain change.
            subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=False, capture_output=True)
            changed = not os.access(disk, os.W_OK)
        end = run.ended()
        if changed:
            end.refused("Read-only file system")
            whole(disk / "run", straight(name))
        else:
            told(end, disk / "run", name)


def without_permission(name: str, moment: str | None, folder: Path) -> None:
    """A folder that the user may no longer write to: at first, or once the run is at work."""
    straight(name)
    if moment is None:
        (folder / "closed").mkdir()
        (folder / "closed").chmod(0o555)
        end = forks.run(*SETTINGS[name], "hydra.run.dir=closed/run", folder=folder, plain=True)
        end.refused("closed", "Permission denied")
        return
    words, shut = (*SETTINGS[name], "hydra.run.dir=run"), [folder / "run", folder / "run/checkpoints"]
    with forks.stopped(*words, folder=folder, moment=MOMENTS[moment], plain=True) as run:
        for one in filter(Path.exists, shut):
            one.chmod(0o555)
    end = run.ended()
    for one in filter(Path.exists, shut):
        one.chmod(0o755)
    told(end, folder / "run", name, "Permission denied")
    assert end.code == 1


def unheard(how: dict[str, object], said: str, folder: Path) -> None:
    """What is printed goes nowhere: the run has finished all the same."""
    end = forks.run(*SETTINGS["adam"], "hydra.run.dir=run", folder=folder, **how)
    end.without_traceback()
    assert end.code == 0, end
    assert said in end.err
    assert end.err.count("\n") == (1 if said else 0), end.err
    same(folder / "run", straight("adam"))


def unheard_command(how: dict[str, object], said: str, folder: Path) -> None:
    """The same of a command."""
    end = forks.run("stratus", "evaluate", str(straight("adam")), folder=folder, **how)
    end.without_traceback()
    assert end.code == 0, end
    assert said in end.err


def with_few_letters(encoding: dict[str, str], words: tuple[str, ...], folder: Path) -> None:
    """A terminal of few letters."""
    end = ended(command(*words, folder=folder, **encoding))
    end.without_traceback()
    assert (end.code, end.err) == (0, ""), end
    (run,) = (file.parent for file in folder.glob("outputs/*/*/run.json"))
    assert record(run)["status"] == "finished"
    assert end.out.splitlines()[-1] == str(run.relative_to(folder))


ASCII = {"PYTHONIOENCODING": "ascii"}
BARE = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
FULL = {"stdout": "/dev/full"}
GONE = {"pipe": True}


def cases(quick: bool) -> Iterator[Case]:
    """The limits that are tried."""
    shut = ("as the first checkpoint is written", "as training ends", "once it is trained", "as it is scored")
    for moment in shut[-1:] if quick else (None, *shut):
        yield Case(f"no permission {moment}", partial(without_permission, "impatient", moment))
    if quick:
        return
    for at, size in enumerate((*range(500, 4000, 400), *range(4000, 76000, 4000))):
        name = [*SETTINGS][at % 5]
        yield Case(f"files of {size} bytes, {name}", partial(limited, name, size))
    yield Case("a full output", partial(unheard, FULL, "not all could be printed: No space left on device"))
    yield Case("a reader that has gone", partial(unheard, GONE, ""))
    yield Case("a full output, of a command", partial(unheard_command, FULL, "not all could be printed"))
    yield Case("a reader that has gone, of a command", partial(unheard_command, GONE, ""))
    lesson = ("experiment=lecture/temperature_line", "trainer.max_epochs=2", QUIET)
    for key, encoding in {"ASCII": ASCII, "C": BARE}.items():
        yield Case(f"letters of {key}", partial(with_few_letters, encoding, lesson))
    if ROOT:
        for at in range(25):
            size = f"{8 * (at + 1)}k"
            name = [*SETTINGS][at % 5]
            yield Case(f"a disk of {size}, {name}", partial(small_disk, name, size))
        late = (*shut, "as scores are recorded", "as the record ends", "between the first two checkpoints")
        for moment in late:
            yield Case(f"a disk that fills up {moment}", partial(fills_up, "validated", moment))
        for moment in shut:
            yield Case(f"a disk that is read-only {moment}", partial(read_only, "validated", moment))
