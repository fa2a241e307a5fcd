"""Targets y: what is forecast for a day, as polars expressions over a station's calendar."""

from dataclasses import dataclass
from typing import Literal

import polars as pl


@dataclass(frozen=True)
class Target:
    """What a model is asked for.

    Attributes:
        kind: `continuous` (a number), `event` (it happens or not) or `category` (one of several).
        unit: The unit of a continuous target, else "1".
        values: Name and expression of each output; one text column for a category.
        everywhere: True where one sample is a day at all stations together, one output a station.
    """

    kind: Literal["continuous", "event", "category"]
    unit: str
    values: dict[str, pl.Expr]
    everywhere: bool = False

    @property
    def asks(self) -> str:
        """What a task has to be able to answer: a `number`, an `event`, several `events`, or a `category`."""
        event = "events" if self.everywhere else "event"
        return {"continuous": "number", "event": event, "category": "category"}[self.kind]


_rain = (pl.col("precipitation") > 0).cast(pl.Float64)

TARGETS: dict[str, Target] = {
    "temperature": Target("continuous", "°C", {"temperature": pl.col("temperature")}),
    "temperature_max_min": Target(
        "continuous", "°C", {name: pl.col(name) for name in ("temperature_max", "temperature_min")}
    ),
    "rain": Target("event", "1", {"rain": _rain}),
    "weather": Target("category", "1", {"weather": pl.col("weather")}),
    "rain_by_station": Target("event", "1", {"rain": _rain}, everywhere=True),
}
"""By the name that `task.target` gives. Rain is measurable precipitation: more than 0 mm."""
