"""run.json: what was run, on what, and how it ended."""

import math
import os
import platform
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from stratus import files
from stratus.data.observations import Provenance
from stratus.errors import CheckpointError
from stratus.runs.explanation import ExplanationRecord

FILE = "run.json"
KILLED = "killed: its process is gone and had no time to record why"
DIAGNOSIS = "a diagnosis, not a forecast: the day has begun when it is issued (a larger features.lead_days forecasts)"
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
class ResamplingRecord:
    """The test days that were resampled for the intervals: how many dates, and how many of them drawn together."""

    days: int
    block: int


@dataclass
class RunRecord:
    """A run's record; what is not known yet, or not of this run, is None or empty."""

    task: str  # its name
    overrides: list[str]  # what the command line said
    seed: int = 0  # of the order of the days and of a random start
    tags: list[str] = field(default_factory=list)  # the user's own words
    tested: bool = True  # whether the test days are scored
    schema: int = SCHEMA  # the version of these entries
    status: str = "running"  # running, finished, diverged, failed or interrupted
    error: str | None = None  # the message of what ended it
    started: str = ""  # when, with the zone
    host: str = ""  # the name of the machine
    seconds: float | None = None  # how long it took in all
    versions: dict[str, str] = field(default_factory=dict)  # of the packages, by name
    git: GitRecord | None = None  # the code's
    target: str | None = None  # what is forecast
    diagnosis: bool = False  # whether the target's day has begun when it is issued, so that it is no forecast
    task_settings: dict[str, Any] = field(default_factory=dict)  # the task's own, such as the tolerance
    own_features: dict[str, Any] = field(default_factory=dict)  # path, function and checksum of the user's own inputs
    data: Provenance | None = None  # what it was trained and tested on
    largest_stable_step: float | None = None  # of gradient descent; None where the optimiser has none
    epochs: int | None = None  # epochs trained
    fit_seconds: float | None = None  # how long training took
    best_epoch: int | None = None  # the epoch whose weights are kept, counted from 1
    metrics: Scores = field(default_factory=dict)  # scores of the kept weights, each over its whole split
    validation_years: Scores = field(default_factory=dict)  # their mean loss over the validation days of each year
    references: Mapping[str, Scores] = field(default_factory=dict)  # the same of climatology, persistence and optimum
    skill: float | None = None  # on the test days
    minimum: float | None = None  # the least training loss that this model can have, its penalty included
    gap: float | None = None  # how far above it training ended
    unseen_days: int = 0  # test days in whose season no day before the test was: climatology is a guess there
    intervals: Ends = field(default_factory=dict)  # low and high end of 95 % of the test scores
    intervals_against_climatology: Ends = field(default_factory=dict)  # of their differences from climatology's
    resampling: ResamplingRecord | None = None  # whence the intervals
    weights: WeightsRecord | None = None  # the kept weights
    optimum_weights: WeightsRecord | None = None  # those of the exact optimum
    optimum_attained: bool | None = None  # whether the loss has a minimum
    explanation: ExplanationRecord | None = None  # which inputs matter, where that was asked for
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
    plain = msgspec.to_builtins(record, enc_hook=_builtin)
    try:
        encoded = msgspec.json.encode(plain)
    except UnicodeEncodeError:  # an argument or a path may be any bytes
        encoded = msgspec.json.encode(_encodable(plain))
    return msgspec.json.format(encoded, indent=2) + b"\n"


def _builtin(value: Any) -> Any:
    """Numpy's numbers and arrays as Python's; anything else as its text."""
    return value.tolist() if hasattr(value, "tolist") else str(value)


def _encodable(value: Any) -> Any:
    """A value whose broken characters are spelled out."""
    if isinstance(value, dict):
        return {_encodable(key): _encodable(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_encodable(one) for one in value]
    return value.encode(errors="backslashreplace").decode() if isinstance(value, str) else value


def differing(runs: Iterable[RunRecord]) -> list[dict[str, str]]:
    """The overrides of each run that not all share, by their names."""
    words = [[word.lstrip("+") for word in run.overrides] for run in runs]
    shared = set.intersection(*map(set, words)) if len(words) > 1 else set()
    return [{word.partition("=")[0]: word for word in own if word not in shared} for own in words]


def job_folders(folder: Path) -> list[Path]:
    """The folders of a sweep's jobs that have begun, 2 before 10, however deep; links are not followed."""
    found = [Path(place) for place, _, names in os.walk(folder) if FILE in names]
    return sorted(found, key=lambda job: _natural(job.relative_to(folder).as_posix()))


def of_jobs(folder: Path) -> dict[str, RunRecord]:
    """The records of the jobs in `job_folders`, by the jobs' folders within the sweep's; see `read`.

    One that cannot be read has the status `broken` and says why.
    """
    jobs = {}
    for job in job_folders(folder):
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


def _meant(path: Path) -> str:
    """The newest run of a folder of runs, or the run that a file or folder is within."""
    if not path.exists():
        return ""
    within = sorted((one.parent for one in path.glob(f"*/{FILE}")), key=os.path.getmtime)
    around = [one for one in path.parents if (one / FILE).is_file()]
    return f"; is it {(within[-1:] or around)[0]}?" if within or around else ""


def _read(folder: Path) -> RunRecord:
    path = folder / FILE
    try:
        content = msgspec.json.decode(files.inside(folder, FILE, LARGEST).read_bytes())
    except OSError as error:
        why = f"{folder} is not a run's folder: cannot read {FILE} ({error.strerror}){_meant(folder)}"
        raise CheckpointError(why) from None
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
        record = msgspec.convert(content, RunRecord)
        if not math.isfinite(record.tolerance):
            raise ValueError("its tolerance is not finite")
    except (msgspec.ValidationError, TypeError, ValueError, OverflowError) as error:
        raise CheckpointError(f"{path} is not a run's record: {error}") from None
    return record
