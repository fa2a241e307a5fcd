"""What is a user's own: functions and classes in a file of theirs, which they name; of inputs, a feature set."""

import hashlib
import logging
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar, cast

from stratus.data.features.input import Input
from stratus.errors import CheckpointError, ConfigurationError, StratusError, first_line, quoted

_NAMED: dict[str, ModuleType] = {}  # what the user of this process has named, by the file's checksum
Made = TypeVar("Made")
_tracebacks = logging.getLogger("stratus.traceback")  # a run's goes to its run.log
_tracebacks.addHandler(logging.NullHandler())  # where there is no run, nowhere


def read(path: str, setting: str = "features.own.path") -> str:
    """Runs a file of the user's, whose functions may make inputs from then on; its checksum (SHA-256).

    Only for a file that the command line or the user's own configuration names, and never for one that a record or a
    checkpoint names. Raises ConfigurationError if it cannot be read or run.
    """
    try:
        content = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{setting}={path}: {getattr(error, 'strerror', None) or error}") from None
    checksum = hashlib.sha256(content).hexdigest()
    if checksum not in _NAMED:
        module = ModuleType(f"stratus_own_{checksum[:16]}")
        module.__file__ = path
        sys.modules[module.__name__] = module  # where dataclasses look for it
        _guarded(path, "", lambda: exec(compile(content, path, "exec"), vars(module)))
        _NAMED[checksum] = module
    return checksum


def made(path: str, name: str, setting: str, kind: type[Made], /, *given: Any, **arguments: Any) -> Made:
    """What a function or class of a file, which is `read`, makes of these arguments.

    Raises what `read` does, and ConfigurationError if there is no such function, or that fails or makes another kind.
    """
    maker = _defined(_NAMED[read(path, setting)], path, name)
    found = _guarded(path, f"{name}: ", lambda: maker(*given, **arguments))
    if not isinstance(found, kind):
        whence = f"{kind.__module__.partition('.')[0]}'s {kind.__name__}"
        raise ConfigurationError(f"{path}: {name} made {quoted(repr(found))}: expected one of {whence}")
    return found


def own(lead_days: int, /, path: str = "", function: str = "", sha256: str = "", **arguments: Any) -> list[Input]:
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
    maker = _defined(module, path, function)
    found = _guarded(str(module.__file__), f"{function}: ", lambda: maker(lead_days, **arguments))
    if not (isinstance(found, list) and found and all(isinstance(one, Input) for one in found)):
        raise ConfigurationError(f"{path}: {function} returned {quoted(repr(found))}: expected a list of stratus.Input")
    return found


def _defined(module: ModuleType, path: str, name: str) -> Callable[..., Any]:
    """A function or class that a file itself defines: what it has imported is none."""
    there = {name: one for name, one in vars(module).items() if getattr(one, "__module__", "") == module.__name__}
    if not callable(maker := there.get(name)):
        raise ConfigurationError(f"{path} has no function {quoted(name)}; it has: {', '.join(there) or 'none'}")
    return cast("Callable[..., Any]", maker)


def _guarded(path: str, what: str, call: Callable[[], Any]) -> Any:
    """What a call of the user's code returns; ConfigurationError with file and line where it raises anything."""
    try:
        return call()
    except StratusError:
        raise
    except (Exception, SystemExit) as error:
        _tracebacks.error("a file of the user's", exc_info=error)
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == path]
        line = error.lineno if isinstance(error, SyntaxError) else lines[-1] if lines else None
        place = f"{path}, line {line}" if line else path
        raise ConfigurationError(f"{place}: {what}{type(error).__name__}: {first_line(error)}") from None
