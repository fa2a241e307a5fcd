"""Inputs x: each feature set is one function from a lead and its own settings to polars expressions.

They are evaluated station by station on a table with one row for every day: `shift(k)` reaches k days back.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, NamedTuple

import polars as pl

from stratus.data.elements import ELEMENTS
from stratus.errors import ConfigurationError

ALWAYS = ("temperature_max", "temperature_min", "wind", "precipitation")  # elements that most stations measure
PLACED = ("latitude", "longitude")  # which say where a station is, and nothing of a day
NOTHING: Mapping[str, str] = MappingProxyType({})
YEAR = 365.25  # length of a year in days, as the harmonics count it


_ANGLE = 2 * math.pi / YEAR * pl.col("date").dt.ordinal_day().cast(pl.Float64)  # of the target day in its year


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
    waves = [(name, wave(_ANGLE)) for name, wave in (("cos", pl.Expr.cos), ("sin", pl.Expr.sin))]
    turned = [(f"{one.name} × {name} 1/year", (one.value - one.usual) * wave) for name, wave in waves]
    return [one._replace(name=name, value=value) for name, value in turned]


def _before(column: str, days: int, unit: str) -> Input:
    usual = ELEMENTS[column].usual if column in ELEMENTS else 0.0
    return Input(f"{column} d-{days}" if days else f"{column} d", unit, pl.col(column).shift(days), usual)


def _sizes(name: str, size: int, most: int) -> range:
    """1 to a size; ConfigurationError unless it is a whole number from 1 to `most`."""
    if type(size) is not int or not 1 <= size <= most:
        raise ConfigurationError(f"features.{name}={size!r}: expected a whole number from 1 to {most}")
    return range(1, size + 1)


def two_days(lead_days: int) -> list[Input]:
    """Average temperatures (°C) of two consecutive days, the lecture's input: days d-lead-1 and d-lead."""
    return [_before("temperature", lead_days + 1, "°C"), _before("temperature", lead_days, "°C")]


def quadratic(lead_days: int) -> list[Input]:
    """The two days' temperatures T1 and T2 (°C) with T1², T2² and T1·T2 (°C²): a curved boundary, still linear in W."""
    first, second = two_days(lead_days)
    pairs = [(first, first), (second, second), (first, second)]
    return [first, second, *(Input(f"{a.name} × {b.name}", "°C²", a.value * b.value) for a, b in pairs)]


def day_of_year(lead_days: int, degree: Annotated[int, "highest power of the day of the year"] = 1) -> list[Input]:
    """Powers 1 to `degree` of the target day's number within its year, 1 to 366; known in advance at any lead."""
    day = pl.col("date").dt.ordinal_day().cast(pl.Float64)  # 366^15 is still finite in float32
    names = {
        p: (f"day of year^{p}", f"d{p}") if p > 1 else ("day of year", "d")
        for p in _sizes("day_of_year.degree", degree, 15)
    }
    return [Input(*name, day.pow(p)) for p, name in names.items()]


def harmonics(lead_days: int, k: Annotated[int, "waves a year: 1 to k"] = 2) -> list[Input]:
    """Cosine and sine of 2πj · day of year / 365.25 for j = 1 to `k`: the cycle of the year in 2k numbers."""
    numbers = _sizes("harmonics.k", k, 183)  # days tell no faster wave
    waves = [(j, name, wave) for j in numbers for name, wave in (("cos", pl.Expr.cos), ("sin", pl.Expr.sin))]
    return [Input(f"{name} {j}/year", "1", wave(_ANGLE * j)) for j, name, wave in waves]


def station(
    lead_days: int,
    elements: Annotated[list[str] | None, "what of it; null: all that it measured"] = None,
    transformed: Annotated[bool, "amounts as log(1 + mm), hours as roots"] = False,
    *,
    own: Mapping[str, str] = NOTHING,
) -> list[Input]:
    """What the station measured on the last day known, in each element's unit, and whether it was wet (0 or 1).

    That is day d-lead, and the day before at lead 0, where the target day's own rain would be the answer. `own` are
    units of elements of the user's.
    """
    days = max(lead_days, 1)
    chosen = list(ALWAYS if elements is None else elements)
    inputs = [_before(name, days, _unit(name, own)) for name in chosen]
    inputs = [*map(_transformed, inputs)] if transformed else inputs
    if "precipitation" in chosen:  # after those that most stations measure
        place = 1 + max(chosen.index(name) for name in ALWAYS if name in chosen)
        inputs.insert(place, Input(f"wet d-{days}", "1", pl.col("wet").shift(days)))
    return inputs


def neighbours(
    lead_days: int,
    elements: Annotated[list[str] | None, "what of them; null: all that was measured"] = None,
    transformed: Annotated[bool, "amounts as log(1 + mm), hours as roots"] = False,
    k: Annotated[int, "so many of the nearest stations, or as many as there are"] = 5,
    *,
    own: Mapping[str, str] = NOTHING,
) -> list[Input]:
    """What the k nearest stations measured on the last day known, as `station` has it; they stand in order of distance.

    Where the target is asked at all stations at once, each is told of all of them, and no order is needed.
    """
    here = station(lead_days, elements, transformed, own=own)
    numbers = _sizes("neighbours.k", k, 1000)
    return [one._replace(name=f"{one.name} at neighbour {j}", neighbour=j) for j in numbers for one in here]


def _unit(name: str, own: Mapping[str, str]) -> str:
    if name not in ELEMENTS and name not in own:
        raise ConfigurationError(f"there is no element '{name}'; there are: {', '.join([*own, *ELEMENTS])}")
    return own[name] if name in own else ELEMENTS[name].unit


def _transformed(here: Input) -> Input:
    """An amount as log(1 + mm), hours as their root, anything else as it is: closer to a bell than to a spike at 0."""
    if here.unit == "mm":
        return Input(f"log(1 + {here.name})", "1", here.value.log1p())
    return Input(f"√{here.name}", "√h", here.value.sqrt()) if here.unit == "h" else here


FEATURES: dict[str, Callable[..., list[Input]]] = {
    function.__name__: function for function in (two_days, quadratic, day_of_year, harmonics, station, neighbours)
}
