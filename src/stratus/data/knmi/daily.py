"""KNMI's whole numbers ─► the daily table: units, what is dropped and counted, and the weather's type."""

import math
from collections.abc import Iterable
from pathlib import Path

import polars as pl

from stratus.data import daily_table
from stratus.data.daily_table import BELIEVED, KEY, some
from stratus.data.knmi.etmgeg import USED, read
from stratus.data.knmi.stations import STATIONS
from stratus.errors import DataError
from stratus.progress import each

RAIN = 0.3  # mm; less may be dew or fog
FOG = 1  # km of visibility, below which fog begins
SUN = 50  # % of the longest possible sunshine
_IMPOSSIBLE = pl.lit(math.inf)  # is dropped and counted, as is what lies outside of an element's range


def read_files(paths: Iterable[str | Path]) -> tuple[pl.DataFrame, dict[str, int]]:
    """KNMI's files of daily values as one daily table; and the number of values dropped by reason.

    Its columns are those of the daily table and of `MEASURED`, a station is named by its number; `latitude` and
    `longitude` are those of `STATIONS`. Values that cannot be are dropped and counted: those outside the ranges of the
    daily table, maxima below their minimum, codes without a meaning. Raises DataError if a file is broken or holds
    nothing of use, a day is given twice, or so many values are impossible that they must be something else.
    """
    paths = list(paths)
    if not paths:
        raise DataError("no file of KNMI was named")
    parts = [read(path).with_columns(file=pl.lit(f"{path}")) for path in each(paths, "reading", "files")]
    days = pl.concat(parts, how="diagonal").sort(KEY, maintain_order=True)
    _check_once(days)
    absent = [pl.lit(None, pl.Int32).alias(name) for name in USED if name not in days.columns]
    table, wrong = daily_table.believed(days.with_columns(absent).select(*KEY, **MEASURED))
    files, kept = some([*map(str, paths)]), sum(table[name].count() for name in MEASURED)
    if not kept:
        raise DataError(f"{files}: no value to be believed")
    if wrong > (1 - BELIEVED) * (wrong + kept):
        fault = f"{wrong} of {wrong + kept} values cannot be in the units of KNMI's files; expected a few in a thousand"
        raise DataError(f"{files}: {fault}")
    known = table.filter(pl.any_horizontal(pl.col(list(MEASURED)).is_not_null()))
    return daily_table.check(known.with_columns(weather=_weather(), **_place()), "KNMI"), {"impossible": wrong}


def _check_once(days: pl.DataFrame) -> None:
    """Raises DataError if two rows, sorted, are of the same station and day."""
    again = days.with_columns(first=pl.concat_str("file", pl.lit(", line "), "line").shift()).filter(
        pl.all_horizontal(pl.col(name) == pl.col(name).shift() for name in KEY)
    )
    for station, day, file, line, first in again.head(1).select(*KEY, "file", "line", "first").rows():
        fault = f"{day} of station {station} is already on {first}; expected one row per station and day"
        raise DataError(f"{file}, line {line}, date: {fault}")


def _divided(value: pl.Expr, by: int, digits: int) -> pl.Expr:
    return (value / by).round(digits)  # polars multiplies by 1/by: 61 tenths would be 6.1000000000000005


def _tenths(name: str) -> pl.Expr:
    return _divided(pl.col(name), 10, 1)


def _amount(name: str) -> pl.Expr:
    """Tenths, where -1 stands for less than half of one: nothing measurable."""
    return pl.when(pl.col(name) == -1).then(0.0).otherwise(_tenths(name))


def _wind(towards: pl.Expr) -> pl.Expr:
    """A component of the wind's vector mean, which blows from DDVEC degrees; 0 degrees stand for calm or variable."""
    direction, speed = pl.col("DDVEC"), _tenths("FHVEC")
    known = direction.is_between(1, 360) | (direction + pl.col("FHVEC")).is_null()
    blows = pl.when(known).then((speed * towards).round(2))
    return pl.when(direction == 0).then(0 * speed).otherwise(blows.otherwise(_IMPOSSIBLE))


def _pressure_change() -> pl.Expr:
    """Rise from the lowest to the highest pressure, a fall where the highest came first; 0 within the same hour."""
    hours = pl.col("PXH", "PNH").is_between(1, 24)
    rise = _divided((pl.col("PX") - pl.col("PN")) * (pl.col("PXH") - pl.col("PNH")).sign(), 10, 1)
    fine = pl.all_horizontal(hours) & (pl.col("PX") >= pl.col("PN"))
    return pl.when(rise.is_null() | fine).then(rise).otherwise(_IMPOSSIBLE)


def _visibility() -> pl.Expr:
    """The least that KNMI's code stands for, in km: steps of 100 m below 5 km, of 1 km to 30 km, of 5 km to 70 km."""
    code = pl.col("VVN")
    far = pl.when(code <= 80).then(code - 50.0).otherwise((5.0 * code - 370).clip(upper_bound=70))
    near = pl.when(code <= 50).then(_tenths("VVN"))
    return near.when(code.is_between(51, 55) | (code > 89)).then(_IMPOSSIBLE).otherwise(far)


MEASURED: dict[str, pl.Expr] = {
    "temperature_max": _tenths("TX"),
    "temperature_min": _tenths("TN"),
    "precipitation": _amount("RH"),
    "wind": _tenths("FG"),
    "temperature": _tenths("TG"),
    "temperature_ground": _tenths("T10N"),
    "humidity": pl.col("UG").cast(pl.Float64),
    "humidity_max": pl.col("UX").cast(pl.Float64),
    "humidity_min": pl.col("UN").cast(pl.Float64),
    "pressure": _tenths("PG"),
    "pressure_max": _tenths("PX"),
    "pressure_min": _tenths("PN"),
    "pressure_change": _pressure_change(),
    "wind_u": _wind(-pl.col("DDVEC").radians().sin()),
    "wind_v": _wind(-pl.col("DDVEC").radians().cos()),
    "wind_max": _tenths("FHX"),
    "gust": _tenths("FXX"),
    "sunshine": _amount("SQ"),
    "sunshine_share": pl.col("SP").cast(pl.Float64),
    "radiation": _divided(pl.col("Q"), 100, 2),  # J/cm² to MJ/m²
    "cloud": pl.col("NG").replace(9, 8).cast(pl.Float64),  # 9: the sky cannot be seen
    "visibility": _visibility(),
    "precipitation_duration": _tenths("DR"),
    "precipitation_max": _amount("RHX"),
    "evaporation": _tenths("EV24"),
}  # columns of the daily table, from those of KNMI


def _weather() -> pl.Expr:
    """The first that holds of rain, fog, sun and cloud; null where one of what they are told by is."""
    needed = pl.col("precipitation", "visibility", "sunshine_share").is_not_null()
    kind = (
        pl.when(pl.col("precipitation") >= RAIN)
        .then(pl.lit("rain"))
        .when(pl.col("visibility") < FOG)
        .then(pl.lit("fog"))
        .when(pl.col("sunshine_share") >= SUN)
        .then(pl.lit("sun"))
        .otherwise(pl.lit("cloud"))
    )
    return pl.when(pl.all_horizontal(needed)).then(kind)


def _place() -> dict[str, pl.Expr]:
    """Where the station stands, null if that is not known here."""
    return {
        name: pl.col("station").replace_strict(
            {number: getattr(one, name) for number, one in STATIONS.items()}, default=None, return_dtype=pl.Float64
        )
        for name in ("latitude", "longitude")
    }
