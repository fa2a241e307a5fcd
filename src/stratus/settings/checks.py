"""What a setting says of itself, and how the settings of a group are checked and built."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from functools import partial
from importlib import import_module
from importlib.metadata import distributions
from math import inf
from typing import Any, ClassVar

from stratus.errors import ConfigurationError


@dataclass(frozen=True)
class Expected:
    """What a setting's value has to be, in words and as a test."""

    words: str
    holds: Callable[[Any], Any]  # true where the value is as expected; false, or an error, where it is not

    def check(self, setting: str, value: Any) -> None:
        """Raises ConfigurationError, naming setting, value and what is expected; None passes."""
        try:
            fine = value is None or self.holds(value)
        except (TypeError, ValueError):
            fine = False
        require(fine, setting, value, self.words)


POSITIVE = Expected("a finite number above 0", lambda value: 0 < value < inf)
NOT_NEGATIVE = Expected("a finite number of 0 or more", lambda value: 0 <= value < inf)


def setting(default: Any, words: str, expected: Expected | None = None) -> Any:
    """A dataclass field: its default, the words with its unit that `--help` shows, and what is checked."""
    return field(default=default, metadata={"help": words, "expected": expected})


def require(condition: bool, setting: str, value: object, expected: str) -> None:
    """Raises ConfigurationError, naming setting, value and what was expected, unless the condition holds."""
    if not condition:
        raise ConfigurationError(f"{setting}={value}: expected {expected}")


def require_extra(setting: str, extra: str, package: str | None) -> None:
    """Raises ConfigurationError if a package is not installed that a setting needs, and what installs it."""
    if package and not list(distributions(name=package)):
        mend = f"pip install 'stratus-weather[{extra}]'"
        raise ConfigurationError(f"{setting} needs an extra that is not installed: {mend}")


@dataclass
class SettingsGroup:
    """Settings, each checked on assignment; a class names its constants as `class SGD(Optimizer, builds=…)`."""

    group: ClassVar[str] = ""  # what stands before each setting's name
    builds: ClassVar[str] = ""  # dotted name of what the settings are bound to

    def __init_subclass__(cls, **constants: str) -> None:
        for name, value in constants.items():
            setattr(cls, name, value)

    def __setattr__(self, name: str, value: Any) -> None:
        setting = f"{self.group}.{name}".lstrip(".")
        declared = {one.name: one for one in fields(self)}
        if name not in declared:  # a + on the command line adds it past Hydra's schemas
            raise ConfigurationError(f"there is no setting {setting}; see python train.py --help")
        if expected := declared[name].metadata.get("expected"):
            expected.check(setting, value)
        super().__setattr__(name, value)

    def build(self) -> Any:
        """A `partial` of what `builds` names, with these settings, or None. Imported here: --help needs no torch."""
        module, _, name = self.builds.rpartition(".")
        return partial(getattr(import_module(module), name), **asdict(self)) if name else None
