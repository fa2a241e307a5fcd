"""The Bureau of Meteorology's table "Rain in Australia", weatherAUS.csv ─► the daily table; its values' hours.

Its answers (RISK_MM, RainTomorrow) and RainToday are not read: rain is the next rows' Rainfall, at their own hours.
"""

import math
from pathlib import Path

import polars as pl

from stratus.data import daily_table
from stratus.data.clocks import Clocks
from stratus.data.elements import Hours
from stratus.data.fields import Table, open_table, refuse
from stratus.data.lines import blocks
from stratus.errors import DataError, quoted

BELIEVED = 0.97  # the least share of values that can be what they are said to be: else they are something else
_KEY = {"Date": "date", "Location": "station"}
_PLAIN = {
    "temperature_min": "MinTemp",
    "temperature_max": "MaxTemp",
    "precipitation": "Rainfall",
    "evaporation": "Evaporation",
    "sunshine": "Sunshine",
    **{
        f"{name}_{hour}": f"{column}{hour}"
        for hour in ("9am", "3pm")
        for name, column in (("humidity", "Humidity"), ("pressure", "Pressure"), ("temperature", "Temp"))
    },
}
_CLOUD = {f"cloud_{hour}": f"Cloud{hour}" for hour in ("9am", "3pm")}
_SPEEDS = {"gust": "WindGustSpeed"}  # km/h
_VECTORS = {
    "gust": ("WindGustSpeed", "WindGustDir", ""),
    "wind_9am": ("WindSpeed9am", "WindDir9am", "_9am"),
    "wind_3pm": ("WindSpeed3pm", "WindDir3pm", "_3pm"),
}  # speed, direction, and what ends the component's name
_DIRECTIONS = {speed: direction for speed, direction, _ in _VECTORS.values()}
_NUMBERS = (*_PLAIN.values(), *_CLOUD.values(), *_DIRECTIONS)
_UNUSED = ("RainToday", "RISK_MM", "RainTomorrow")
_NAMES = ["N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW"]
_DEGREES = {name: 22.5 * number for number, name in enumerate(_NAMES)}
_TO_9AM, _FROM_9AM = Hours(-15, 9), Hours(9, 33)
CLOCKS = Clocks(
    {
        **dict.fromkeys(("temperature_min", "precipitation", "evaporation"), _TO_9AM),
        "temperature_max": _FROM_9AM,
        **{
            f"{name}_{said}": Hours(hour, hour)
            for said, hour in (("9am", 9), ("3pm", 15))
            for name in ("humidity", "pressure", "temperature", "cloud", "wind_u", "wind_v")
        },
    }
)  # local time; sunshine and gust are of the date's own 24 hours


def read(path: str | Path) -> tuple[pl.DataFrame, dict[str, int]]:
    """The daily table of all places in the file, plain or gzipped; and the number of values dropped by reason.

    Values outside the ranges of the daily table, and extremes in the wrong order, are dropped and counted. Raises
    DataError if the file is another's, was cut off, or a line is broken: names file, line, column, value and what was
    expected.
    """
    name = str(path)
    table = open_table(blocks(path, whole=True), name)
    _check_columns(table)
    columns = {one: place for place, one in enumerate(table.first) if one not in _UNUSED}
    days = pl.concat(_typed(part, name) for part in table.parts(columns)).sort(*daily_table.KEY, "line")
    again = pl.all_horizontal(pl.col(one) == pl.col(one).shift() for one in daily_table.KEY).fill_null(False)
    refuse(days.with_columns(pl.col("date").cast(pl.String)), again, "date", name, "one row per place and day")
    found = days.select(*daily_table.KEY, **_elements())
    kept, wrong = daily_table.believed(found)
    count = sum(kept[one].count() for one in kept.columns if one not in daily_table.KEY)
    if wrong > (1 - BELIEVED) * (wrong + count):
        fault = f"{wrong} of {wrong + count} values cannot be in the Bureau's units; expected a few in a thousand"
        raise DataError(f"{name}: {fault}")
    return daily_table.check(kept, name), {"impossible": wrong}


def _check_columns(table: Table) -> None:
    """Raises DataError unless all columns of use are there, once each."""
    needed = (*_KEY, *_NUMBERS, *_DIRECTIONS.values())
    faults = {
        "missing": [one for one in needed if one not in table.first],
        "unknown": [quoted(one) for one in table.first if one not in (*needed, *_UNUSED)],
        "repeated": [one for one in needed if table.first.count(one) > 1],
    }
    said = "; ".join(f"{fault}: {daily_table.some(names)}" for fault, names in faults.items() if names)
    if said:
        raise DataError(f"{table.name}, line {table.line}, columns {said}; expected those of weatherAUS.csv")


def _typed(part: pl.DataFrame, name: str) -> pl.DataFrame:
    """A part of the file with its text as dates and numbers; the first broken field is the error."""
    part = part.with_columns(pl.exclude("line").replace("NA", ""))
    refuse(part, pl.col("Location") == "", "Location", name, "the name of a place")
    day = pl.when(pl.col("Date").str.contains(r"^\d{4}-\d\d-\d\d$")).then("Date").str.to_date("%Y-%m-%d", strict=False)
    refuse(part, day.is_null(), "Date", name, "a real day as YYYY-MM-DD")
    for column in _NUMBERS:
        broken = (pl.col(column) != "") & ~pl.col(column).cast(pl.Float64, strict=False).is_finite().fill_null(False)
        refuse(part, broken, column, name, "a number, or NA or nothing where it was not measured")
    for column in _DIRECTIONS.values():
        refuse(part, ~pl.col(column).is_in(["", *_NAMES]), column, name, f"one of {', '.join(_NAMES)}, NA or nothing")
    numbers = pl.col(_NUMBERS).cast(pl.Float64, strict=False)
    return part.select("line", pl.col("Location").alias("station"), day.alias("date"), numbers, *_DIRECTIONS.values())


def _elements() -> dict[str, pl.Expr]:
    """Columns of the daily table, from those of the file."""
    found = {name: pl.col(column) for name, column in _PLAIN.items()}
    found |= {name: pl.col(column).replace(9, 8) for name, column in _CLOUD.items()}  # 9: the sky cannot be seen
    found |= {name: pl.col(column) / 3.6 for name, column in _SPEEDS.items()}
    for name, (speed, direction, ending) in _VECTORS.items():
        angle = pl.col(direction).replace_strict(_DEGREES, default=None, return_dtype=pl.Float64) * (math.pi / 180)
        for letter, part in (("u", angle.sin()), ("v", angle.cos())):
            component = f"{name.removesuffix(ending)}_{letter}{ending}"
            blows = (pl.col(speed) / 3.6 * -part).round(3) + 0.0  # no -0.0
            found[component] = pl.when(pl.col(speed) == 0).then(0.0).otherwise(blows)  # calm has no direction
    return found
