"""Sweeps that are killed, fail, or lie in odd folders: their table is right, and nothing of them lives on."""

import csv
import json
import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from harness import QUIET, ROOT, Case, command, ended, environment, run

from stratus.runs import record
from stratus.sweep import table

JOB = ("task=regression", QUIET)
LONG = (*JOB, "trainer.max_epochs=1000000", "seed=range(4)")  # ends by a kill alone
SHORT = (*JOB, "trainer.max_epochs=1", "seed=range(6)")
PARALLEL = ("hydra/launcher=joblib", "hydra.launcher.n_jobs=2")
PROCESSES = ("hydra/launcher=batched", "hydra.launcher.processes=2")
SECONDS = 10  # after which nothing of a killed sweep may live


def cases(quick: bool) -> Iterator[Case]:
    """All cases; a few of them if `quick`."""
    joblib, optuna = (find_spec(f"hydra_plugins.hydra_{one}") for one in ("joblib_launcher", "optuna_sweeper"))
    count = 20 if quick else 400
    yield Case("broken records", partial(broken_records, count), count)
    if quick:
        yield Case("a killed worker", partial(killed_worker, PARALLEL, 0)) if joblib else killed("basic", SHORT, 0)
        return
    for seed in range(18):
        yield killed("basic", SHORT, seed)
        yield killed("batched", (*PROCESSES, *JOB, "trainer.max_epochs=3000", "seed=range(8)"), seed)
    for seed in range(6):
        yield Case(f"a killed worker of batched {seed}", partial(killed_worker, PROCESSES, seed))
    for seed in range(16) if joblib else ():
        yield killed("joblib", (*PARALLEL, *SHORT), seed)
        yield Case(f"a killed worker of joblib {seed}", partial(killed_worker, PARALLEL, seed))
    for subdir in SUBDIRS:
        yield Case(f"subdir {subdir}", partial(odd_folder, subdir))
    yield Case("a folder's name too long", too_long)
    for name, launcher in {"basic": (), **({"joblib": PARALLEL} if joblib else {})}.items():
        yield Case(f"bugs in a feature, {name}", partial(bugs, launcher))
    for words, said in NO_JOBS.items():
        if optuna or "sweep=optuna" not in words:
            yield Case(f"no jobs: {' '.join(words)}", partial(refused, words, said))
    for words in FAILING if optuna else ():
        yield Case(f"a search that finds nothing: {' '.join(words)}", partial(found_nothing, words))


# --- kills


def killed(name: str, words: tuple[str, ...], seed: int) -> Case:
    """A sweep killed at a random moment of its first jobs, or before them."""

    def check(folder: Path) -> None:
        chance = random.Random(seed)
        process = command("-m", *words, folder=folder)
        begun(folder, process, "multirun.yaml" if name == "batched" else "*/run.json") if seed % 4 else time.sleep(2)
        time.sleep(chance.uniform(0, 4 if name == "batched" else 2))
        process.kill()
        process.wait()
        nothing_lives(process.pid)
        process.communicate()
        for sweep in folder.glob("outputs/sweeps/*"):
            if (sweep / "summary.csv").exists():
                rows(sweep)
            built_again(sweep)

    return Case(f"kill {name} {seed}", check)


def killed_worker(words: tuple[str, ...], seed: int, folder: Path) -> None:
    """A process that runs some of a sweep's jobs is killed: the sweep says so, and in its last line what to do."""
    chance, batched = random.Random(seed), words == PROCESSES
    # The sweep's own process says so at once, and ends once its share of the jobs is done.
    jobs = (*JOB, "trainer.max_epochs=3000", "seed=range(8)") if batched else LONG
    process = command("-m", *words, *jobs, folder=folder)
    try:
        sweep = begun(folder, process, "multirun.yaml" if batched else "*/run.json")
        until, killed = time.monotonic() + 60, False
        while not batched and len(list(sweep.glob("*/run.json"))) < 2:  # both have a job: one without is not missed
            assert time.monotonic() < until, "no second job"
            time.sleep(0.05)
        time.sleep(chance.uniform(0, 2))
        while not killed:
            assert time.monotonic() < until, "no process to kill"
            time.sleep(0.05)
            with suppress(ProcessLookupError, IndexError):  # there is none yet, or it has just ended
                os.kill(chance.choice(workers(process.pid)), signal.SIGKILL)
                killed = True
        done = ended(process)
    finally:
        process.kill()
    done.without_traceback()
    assert done.code == 1, f"exit code {done.code}: {done.err}"
    assert done.err.strip().count("\n") == batched, done.err
    nothing_lives(process.pid)
    if not batched:  # which records its jobs after they have been trained together
        assert re.search(r"\bfailed\b", done.out), done.out
        right(sweep)
        assert any(row["reason"].startswith("killed") for row in rows(sweep)), rows(sweep)


