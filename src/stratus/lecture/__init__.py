"""The lecture's ideas, a module each: what a run of `conf/experiment/lecture/<name>.yaml` shows, and its card.

`experiment=lecture/rain` names `lecture/rain.py`, whose function `lesson` is given the finished run. Numbers in a
card's sentences are the run's own, so that text and truth cannot drift apart.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from itertools import chain
from typing import TYPE_CHECKING, Any

from stratus.errors import ConfigurationError

if TYPE_CHECKING:
    import polars as pl
    from matplotlib.animation import Animation
    from matplotlib.figure import Figure

    from stratus.data.observations import Observations
    from stratus.data.splits import Splits
    from stratus.settings.experiment import Config
    from stratus.tasks.linear import LinearTask
    from stratus.training.descent import Trace

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
"""The lessons in the lecture's order, by its parts; each is a file of this folder."""

NAMES = tuple(chain.from_iterable(PARTS.values()))


@dataclass(frozen=True)
class Run:
    """A finished run, as a lesson sees it.

    Attributes:
        settings: Its settings.
        observations: Its daily table.
        splits: Its samples.
        task: The task with the weights that were kept.
        trace: Its weights over the steps.
        metrics: Its scores: "train/loss", "test/accuracy", …
        references: The same of climatology, persistence and optimum.
    """

    settings: "Config"
    observations: "Observations"
    splits: "Splits"
    task: "LinearTask"
    trace: "Trace"
    metrics: Mapping[str, float]
    references: Mapping[str, Mapping[str, float]]

    @property
    def table(self) -> "pl.DataFrame":
        """The daily table of a lesson, which is in memory: the settings see to it."""
        (table,) = self.observations.parts()
        return table


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
        figures: The numbers that the sentences rest on, by name, for the record.
        pictures: By the name of their file, each drawn only when called.
        animations: Likewise.
    """

    card: Card
    figures: dict[str, Any] = field(default_factory=dict)
    pictures: "dict[str, Callable[[], Figure]]" = field(default_factory=dict)
    animations: "dict[str, Callable[[], Animation]]" = field(default_factory=dict)


def find(name: str) -> Callable[[Run], Lesson]:
    """The function `lesson` of a module of this folder.

    Raises:
        ConfigurationError: If `name` is none of `NAMES`.
    """
    if name not in NAMES:
        raise ConfigurationError(f"lesson={name}: expected one of {', '.join(NAMES)}")
    lesson: Callable[[Run], Lesson] = import_module(f"{__name__}.lessons.{name}").lesson
    return lesson
