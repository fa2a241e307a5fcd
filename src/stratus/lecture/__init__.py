"""The lecture's ideas: what a run of `conf/experiment/lecture/<name>.yaml` shows.

`experiment=lecture/rain` names `lessons/rain.py`. Its `NEEDS` say which runs the lesson is about, and its function
`lesson` is given the finished run. The text of its card, `rain.md`, is beside the experiment; its numbers and verdicts
are the run's, so that text and truth cannot drift apart.
"""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from stratus.errors import ConfigurationError

if TYPE_CHECKING:
    from stratus.data.observations import Observations
    from stratus.data.splits import Splits
    from stratus.runs.finished import FinishedRun
    from stratus.runs.lesson import Lesson
    from stratus.settings.experiment import Config

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
    "What a forecast may know": ("clock", "best_linear"),
}
"""The lessons in the lecture's order, by its parts; each is a file of `lessons/`."""

NAMES = tuple(name for part in PARTS.values() for name in part)


def find(settings: "Config") -> "Callable[[FinishedRun], Lesson] | None":
    """The function `lesson` of the module of `lessons/` that the settings name, or None where they name none.

    Raises ConfigurationError if there is no such lesson, or if these settings are not what it is about.
    """
    name = settings.lesson
    if not name:
        return None
    module = _module(name)
    module.NEEDS.check(name, settings)
    lesson: Callable[[FinishedRun], Lesson] = module.lesson
    return lesson


def check_days(settings: "Config", splits: "Splits", observations: "Observations") -> None:
    """Raises ConfigurationError if the lesson that the settings name is not about such days."""
    if settings.lesson:
        _module(settings.lesson).NEEDS.check_days(settings.lesson, settings, splits, observations)


def _module(name: str) -> Any:
    if name not in NAMES:
        raise ConfigurationError(f"lesson={name}: expected one of {', '.join(NAMES)}")
    return import_module(f"{__name__}.lessons.{name}")
