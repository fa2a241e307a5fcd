"""The lecture's ideas, a lesson each: what a run of `conf/experiment/lecture/<name>.yaml` shows, and its card.

`experiment=lecture/rain` names `lessons/rain.py`, whose function `lesson` takes the finished run. The numbers in a
card are the run's own, so that text and truth cannot drift apart.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from itertools import chain
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.animation import Animation
    from matplotlib.figure import Figure

    from stratus.runs.finished import FinishedRun

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

NAMES = tuple(chain.from_iterable(PARTS.values()))


@dataclass(frozen=True)
class Card:
    """What a lesson says: a title, what you see, why it is so, what to try next, and one command to try it."""

    title: str
    see: str
    why: str
    next: str
    command: str

    @property
    def markdown(self) -> str:
        """The card as Markdown."""
        said = f"**What you see.** {self.see}\n\n**Why.** {self.why}\n\n**Try next.** {self.next}"
        return f"# {self.title}\n\n{said}\n\n    {self.command}\n"


@dataclass(frozen=True)
class Lesson:
    """A card with its pictures and the numbers that it claims.

    Attributes:
        card: The sentences.
        figures: The numbers in them, by name, for the record.
        pictures: By the name of their file; each is drawn when it is called.
        animations: Likewise.
    """

    card: Card
    figures: Mapping[str, Any]
    pictures: "Mapping[str, Callable[[], Figure]]"
    animations: "Mapping[str, Callable[[], Animation]]" = field(default_factory=dict)


def find(name: str) -> "Callable[[FinishedRun], Lesson]":
    """The function `lesson` of a module of `lessons/`; `name` is one of `NAMES`."""
    lesson: Callable[[FinishedRun], Lesson] = import_module(f"{__name__}.lessons.{name}").lesson
    return lesson
