"""Targets y: what is forecast for a day, as polars expressions over a station's calendar."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import polars as pl

if TYPE_CHECKING:  # numpy is not for --help
    from stratus.data.samples import Array


@dataclass(frozen=True)
class Target(ABC):
    """What a model is asked for: `Continuous`, `Event`, `EventEverywhere` or `Category`."""

    values: dict[str, pl.Expr]  # name and expression of each output; one text column for a category
    unit: str = "1"  # the unit of a continuous target, else "1"

    asks: ClassVar[str]  # what a task has to be able to answer: a `number`, an `event`, several `events`, a `category`
    everywhere: ClassVar[bool] = False  # true where one sample is a day at all stations together, one output a station

    @property
    def kind(self) -> str:
        """`continuous`, `event` or `category`."""
        return type(self).__name__.lower().removesuffix("everywhere")

    def likeliest(self, forecast: "Array") -> "Array":
        """The answer, in the form of y, to a forecast [n, k]: values or probabilities."""
        return forecast

    def array(self, columns: pl.DataFrame, outputs: Sequence[str]) -> "Array":
        """Columns of y as an array [n, k], NaN where unknown."""
        return columns.cast(pl.Float64).to_numpy(writable=True)


class Continuous(Target):
    """Numbers in a unit: y [n, k]."""

    asks = "number"


class ContinuousEverywhere(Continuous):
    """A number at each of k stations."""

    everywhere = True


class Classes(Target):
    """What happens is one of several classes: an event or not, or one of a category's."""

    @abstractmethod
    def classes(self, outputs: int) -> int:
        """Number of classes that each choice is among; the target has so many outputs."""

    def indicators(self, y: "Array", outputs: int) -> "Array":
        """y as zeros, and a one at the class that came [n, choices, classes]; a category is a single choice."""
        came: Array = y.reshape(len(y), -1)[:, :, None] == range(self.classes(outputs))
        return came.astype(float)

    @abstractmethod
    def probabilities(self, choices: "Array") -> "Array":
        """The forecast [n, k], from the probabilities of each choice's classes [n, choices, classes]."""


class Event(Classes):
    """Something happens or not: y [n, k] is 1 or 0."""

    asks = "event"

    def classes(self, outputs: int) -> int:
        """No and yes."""
        return 2

    def probabilities(self, choices: "Array") -> "Array":
        """Of yes."""
        return choices[:, :, 1]

    def likeliest(self, forecast: "Array") -> "Array":
        """1 where an event is more likely than not, else 0."""
        return (forecast > 0.5).astype(float)


class EventEverywhere(Event):
    """An event that happens or not at each of k stations."""

    asks, everywhere = "events", True


class Category(Classes):
    """One of k classes: y [n] is its index, -1 where unknown."""

    asks = "category"

    def classes(self, outputs: int) -> int:
        """All outputs."""
        return outputs

    def probabilities(self, choices: "Array") -> "Array":
        """Of each class."""
        return choices[:, 0]

    def likeliest(self, forecast: "Array") -> "Array":
        """The class of the highest probability, the first of several."""
        index: Array = forecast.argmax(axis=1)
        return index

    def array(self, columns: pl.DataFrame, outputs: Sequence[str]) -> "Array":
        """Indices in the outputs [n]; -1 for null and for what is none of them."""
        index = columns.to_series().cast(pl.Enum(outputs), strict=False).to_physical()
        return index.cast(pl.Int64).fill_null(-1).to_numpy(writable=True)


TARGETS: dict[str, Target] = {
    "temperature": Continuous({"temperature": pl.col("temperature")}, "°C"),
    "temperature_max_min": Continuous({name: pl.col(name) for name in ("temperature_max", "temperature_min")}, "°C"),
    "temperature_by_station": ContinuousEverywhere({"temperature": pl.col("temperature")}, "°C"),
    "rain": Event({"rain": pl.col("wet")}),
    "weather": Category({"weather": pl.col("weather")}),
    "rain_by_station": EventEverywhere({"rain": pl.col("wet")}),
}  # by the name that `task.target` gives
