"""run.json: what was run, on what, and how it ended; there from the run's first second, whatever its end is."""

import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson

from stratus.errors import CheckpointError, Diverged
from stratus.files import replace

FILE = "run.json"


def _as_json(record: Mapping[str, Any]) -> str:
    """A record as JSON; numbers that are not finite, which it does not know, become null."""
    form = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS
    try:
        return orjson.dumps(record, default=str, option=form).decode()
    except TypeError:  # a mistaken setting may be a number of any length, a path in a message any bytes
        return orjson.dumps(_spelled(record), default=str, option=form).decode()


def _spelled(value: Any) -> Any:
    """A value whose long whole numbers and broken characters are spelled out."""
    if isinstance(value, dict):
        return {_spelled(key): _spelled(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_spelled(one) for one in value]
    if isinstance(value, int) and value.bit_length() > 63:
        return str(value)
    return value.encode(errors="backslashreplace").decode() if isinstance(value, str) else value


@cache
def _git(folder: Path) -> dict[str, Any] | None:
    def ask(*words: str) -> str:
        # A run may be killed while git works: it must not leave the repository locked.
        command = ["git", "--no-optional-locks", "-C", str(folder), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    with suppress(OSError, subprocess.CalledProcessError):
        return {"sha": ask("rev-parse", "HEAD").strip(), "dirty": bool(ask("status", "--porcelain").strip())}
    return None


@cache
def _versions() -> dict[str, str]:
    return {name: version(name) for name in ("stratus", "torch", "lightning", "torchmetrics", "hydra-core")}


@contextmanager
def recorded(folder: Path, **facts: Any) -> Iterator[dict[str, Any]]:
    """Keeps `folder/run.json` while the body runs; the body adds to the dictionary it is given.

    The status is `running` from the start and at the end `finished`, `diverged` (Diverged), `interrupted`
    (KeyboardInterrupt, SystemExit) or `failed` (any other exception), with the exception's message as `error`.

    Args:
        folder: The run's folder; made where it is missing.
        **facts: The first entries.
    """
    start = time.time()
    folder.mkdir(parents=True, exist_ok=True)
    record: dict[str, Any] = {
        "status": "running",
        "error": None,
        **facts,
        "started": time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(start)),
        "versions": _versions(),
        "git": _git(Path(__file__).parent),
    }

    def write() -> None:
        replace(folder / FILE, _as_json(record))

    write()
    try:
        yield record
        record["status"] = "finished"
    except BaseException as error:
        interrupted = isinstance(error, KeyboardInterrupt | SystemExit)
        record["status"] = "diverged" if isinstance(error, Diverged) else "interrupted" if interrupted else "failed"
        record["error"] = f"stopped with exit code {error}" if interrupted else str(error) or type(error).__name__
        raise
    finally:
        record["seconds"] = round(time.time() - start, 3)
        write()


def of_jobs(folder: Path) -> dict[int, dict[str, Any]]:
    """The records of a sweep's jobs that have begun, by the jobs' numbers and in their order.

    Raises:
        CheckpointError: If one is not readable.
    """
    found = {int(path.parent.name): read(path.parent) for path in folder.glob(f"*/{FILE}")}
    return dict(sorted(found.items()))


def read(folder: Path) -> dict[str, Any]:
    """The record of a run.

    Raises:
        CheckpointError: If the folder holds no readable run.json.
    """
    path = folder / FILE
    try:
        record: dict[str, Any] = orjson.loads(path.read_bytes())
    except OSError as error:
        raise CheckpointError(f"{folder} is not a run's folder: cannot read {FILE} ({error.strerror})") from None
    except ValueError as error:
        raise CheckpointError(f"{path} is not JSON: {error}") from None
    if not isinstance(record, dict) or "overrides" not in record:
        raise CheckpointError(f"{path} is not a run's record")
    return record
