"""A feature set of the user's own: a function in a file of theirs, which they name."""

import hashlib
import logging
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from stratus.data.features.input import Input
from stratus.errors import CheckpointError, ConfigurationError, StratusError, first_line, quoted

_NAMED: dict[str, ModuleType] = {}  # what the user of this process has named, by the file's checksum
_tracebacks = logging.getLogger("stratus.traceback")  # a run's goes to its run.log
_tracebacks.addHandler(logging.NullHandler())  # where there is no run, nowhere


def read(path: str) -> str:
    """Runs a file of the user's, whose functions may make inputs from then on; its checksum (SHA-256).

    Only for a file that the command line or the user's own configuration names, and never for one that a record or a
    checkpoint names. Raises ConfigurationError if it cannot be read or run.
    """
    try:
        content = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"features.own.path={path}: {getattr(error, 'strerror', None) or error}") from None
    checksum = hashlib.sha256(content).hexdigest()
    if checksum not in _NAMED:
        module = ModuleType(f"stratus_own_{checksum[:16]}")
        module.__file__ = path
        sys.modules[module.__name__] = module  # where dataclasses look for it
        _guarded(path, "", lambda: exec(compile(content, path, "exec"), vars(module)))
        _NAMED[checksum] = module
    return checksum


def own(lead_days: int, path: str = "", function: str = "", sha256: str = "", **arguments: Any) -> list[Input]:
    """The inputs that a function of a file that was `read` returns for a lead, given its other settings by name.

    Raises CheckpointError if the file was not read, ConfigurationError if it has no such function, or that fails or
    returns anything else.
    """
    if (module := _NAMED.get(sha256)) is None:
        which = "the file named is not that one, by its checksum" if _NAMED else "nothing that a run names is run"
        raise CheckpointError(
            f"the run's inputs are those of {quoted(function)} in {quoted(path, 300)}; {which}: name it, if you trust "
            "it, with --features FILE"
        )
    there = {name: one for name, one in vars(module).items() if getattr(one, "__module__", "") == module.__name__}
    if not callable(made := there.get(function)):  # what the file has imported is none
        raise ConfigurationError(f"{path} has no function {quoted(function)}; it has: {', '.join(there) or 'none'}")
    found = _guarded(str(module.__file__), f"{function}: ", lambda: made(lead_days, **arguments))
    if not (isinstance(found, list) and found and all(isinstance(one, Input) for one in found)):
        raise ConfigurationError(f"{path}: {function} returned {quoted(repr(found))}: expected a list of stratus.Input")
    return found


def _guarded(path: str, what: str, call: Callable[[], Any]) -> Any:
    """What a call of the user's code returns; ConfigurationError with file and line where it raises anything."""
    try:
        return call()
    except StratusError:
        raise
    except Exception as error:
        _tracebacks.error("features.own", exc_info=error)
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == path]
        line = error.lineno if isinstance(error, SyntaxError) else lines[-1] if lines else None
        place = f"{path}, line {line}" if line else path
        raise ConfigurationError(f"{place}: {what}{type(error).__name__}: {first_line(error)}") from None