def begun(folder: Path, process: subprocess.Popen[str], file: str) -> Path:
    """Waits for a file in the sweep's folder; that folder."""
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        for sweep in folder.glob("outputs/sweeps/*"):
            if any(sweep.glob(file)):
                return sweep
        time.sleep(0.02)
    process.kill()
    raise AssertionError(f"there is no {file}: {ended(process).err}")


def living(group: int) -> list[tuple[int, str]]:
    """Number and command line of each process of a group that is not a zombie."""
    lines = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,pgid=,stat=,args="], capture_output=True, text=True, check=True
    )
    each = [line.split(maxsplit=3) for line in lines.stdout.splitlines()]
    return [(int(pid), args) for pid, of, state, *args in each if int(of) == group and not state.startswith("Z")]


def workers(group: int) -> list[int]:
    """The processes that run jobs for the one that leads the group."""
    return [pid for pid, args in living(group) if pid != group and re.search(r"popen_loky|spawn_main", str(args))]


def nothing_lives(group: int) -> None:
    """Fails where a process of a sweep lives on; ends those."""
    until = time.monotonic() + SECONDS
    while (left := living(group)) and time.monotonic() < until:
        time.sleep(0.2)
    for pid, _ in left:
        os.kill(pid, signal.SIGKILL)
    assert not left, f"alive after {SECONDS} seconds: {left}"


# --- what the table must say


def rows(sweep: Path) -> list[dict[str, str]]:
    """The rows of summary.csv, which is whole."""
    text = (sweep / "summary.csv").read_text(encoding="utf-8")
    assert text.endswith("\n"), text
    header, *lines = csv.reader(text.splitlines())
    assert all(len(line) == len(header) for line in lines), text
    return [dict(zip(header, line, strict=True)) for line in lines]


def right(sweep: Path) -> None:
    """Fails unless summary.csv says of each job what its record says, and of none that it runs."""
    found = {row["job"]: row for row in rows(sweep)}
    records = {file.parent.relative_to(sweep).as_posix(): file.read_text() for file in sweep.rglob("run.json")}
    assert {*found} == {*records}, f"{sorted(found)} for {sorted(records)}"
    for name, text in records.items():
        said, row = json.loads(text), found[name]
        loss = said["metrics"].get("val/loss")
        assert row["status"] == ("failed" if said["status"] == "running" else said["status"]), (row, said["status"])
        assert row["overrides"] == " ".join(said["overrides"]), row
        assert (float(row["objective"]) if row["objective"] else None) == loss, (row, loss)


def built_again(sweep: Path) -> None:
    """Fails unless `stratus summary` writes a right table, or says that there is nothing."""
    done = run("stratus", "summary", str(sweep), folder=sweep)
    if any(sweep.rglob("run.json")):
        assert (done.code, done.err) == (0, ""), done.err
        jobs, heading = len(rows(sweep)), done.out.splitlines()[0].strip()
        assert heading.startswith(f"{jobs} jobs, best first") if jobs > 1 else heading == "1 job", done.out
        right(sweep)
    else:
        done.refused("holds no job of a sweep")


def broken_records(count: int, folder: Path) -> None:
    """Records with bytes changed, cut or put in: each has one row, whatever it says."""
    chance = random.Random(0)
    whole = (ROOT / "tests" / "runs" / "record_without_schema.json").read_bytes()
    for number in range(count):
        job = folder / str(number)
        job.mkdir()
        content, at = bytearray(whole), chance.randrange(len(whole))
        if number % 3 == 0:
            content = content[:at]
        elif number % 3 == 1:
            content[at] = chance.randrange(256)
        else:
            content[at:at] = chance.choice([b"\n", b"{", b'"', b"\x00", b"1e999", b"null", b"\xff"])
        (job / "run.json").write_bytes(content)
    table.write(folder, record.of_jobs(folder))
    found = rows(folder)
    assert sorted(int(row["job"]) for row in found) == [*range(count)]
    for row in found:
        broken = row["status"] == "broken"
        assert not broken or f"{row['job']}{os.sep}run.json" in row["reason"], row


# --- folders

SUBDIRS = (
    "${hydra:job.override_dirname}",
    "a/b/${hydra:job.num}",
    "job ${hydra:job.num}",
    "ü[b]${hydra:job.num}[/b]",
    "${hydra:job.num}/deep",
    "${hydra:job.num}.x",
)


def odd_folder(subdir: str, folder: Path) -> None:
    """The table, its pictures and TensorBoard's names are there whatever the jobs' folders are called."""
    words = ("-m", "task=regression", "trainer.max_epochs=1", "optimizer.lr=0.1,0.2", "hydra.job.chdir=true")
    done = run(*words, f"hydra.sweep.subdir='{subdir}'", folder=folder)
    assert done.code == 0, done.err
    (sweep,) = folder.glob("outputs/sweeps/*")
    right(sweep)
    assert len(rows(sweep)) == 2
    assert (sweep / "pictures" / "learning_rate.png").exists(), done.out
    from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer  # noqa: PLC0415

    named = EventMultiplexer().AddRunsFromDirectory(str(sweep)).Reload().Runs()
    assert {row["job"] for row in rows(sweep)} <= {*named}, [*named]
    built_again(sweep)


