"""The lecture's ideas: what a run of `conf/experiment/lecture/<name>.yaml` shows.

`experiment=lecture/rain` names `lessons/rain.py`, whose function `lesson` is given the finished run. The text of its
card, `rain.md`, is beside the experiment; its numbers are the run's, so that text and truth cannot drift apart.
"""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from stratus.errors import ConfigurationError

if TYPE_CHECKING:
    from stratus.runs.finished import FinishedRun
    from stratus.runs.lesson import Lesson

PARTS = {
    "Linear regression and classification": (
        "temperature_line",
        "temperature_cycle",
        "rain",
        "rain_quadratic",
        "weather_types",
        "softmax_or_sigmoids",
    ),
    "Datasets and losses": ("accuracy", "losses"),
    "Optimisation": ("gradient_descent", "learning_rate", "initialisation", "gradients", "common_mistakes"),
}
"""The lessons in the lecture's order, by its parts; each is a file of `lessons/`."""

NAMES = tuple(name for part in PARTS.values() for name in part)


def find(name: str) -> "Callable[[FinishedRun], Lesson]":
    """The function `lesson` of the module `name` of `lessons/`; raises ConfigurationError if there is none."""
    if name not in NAMES:
        raise ConfigurationError(f"lesson={name}: expected one of {', '.join(NAMES)}")
    lesson: Callable[[FinishedRun], Lesson] = import_module(f"{__name__}.lessons.{name}").lesson
    return lesson
