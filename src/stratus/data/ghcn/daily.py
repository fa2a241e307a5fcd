"""The long table of values ─► the daily table: what is dropped, what is counted, and the weather's type."""

import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import polars as pl

from stratus.data import daily_table
from stratus.data.clocks import Clocks
from stratus.data.daily_table import BELIEVED
from stratus.data.ghcn import hours
from stratus.data.ghcn.layouts import read
from stratus.data.ghcn.values import Units
from stratus.data.units import suspected
from stratus.errors import DataError
from stratus.progress import each

KEY = ["station", "date", "element"]
_IMPOSSIBLE = pl.lit(math.inf)  # is dropped and counted, as is what lies outside of an element's range


def _wind(towards: Callable[[pl.Expr], pl.Expr]) -> pl.Expr:
    """A component of the fastest two minutes' wind, before 1996 the fastest minute's; it blows from the direction."""
    found = []
    for direction, speed in ((pl.col("WDF2"), pl.col("WSF2")), (pl.col("WDF1"), pl.col("WSF1"))):
        blows = (-speed * towards(direction.radians())).round(2) + 0.0  # no -0.0
        real = direction.is_between(0, 360).fill_null(True)
        found.append(pl.when(real).then(blows).otherwise(_IMPOSSIBLE + 0 * speed))
    return pl.coalesce(found)


USUAL = {"temperature_max": "TMAX", "temperature_min": "TMIN", "precipitation": "PRCP", "snowfall": "SNOW"}
USUAL |= {"wind": "AWND"}  # columns that every table has; a day without any of them is none
MEASURED: dict[str, pl.Expr] = {column: pl.col(element) for column, element in USUAL.items()} | {
    "temperature": pl.col("TAVG"),
    "dew_point": pl.col("ADPT"),
    "humidity": pl.col("RHAV"),
    "humidity_max": pl.col("RHMX"),
    "humidity_min": pl.col("RHMN"),
    "pressure": pl.col("ASLP"),
    "wind_u": _wind(pl.Expr.sin),
    "wind_v": _wind(pl.Expr.cos),
    "wind_max": pl.coalesce("WSF2", "WSF1"),
    "gust": pl.coalesce("WSF5", "WSFG"),
    "sunshine": (pl.col("TSUN") / 60).round(3),
    "cloud": (pl.coalesce("ACMH", "ACSH") * 0.08).round(2),
    "evaporation": pl.col("EVAP"),
    "snow_depth": pl.col("SNWD"),
}  # columns of the daily table, from elements
_MADE_OF = sorted({name for value in MEASURED.values() for name in value.meta.root_names()})
USED = (*_MADE_OF, "WT04", "WT05")  # of all elements those that the daily table is made of


def read_files(
    paths: Iterable[str | Path], units: Units | None = None, *, ice_pellets: bool = False
) -> tuple[pl.DataFrame, dict[str, int], Clocks]:
    """Files of GHCN-Daily, of any layouts, as one daily table; the number of values dropped by reason; and the hours.

    Arguments are those of `layouts.pieces` and `daily`. Raises DataError if a file is broken or holds nothing of use,
    two files differ on a value, or so many values are impossible that they must be in other units.
    """
    paths = list(paths)
    if not paths:
        raise DataError("no file of GHCN-Daily was named")
    values = pl.concat([read(path, units) for path in each(paths, "reading", "files")])
    table, dropped = daily(values, ice_pellets=ice_pellets)
    if table.is_empty():
        raise DataError(f"{', '.join(map(str, paths))}: no value of {', '.join(USUAL.values())} to be believed")
    check_units(paths, believed(table), dropped["impossible"], units)
    mend = "an export in °F and inches asks for data.units=standard"
    if units == "metric" and (said := suspected(table, mend=mend)):
        raise DataError(f"{daily_table.some([*map(str, paths)])}, read as data.units=metric: {said[0]}")
    return table, dropped, hours.told(values)


def believed(table: pl.DataFrame) -> int:
    """How many measured values a daily table has."""
    return sum(table[column].count() for column in MEASURED if column in table.columns)


def check_units(paths: Sequence[str | Path], kept: int, wrong: int, units: Units | None = None) -> None:
    """Raises DataError if so many values of files are impossible, `wrong`, that all must be in other units."""
    if wrong <= (1 - BELIEVED) * (wrong + kept):
        return
    said, mend = "", "give files as NOAA publishes them, in tenths of °C and of mm"
    if units:
        said = f", read as data.units={units}"
        mend = "give the units that the export was made with, data.units=metric or standard"
    raise DataError(
        f"{daily_table.some([*map(str, paths)])}: {wrong} of {wrong + kept} values cannot be °C, mm or m/s{said}: "
        f"expected a few in a thousand; {mend}"
    )