def too_long(folder: Path) -> None:
    """A name that no file system has is told in a line."""
    done = run("-m", *JOB, "seed=0,1", f"hydra.sweep.subdir={'x' * 300}", folder=folder)
    done.refused("File name too long")


# --- jobs that fail


def bugs(launcher: tuple[str, ...], folder: Path) -> None:
    """Exceptions of a user's own feature, odd ones too, fail their jobs and no other."""
    for name in ("src", "conf"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    shutil.copy(ROOT / "train.py", folder)
    (folder / "data").symlink_to(ROOT / "data")
    features = folder / "src" / "stratus" / "data" / "features" / "__init__.py"
    before, sets, after = features.read_text(encoding="utf-8").partition("_SETS = (")
    text = f"{before}{BUG}\n\n{sets}mine, {after}"
    features.write_text(text, encoding="utf-8")
    (folder / "conf" / "features" / "mine.yaml").write_text("mine: {kind: 1}\n")
    words = [*launcher, *JOB, "trainer.max_epochs=1", "features=[mine]", "features.mine.kind=range(1,6)"]
    words.append("hydra.sweep.subdir=${hydra:job.num}")
    environ = environment(PYTHONPATH=str(folder / "src"))
    program = ["python", "train.py", "-m", *words]
    done = subprocess.run(program, check=False, cwd=folder, env=environ, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    (sweep,) = folder.glob("outputs/sweeps/*")
    right(sweep)
    found = {row["job"]: row for row in rows(sweep)}
    assert {name: row["status"] for name, row in found.items()} == {
        **dict.fromkeys("0123", "failed"),
        "4": "finished",
    }, found
    for name in "0123":
        assert f"job {name}: " in done.stdout, done.stdout
        assert "\n" not in found[name]["reason"], found[name]
        assert "Traceback" in (sweep / name / "run.log").read_text(), name


BUG = '''
from typing import Annotated


class Odd(Exception):
    """Cannot be unpickled."""

    def __init__(self, one: int, two: int) -> None:
        super().__init__("odd\\nin two lines")


def mine(lead_days: int, kind: Annotated[int, "which bug"] = 1) -> list[Input]:
    """Has bugs."""
    if kind == 4:
        mine(lead_days, 4)
    if kind < 4:
        raise [ValueError("a bug"), KeyError("column"), Odd(1, 2)][kind - 1]
    return two_days(lead_days)
'''


def refused(words: tuple[str, ...], said: str, folder: Path) -> None:
    """A sweep that can have no jobs is told so in a line, and leaves nothing."""
    run("-m", *JOB, *words, folder=folder).refused(said)
    assert not list(folder.rglob("summary.csv"))


NO_JOBS = {
    ("seed=range(0)",): "seed=range(0)",
    ("seed=range(3,1)", "optimizer.lr=0.1,0.2"): "seed=range(3,1)",
    ("seed=0,1", "hydra.sweeper.max_batch_size=0"): "hydra.sweeper.max_batch_size=0",
    ("sweep=optuna", "hydra.sweeper.n_jobs=0"): "hydra.sweeper.n_jobs=0",
    ("sweep=optuna", "hydra.sweeper.n_trials=0"): "hydra.sweeper.n_trials=0",
    ("sweep=optuna", "hydra.sweeper.n_jobs=-1"): "hydra.sweeper.n_jobs=-1",
}


def found_nothing(words: tuple[str, ...], folder: Path) -> None:
    """A search without a trial that finished says so in its last line, and keeps its table."""
    done = run("sweep=optuna", "hydra.sweeper.n_trials=3", *JOB, "trainer.max_epochs=1", *words, folder=folder)
    done.without_traceback()
    assert done.code == 1, f"exit code {done.code}: {done.err}"
    said = "job 0: training diverged" if "hydra.sweeper.max_failure_rate=0" in words else "the sweep found nothing"
    assert done.err.splitlines()[-1].startswith(said), done.err
    (sweep,) = folder.glob("outputs/sweeps/*")
    right(sweep)
    assert {row["status"] for row in rows(sweep)} <= {"diverged", "failed"}
    built_again(sweep)


FAILING = (
    ("optimizer.lr=1e20",),
    ("data.until=2014-06-01", "hydra.sweeper.sampler.seed=1"),
    ("optimizer.lr=1e20", "hydra.sweeper.n_jobs=2", "hydra/launcher=batched"),
    ("optimizer.lr=1e20", "hydra.sweeper.max_failure_rate=0"),
)
