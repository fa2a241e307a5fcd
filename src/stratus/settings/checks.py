"""What a setting says of itself, and the checks of its value that several groups share."""

import math
from dataclasses import field
from datetime import date
from typing import Any

from stratus.errors import ConfigurationError


def setting(default: Any, words: str) -> Any:
    """A dataclass field with a default, and the few words with its unit that `--help` shows."""
    return field(default=default, metadata={"help": words})


def require(condition: bool, setting: str, value: object, expected: str) -> None:
    """Raises ConfigurationError, naming setting, value and what was expected, unless the condition holds."""
    if not condition:
        raise ConfigurationError(f"{setting}={value}: expected {expected}")


def positive(setting: str, value: float | None, *, zero: bool = False) -> None:
    """Raises ConfigurationError unless a number is finite and above 0, or 0 where that is allowed; None passes."""
    fine = value is None or (math.isfinite(value) and (value >= 0 if zero else value > 0))
    require(fine, setting, value, "a finite number of 0 or more" if zero else "a finite number above 0")


def day(setting: str, value: str | None) -> date | None:
    """A day as a date; None stays.

    Raises:
        ConfigurationError: If it is not written as YYYY-MM-DD.
    """
    try:
        return None if value is None else date.fromisoformat(value)
    except ValueError:
        raise ConfigurationError(f"{setting}={value}: expected a day as YYYY-MM-DD") from None
