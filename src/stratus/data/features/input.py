"""One component of x, and what may be made of it."""

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import polars as pl

from stratus.data.elements import ELEMENTS
from stratus.errors import ConfigurationError

ALWAYS = ("temperature_max", "temperature_min", "wind", "precipitation")  # elements that most stations measure
PLACED = ("latitude", "longitude")  # which say where a station is, and nothing of a day
NOTHING: Mapping[str, str] = MappingProxyType({})
YEAR = 365.25  # length of a year in days, as the harmonics count it
ANGLE = 2 * math.pi / YEAR * pl.col("date").dt.ordinal_day().cast(pl.Float64)  # of the target day in its year
CLIMATOLOGY, USUAL = "climatology", "usual"  # before the name of an output or an element: columns of `data.normals`


class Input(NamedTuple):
    """One component of x: its name, its unit and how it is read from the daily table."""

    name: str
    unit: str
    value: pl.Expr
    usual: float = 0.0  # about what is usual
    neighbour: int = 0  # of which neighbour it is, counted from the nearest; 0 for the station itself
    indicator: bool = False  # whether it only says that another is not known
    station: str = ""  # of which it is, where a sample is a day at all stations

    @property
    def calendar(self) -> bool:
        """True where the date alone decides, so that the value is the same at every station."""
        return self.value.meta.root_names() == ["date"]

    @property
    def measured(self) -> bool:
        """Whether a measurement decides, and not the date alone, or the date and what is usual at the station."""
        return not all(name == "date" or name.startswith(f"{CLIMATOLOGY} ") for name in self.value.meta.root_names())


def absence(one: Input) -> Input:
    """Whether an input is not known, 1 or 0; of the calendar's it is always 0."""
    value = pl.col("date").is_null() if one.calendar else one.value.is_null()
    return Input(f"no {one.name}", "1", value, neighbour=one.neighbour, indicator=True)


def side_by_side(inputs: Sequence[Input], stations: Sequence[str]) -> list[Input]:
    """The inputs of a day at all stations: each in turn of every station, the calendar's once."""
    each = (
        [one] if one.calendar else [one._replace(name=f"{at} {one.name}", station=at) for at in stations]
        for one in inputs
    )
    return [one for here in each for one in here]


def in_season(one: Input) -> list[Input]:
    """An input's departure from what is usual times cosine and sine of the target day's season: weights that turn."""
    waves = [(name, wave(ANGLE)) for name, wave in (("cos", pl.Expr.cos), ("sin", pl.Expr.sin))]
    turned = [(f"{one.name} × {name} 1/year", (one.value - one.usual) * wave) for name, wave in waves]
    return [one._replace(name=name, value=value) for name, value in turned]


def before(column: str, days: int, unit: str) -> Input:
    """A column of the table so many days before the target day."""
    usual = ELEMENTS[column].usual if column in ELEMENTS else 0.0
    return Input(f"{column} d-{days}" if days else f"{column} d", unit, pl.col(column).shift(days), usual)


def unit_of(name: str, own: Mapping[str, str]) -> str:
    """The unit of an element, the user's own included; ConfigurationError if there is no such element."""
    if name not in ELEMENTS and name not in own:
        raise ConfigurationError(f"there is no element '{name}'; there are: {', '.join([*own, *ELEMENTS])}")
    return own[name] if name in own else ELEMENTS[name].unit


def transform(here: Input) -> Input:
    """An amount as log(1 + mm), hours as their root, anything else as it is: closer to a bell than to a spike at 0."""
    if here.unit in ("mm", "d"):
        return Input(f"log(1 + {here.name})", "1", here.value.log1p())
    return Input(f"√{here.name}", "√h", here.value.sqrt()) if here.unit == "h" else here


def sizes(name: str, size: int, most: int) -> range:
    """1 to a size; ConfigurationError unless it is a whole number from 1 to `most`."""
    if type(size) is not int or not 1 <= size <= most:
        raise ConfigurationError(f"features.{name}={size!r}: expected a whole number from 1 to {most}")
    return range(1, size + 1)
