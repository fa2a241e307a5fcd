"""run.json: what was run, on what, and how it ended; there from the run's first second, whatever its end is."""

import os
import platform
import re
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from stratus import files
from stratus.data.observations import Provenance
from stratus.errors import CheckpointError, ConfigurationError, Diverged, message
from stratus.runs import signals

FILE = "run.json"
KILLED = "killed: its process is gone and had no time to record why"
SPARE = 2**15  # bytes that a running record has for its end: on a full disk it is written over, not replaced
LARGEST = 2**25  # bytes of a record that is read
SCHEMA = 2  # of the records written here; those before had no number: a task's settings stood beside the others
# By names such as `test/loss`, and an interval's low and high end. JSON knows no NaN: once read, it is None.
Scores: TypeAlias = Mapping[str, float | None]
Ends: TypeAlias = Mapping[str, Sequence[float | None]]


@dataclass
class WeightsRecord:
    """W [k, m] and b [k] on standardised inputs, with the names and the inputs' mean and scale [m]."""

    inputs: list[str]
    units: list[str]
    outputs: list[str]
    weight: list[list[float]]
    bias: list[float]
    mean: list[float]
    scale: list[float]


@dataclass
class LessonRecord:
    """What a lesson said: its name, the numbers it rests on, its card as Markdown, its pictures' files."""

    name: str
    figures: dict[str, Any]
    card: str
    pictures: list[str]


@dataclass
class GitRecord:
    """The commit of the code, and whether files differed from it."""

    sha: str
    dirty: bool


@dataclass
class RunRecord:
    """A run's record; what is not known yet, or not of this run, is None or empty."""

    task: str  # its name
    overrides: list[str]  # what the command line said
    seed: int = 0  # of the order of the days and of a random start
    schema: int = SCHEMA  # the version of these entries
    status: str = "running"  # running, finished, diverged, failed or interrupted
    error: str | None = None  # the message of what ended it
    started: str = ""  # when, with the zone
    host: str = ""  # the name of the machine
    seconds: float | None = None  # how long it took in all
    versions: dict[str, str] = field(default_factory=dict)  # of the packages, by name
    git: GitRecord | None = None  # the code's
    target: str | None = None  # what is forecast
    task_settings: dict[str, Any] = field(default_factory=dict)  # the task's own, such as the tolerance
    data: Provenance | None = None  # what it was trained and tested on
    largest_stable_step: float | None = None  # of gradient descent; None where the optimiser has none
    epochs: int | None = None  # epochs trained
    fit_seconds: float | None = None  # how long training took
    best_epoch: int | None = None  # the epoch whose weights are kept, counted from 1
    metrics: Scores = field(default_factory=dict)  # scores of the kept weights, each over its whole split
    references: Mapping[str, Scores] = field(default_factory=dict)  # the same of climatology, persistence and optimum
    skill: float | None = None  # on the test days
    gap: float | None = None  # training loss after the last epoch, less the optimum's
    intervals: Ends = field(default_factory=dict)  # low and high end of 95 % of the test scores
    intervals_against_climatology: Ends = field(default_factory=dict)  # of their differences from climatology's
    weights: WeightsRecord | None = None  # the kept weights
    optimum_attained: bool | None = None  # whether the loss has a minimum
    lesson: LessonRecord | None = None  # what its lesson said

    @property
    def objective(self) -> float | None:
        """The loss of the kept weights on the validation days, on the training days where there are none."""
        return self.metrics.get("val/loss", self.metrics.get("train/loss"))

    @property
    def tolerance(self) -> float:
        """Within which a forecast of values is accurate; 0 where the task has none."""
        return float(self.task_settings.get("tolerance") or 0)

    def write(self, folder: Path, spare: int = 0) -> None:
        """Replaces `folder/run.json`, with so many bytes to spare; or writes over it. Raises OSError if it cannot."""
        path, content = folder / FILE, _as_json(self) + b" " * spare
        try:
            files.replace(path, content)
        except OSError:
            if not path.exists():
                raise
            files.overwrite(path, content)


