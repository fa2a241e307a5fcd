"""Keeps a run's record: there from its first second, and right whatever its end is."""

import os
import platform
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path

import stratus
from stratus import files
from stratus.errors import ConfigurationError, Diverged, message
from stratus.runs import signals
from stratus.runs.record import GitRecord, RunRecord

_kept: dict[Path, int] = {}  # the lock of each folder that this process took before its run
SPARE = 2**15  # bytes that a running record has for its end: on a full disk it is written over, not replaced


@cache
def _git(folder: Path) -> GitRecord | None:
    def ask(*words: str) -> str:
        # A run may be killed while git works: it must not leave the repository locked.
        command = ["git", "--no-optional-locks", "-C", str(folder), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    with suppress(OSError, subprocess.CalledProcessError):
        return GitRecord(ask("rev-parse", "HEAD").strip(), bool(ask("status", "--porcelain").strip()))
    return None


@cache
def _versions() -> dict[str, str]:
    others = ("torch", "lightning", "torchmetrics", "hydra-core")
    return {"stratus": stratus.__version__, **{name: version(name) for name in others}}


@contextmanager
def recorded(folder: Path, *, task: str, overrides: list[str], seed: int) -> Iterator[RunRecord]:
    """Keeps `folder/run.json` while the body runs; the body fills in the record it is given.

    The status is `running` from the start and at the end `finished`, `diverged` (Diverged), `interrupted`
    (KeyboardInterrupt, SystemExit) or `failed` (any other exception), with the exception's message as `error`. From
    then on the signals of `signals.listen` wait for the next record.

    Raises ConfigurationError if another process has the folder or it holds another run, OSError if the record cannot
    be written.
    """
    start = time.monotonic()
    lock = kept if (kept := _kept.pop(folder.resolve(), None)) is not None else take(folder)
    record = RunRecord(task, overrides, seed, versions=_versions(), git=_git(Path(__file__).parent))
    record.started, record.host = time.strftime("%Y-%m-%dT%H:%M:%S%z"), platform.node()
    try:
        record.write(folder, SPARE)
        signals.release()
        yield record
        signals.state.held = True  # no call: a signal comes either before the end or after it
        record.status = "finished"
    except BaseException as caught:
        signals.state.held = True
        error = signals.behind(caught)
        # GeneratorExit: a signal came between the body and here, so that nobody leaves the context.
        interrupted = isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit)
        record.status = "diverged" if isinstance(error, Diverged) else "interrupted" if interrupted else "failed"
        code = f" with exit code {error}" if str(error) else ""
        record.error = f"stopped{code}" if interrupted else message(error)
        if error is caught:
            raise
        raise error from None
    finally:
        record.seconds = round(time.monotonic() - start, 3)
        try:
            _write_end(record, folder)
        finally:
            os.close(lock)


def keep(folder: Path) -> None:
    """Takes a run's folder before the run, for `recorded` of this process; raises what `take` does."""
    _kept[folder.resolve()] = take(folder)


def take(folder: Path) -> int:
    """Makes a run's folder and takes it for the caller alone, as `files.lock` does.

    Raises ConfigurationError if another process has it or it holds another run.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        lock = files.lock(folder)
    except BlockingIOError:
        raise ConfigurationError(f"{folder}: another run is at work here; choose another folder") from None
    if (folder / "checkpoints" / "last.ckpt").exists():  # the new run's files would lie among them
        os.close(lock)
        raise ConfigurationError(f"{folder} holds a run: choose another folder, or remove this one")
    return lock


def _write_end(record: RunRecord, folder: Path) -> None:
    """Writes how a run ended; where there is no room, how it ended alone."""
    try:
        record.write(folder)
    except OSError as error:
        finished = record.status == "finished"
        RunRecord(
            record.task,
            record.overrides,
            record.seed,
            status="failed" if finished else record.status,
            error=message(error) if finished else record.error,
            started=record.started,
            host=record.host,
            seconds=record.seconds,
            versions=record.versions,
            git=record.git,
        ).write(folder)
        if finished:
            raise