def daily(values: pl.DataFrame, *, ice_pellets: bool = False) -> tuple[pl.DataFrame, dict[str, int]]:
    """The daily table of a long table of values; and the number of values dropped by reason.

    Values with a quality flag failed one of NOAA's checks and are dropped, and so are those that cannot be: outside
    the ranges of the daily table, or a maximum below its minimum. A trace (measurement flag T) is 0. Hail
    (WT05) of 2008 to 2010 at first-order stations (USW…) with source flag 0, or none, is an artefact of one source
    and is dropped. All are counted, of the elements in `USED`. A mean temperature (TAVG) serves where it is its
    source's own: those of hourly values (measurement flag H) are of another day, the one in UTC, and those of the
    United States are the rounded middle of both extremes; such are passed over.

    Beside the columns of `USUAL` the table has those of `MEASURED` of which there is a value.

    The type of the weather is the first that holds of hail (WT05), snow (SNOW > 0), rain (PRCP > 0) and sun, on days
    with both temperatures and precipitation. Rain and snow come from the amounts, since their flags stop in 2013 at
    automated stations; "sun" means no measurable precipitation. Ice pellets (WT04) may count as hail too.
    """
    american = pl.col("station").str.starts_with("US") | (pl.col("source") == "W")
    others = (pl.col("element") == "TAVG") & (american | (pl.col("measurement") == "H"))
    values = values.filter(pl.col("element").is_in(USED) & ~others)
    failed = pl.col("quality") != ""
    spurious = (
        (pl.col("element") == "WT05")
        & pl.col("station").str.starts_with("USW")
        & pl.col("date").dt.year().is_between(2008, 2010)
        & pl.col("source").is_in(["0", ""])
    )
    dropped = {
        "failed a quality check": values.filter(failed).height,
        "spurious hail of 2008 to 2010": values.filter(~failed & spurious).height,
    }
    traced = pl.when(pl.col("measurement") == "T").then(0.0).otherwise("value").alias("value")
    wide = _with(_wide(values.filter(~failed & ~spurious).select(*KEY, traced)), USED)
    hail = ["WT05", "WT04"] if ice_pellets else ["WT05"]
    fell = pl.any_horizontal(pl.col(name).fill_null(0) > 0 for name in hail)
    table, dropped["impossible"] = daily_table.believed(wide.select(*daily_table.KEY, **MEASURED, fell=fell))
    return _table(table), dropped


def _with(wide: pl.DataFrame, elements: Iterable[str]) -> pl.DataFrame:
    """With columns of nulls for the elements that were never measured."""
    absent = sorted(set(elements) - set(wide.columns))
    return wide.with_columns(pl.lit(None, dtype=pl.Float64).alias(name) for name in absent)


def _wide(values: pl.DataFrame) -> pl.DataFrame:
    """A row a station and day, a column an element."""
    try:
        return values.pivot(on="element", index=["station", "date"], values="value")
    except pl.exceptions.ComputeError:  # two values for one place, which is seldom looked for
        return _one_each(values).pivot(on="element", index=["station", "date"], values="value")


def _one_each(values: pl.DataFrame) -> pl.DataFrame:
    """One value a station, day and element: repeats are merged, contradictions refused."""
    single = values.select(*KEY, "value").unique()
    twice = single.filter(pl.struct(KEY).is_duplicated()).sort(*KEY, "value")
    if twice.height:
        station, day, element, value = twice.row(0)
        given = f"{value:g} and as {twice['value'][1]:g}"
        raise DataError(f"{station}, {day}, {element}: given as {given}; name one source")
    return single


def _table(table: pl.DataFrame) -> pl.DataFrame:
    """The daily table of what was measured, and of whether hail `fell`."""
    kind = pl.coalesce(
        pl.when("fell").then(pl.lit("hail")),
        pl.when(pl.col("snowfall") > 0).then(pl.lit("snow")),
        pl.when(pl.col("precipitation") > 0).then(pl.lit("rain")),
        pl.lit("sun"),
    )
    complete = pl.all_horizontal(pl.col("temperature_max", "temperature_min", "precipitation").is_not_null())
    typed = table.with_columns(pl.when(complete).then(kind).alias("weather")).drop("fell")
    known = typed.filter(pl.any_horizontal(pl.col(list(USUAL)).is_not_null()))
    if known.is_empty():
        return pl.DataFrame(schema=daily_table.SCHEMA)
    never = [name for name in MEASURED if name not in USUAL and not known[name].count()]
    return daily_table.check(known.drop(never), "GHCN-Daily")