def _as_json(record: RunRecord) -> bytes:
    """The record as JSON; numbers that are not finite, which it does not know, become null."""
    plain = msgspec.to_builtins(record, enc_hook=_plain)
    try:
        encoded = msgspec.json.encode(plain)
    except UnicodeEncodeError:  # an argument or a path may be any bytes
        encoded = msgspec.json.encode(_legible(plain))
    return msgspec.json.format(encoded, indent=2) + b"\n"


def _plain(value: Any) -> Any:
    """Numpy's numbers and arrays as Python's; anything else as its text."""
    return value.tolist() if hasattr(value, "tolist") else str(value)


def _legible(value: Any) -> Any:
    """A value whose broken characters are spelled out."""
    if isinstance(value, dict):
        return {_legible(key): _legible(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_legible(one) for one in value]
    return value.encode(errors="backslashreplace").decode() if isinstance(value, str) else value


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
    return {name: version(name) for name in ("stratus", "torch", "lightning", "torchmetrics", "hydra-core")}


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
    lock = take(folder)
    record = RunRecord(task, overrides, seed, versions=_versions(), git=_git(Path(__file__).parent))
    record.started, record.host = time.strftime("%Y-%m-%dT%H:%M:%S%z"), platform.node()
    try:
        record.write(folder, SPARE)
        signals.release()
        yield record
        signals.state.held = True  # no call: a signal comes either before the end or after it
        record.status = "finished"
    except BaseException as error:
        signals.state.held = True
        # GeneratorExit: a signal came between the body and here, so that nobody leaves the context.
        interrupted = isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit)
        record.status = "diverged" if isinstance(error, Diverged) else "interrupted" if interrupted else "failed"
        code = f" with exit code {error}" if str(error) else ""
        record.error = f"stopped{code}" if interrupted else message(error)
        raise
    finally:
        record.seconds = round(time.monotonic() - start, 3)
        try:
            _write_end(record, folder)
        finally:
            os.close(lock)


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


def of_jobs(folder: Path) -> dict[str, RunRecord]:
    """The records of a sweep's jobs that have begun, by the jobs' folders within the sweep's, 2 before 10; see `read`.

    One that cannot be read has the status `broken` and says why.
    """
    found = [Path(place) for place, _, names in os.walk(folder) if FILE in names]
    jobs = {}
    for job in sorted(found, key=lambda job: _natural(job.relative_to(folder).as_posix())):
        try:
            jobs[job.relative_to(folder).as_posix()] = read(job)
        except CheckpointError as error:
            if os.path.exists(job / FILE):  # it may have been removed meanwhile
                jobs[job.relative_to(folder).as_posix()] = RunRecord("", [], status="broken", error=str(error))
    return jobs


def _natural(name: str) -> list[str | int]:
    """By which names are sorted as people do, their numbers as numbers."""
    return [int(part) if k % 2 else part for k, part in enumerate(re.split(r"([0-9]+)", name))]


def read(folder: Path) -> RunRecord:
    """The record of a run; CheckpointError if its folder holds no run.json that can be read and has a known schema.

    A run of this machine that says it is running, and has no process that does, was killed: its status is `failed`.
    A link is not followed, and what is larger than `LARGEST` not read.
    """
    record = _read(folder)
    if record.status == "running" and record.host == platform.node() and not files.taken(folder):
        record = _read(folder)  # it may have ended since
        if record.status == "running":
            record.status, record.error = "failed", KILLED
    return record


def _read(folder: Path) -> RunRecord:
    path = folder / FILE
    try:
        content = msgspec.json.decode(files.inside(folder, FILE, LARGEST).read_bytes())
    except OSError as error:
        raise CheckpointError(f"{folder} is not a run's folder: cannot read {FILE} ({error.strerror})") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CheckpointError(f"{path} is not JSON: {error}") from None
    if not isinstance(content, dict) or "overrides" not in content:
        raise CheckpointError(f"{path} is not a run's record")
    if (schema := content.get("schema")) not in (None, SCHEMA):
        raise CheckpointError(
            f"{path} has schema {schema!s:.20}; this version of Stratus reads schema {SCHEMA}: update it"
        )
    if schema is None:
        content["task_settings"] = {name: content[name] for name in ("tolerance", "class_weights") if name in content}
    try:
        return msgspec.convert(content, RunRecord)
    except msgspec.ValidationError as error:
        raise CheckpointError(f"{path} is not a run's record: {error}") from None
