"""The long table of values ─► the daily table: what is dropped, what is counted, and the weather's type."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import polars as pl

from stratus.data import daily_table
from stratus.data.daily_table import BELIEVED
from stratus.data.ghcn.layouts import read
from stratus.data.ghcn.values import Units
from stratus.errors import DataError

KEY = ["station", "date", "element"]
MEASURED = {"TMAX": "temperature_max", "TMIN": "temperature_min", "PRCP": "precipitation"}
MEASURED |= {"SNOW": "snowfall", "AWND": "wind"}  # elements with the columns that they become
USED = (*MEASURED, "WT04", "WT05")  # of all elements those that the daily table is made of


def read_files(
    paths: Iterable[str | Path], units: Units | None = None, *, ice_pellets: bool = False
) -> tuple[pl.DataFrame, dict[str, int]]:
    """Files of GHCN-Daily, of any layouts, as one daily table; and the number of values dropped by reason.

    Arguments are those of `layouts.pieces` and `daily`. Raises DataError if a file is broken or holds nothing of use,
    two files differ on a value, or so many values are impossible that they must be in other units.
    """
    paths = list(paths)
    if not paths:
        raise DataError("no file of GHCN-Daily was named")
    table, dropped = daily(pl.concat([read(path, units) for path in paths]), ice_pellets=ice_pellets)
    if table.is_empty():
        raise DataError(f"{', '.join(map(str, paths))}: no value of {', '.join(MEASURED)} to be believed")
    check_units(paths, believed(table), dropped["impossible"], units)
    return table, dropped


def believed(table: pl.DataFrame) -> int:
    """How many measured values a daily table has."""
    return sum(table[column].count() for column in MEASURED.values())


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
    and is dropped. All are counted, of the elements in `USED`.

    The type of the weather is the first that holds of hail (WT05), snow (SNOW > 0), rain (PRCP > 0) and sun, on days
    with both temperatures and precipitation. Rain and snow come from the amounts, since their flags stop in 2013 at
    automated stations; "sun" means no measurable precipitation. Ice pellets (WT04) may count as hail too.
    """
    values = values.filter(pl.col("element").is_in(USED))
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
    wide = _one_each(values.filter(~failed & ~spurious).with_columns(traced)).pivot(
        on="element", index=["station", "date"], values="value"
    )
    fine, dropped["impossible"] = daily_table.believed(_with(wide, MEASURED).rename(MEASURED))
    return _table(fine, ["WT05", "WT04"] if ice_pellets else ["WT05"]), dropped


def _with(wide: pl.DataFrame, elements: Iterable[str]) -> pl.DataFrame:
    """With columns of nulls for the elements that were never measured."""
    absent = sorted(set(elements) - set(wide.columns))
    return wide.with_columns(pl.lit(None, dtype=pl.Float64).alias(name) for name in absent)


def _one_each(values: pl.DataFrame) -> pl.DataFrame:
    """One value a station, day and element: repeats are merged, contradictions refused."""
    single = values.select(*KEY, "value").unique()
    twice = single.filter(pl.struct(KEY).is_duplicated()).sort(*KEY, "value")
    if twice.height:
        station, day, element, value = twice.row(0)
        given = f"{value:g} and as {twice['value'][1]:g}"
        raise DataError(f"{station}, {day}, {element}: given as {given}; name one source")
    return single


def _table(wide: pl.DataFrame, hail: list[str]) -> pl.DataFrame:
    wide = _with(wide, hail)
    fell = pl.any_horizontal(pl.col(name).fill_null(0) > 0 for name in hail)
    kind = pl.coalesce(
        pl.when(fell).then(pl.lit("hail")),
        pl.when(pl.col("snowfall") > 0).then(pl.lit("snow")),
        pl.when(pl.col("precipitation") > 0).then(pl.lit("rain")),
        pl.lit("sun"),
    )
    measured = pl.col(list(MEASURED.values()))
    complete = pl.all_horizontal(pl.col("temperature_max", "temperature_min", "precipitation").is_not_null())
    table = wide.select("station", "date", measured, pl.when(complete).then(kind).alias("weather"))
    known = table.filter(pl.any_horizontal(measured.is_not_null()))
    return pl.DataFrame(schema=daily_table.SCHEMA) if known.is_empty() else daily_table.check(known, "GHCN-Daily")
