"""The daily table: one row per station and day; its columns, its checks, and reading it from a file."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType

import polars as pl
import polars.selectors as cs

from stratus.data.elements import ELEMENTS
from stratus.data.fields import open_table
from stratus.data.lines import blocks
from stratus.data.parquet import Parquet, is_parquet
from stratus.errors import DataError, quoted

KEY = ("station", "date")
OPTIONAL = ("snowfall", "wind", "weather")
WET = ("rain", "drizzle")  # kinds of weather on which rain falls
BELIEVED = 0.97  # the least share of values that can be what they are said to be: else they are something else
_ROWS = 1 << 18  # of Parquet that are checked at once
_SHOWN = 5  # names that a message lists
_LONGEST = 40  # letters of a name that are looked at for a typo: comparing takes their square
_GAP = "(or nothing where it was not measured)"
SCHEMA: dict[str, type[pl.DataType]] = {"station": pl.String, "date": pl.Date}  # the columns that every table has
SCHEMA |= {**dict.fromkeys([*ELEMENTS][:5], pl.Float64), "weather": pl.String}
_EXPECTED = {
    "station": "the station's name",
    "date": "a day of the calendar as YYYY-MM-DD",
    **{name: f"{element.expected} {_GAP}" for name, element in ELEMENTS.items()},
    "weather": "the name of a category",
}


def schema(columns: Iterable[str]) -> dict[str, type[pl.DataType]]:
    """The columns of `SCHEMA`, and those of `ELEMENTS` that a table has beside them, with their types."""
    given = set(columns)
    return SCHEMA | {name: pl.Float64 for name in ELEMENTS if name in given}


def read_table(path: str | Path) -> pl.DataFrame:
    """The daily table of a file of its own columns, CSV or Parquet by its content; see `check`.

    Raises DataError if it cannot be read or is broken: names file, line (of Parquet the row, counted from 0), column,
    value and what was expected.
    """
    if not is_parquet(path):
        return read_csv(path)
    file = Parquet(path)
    _check_columns(file.columns, f"{path}")
    parts = file.parts(_ROWS, pl.col(file.columns))
    return _checked((part.with_row_index("line", offset=above) for above, part in parts), f"{path}", "row")


def read_csv(path: str | Path) -> pl.DataFrame:
    """The daily table of a CSV file whose header names columns of `schema`, in any order; see `check`.

    Raises DataError if it cannot be read or is broken: names file, line, column, value and what was expected.
    """
    file = open_table(blocks(path), f"{path}")
    _check_columns(file.first, f"{path}, line {file.line}")
    columns = {name: file.first.index(name) for name in schema(file.first) if name in file.first}
    return _checked(file.parts(columns), f"{path}", "line")


def header(path: str | Path) -> list[str]:
    """The names of a file's columns, CSV or Parquet; none if there are none to be read."""
    try:
        return Parquet(path).columns if is_parquet(path) else open_table(blocks(path), f"{path}").first
    except DataError:
        return []


def check(table: pl.DataFrame, source: str) -> pl.DataFrame:
    """The daily table of a table made elsewhere: columns and types of `schema`, sorted by station and date.

    Text in it is read, numbers are cast. Columns of `OPTIONAL` may be absent, and further `ELEMENTS` be there. Raises
    DataError if a value or row is broken: names source, row (counted from 0, as `table[row]` does), column, value and
    what was expected.
    """
    _check_columns(table.columns, source)
    return _checked([table.with_row_index("line")], source, "row")


def believed(table: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Without the values outside of their element's range and the maxima below their minimum; and how many those were.

    Of an extreme that is below the other one both are left out.
    """
    names = [name for name in table.columns if name in ELEMENTS]
    fine = {name: pl.col(name).is_between(ELEMENTS[name].low, ELEMENTS[name].high) for name in names}
    for high in names:
        low = high.replace("_max", "_min")
        if low != high and low in names:
            ordered = (pl.col(high) >= pl.col(low)).fill_null(True)
            fine |= {high: fine[high] & ordered, low: fine[low] & ordered}
    kept = table.with_columns(pl.when(good).then(name).alias(name) for name, good in fine.items())
    return kept, sum(table[name].count() - kept[name].count() for name in names)


def select(
    table: pl.DataFrame,
    stations: Sequence[str],
    source: str = "the table",
    names: Mapping[str, str] = MappingProxyType({}),
) -> pl.DataFrame:
    """The rows of some stations, by what the table calls them or by their `names`, if they have such.

    Raises DataError if none is asked for, or one is not there: names those there are, the likeliest first.
    """
    available = table["station"].unique().sort().to_list()
    called = {names[one]: one for one in available if one in names} | {one: one for one in available}
    unknown = [station for station in stations if station not in called]
    if unknown or not stations:
        asked = some([*map(quoted, unknown)]) or "was asked for"
        likeliest = [called[name] for one in unknown[:_SHOWN] for name in _near(one, called)]
        shown = [
            f"{quoted(one)} ({names[one]})" if one in names else quoted(one)
            for one in dict.fromkeys([*likeliest, *available])
        ]
        raise DataError(f"{source}: no station {asked}; expected {some(shown, ' or ')}")
    return table.filter(pl.col("station").is_in([called[one] for one in stations]))


def _near(name: str, names: Iterable[str]) -> list[str]:
    """Those of some names that are spelt nearly as one, whatever its case and blanks; the nearest first."""
    plain = {one: one.casefold().replace(" ", "")[:_LONGEST] for one in (name, *names)}
    like = get_close_matches(plain.pop(name), [*{*plain.values()}], 3, 0.6)
    return sorted((one for one in plain if plain[one] in like), key=lambda one: like.index(plain[one]))


def calendar(table: pl.DataFrame, rain_from: float = 0.0) -> pl.DataFrame:
    """Every day from a station's first to its last, nulls in the gaps, so that a shift by rows is a shift by days.

    Sorted by station and date; the table's columns; `temperature`, which is (max + min)/2 in °C where a station has
    none; and `wet`, 1 or 0: whether it rained, more than nothing or from so many mm on. A day whose weather is rain or
    drizzle, with less than so many mm, is one of sun.
    """
    every_day = pl.date_range(pl.col("date").min(), pl.col("date").max())
    days = table.group_by("station").agg(every_day).explode("date").sort(KEY)
    frame = days.join(table, on=KEY, how="left", maintain_order="left")
    fell = pl.col("precipitation")
    frame = frame.with_columns(wet=((fell >= rain_from) if rain_from else (fell > 0)).cast(pl.Float64))
    if rain_from and "weather" in frame.columns:
        dry = pl.col("weather").is_in(WET) & (fell < rain_from)
        frame = frame.with_columns(weather=pl.when(dry).then(pl.lit("sun")).otherwise("weather"))
    middle = (pl.col("temperature_max") + pl.col("temperature_min")) / 2
    if "temperature" not in frame.columns:
        return frame.with_columns(temperature=middle)
    never = pl.col("temperature").count().over("station") == 0
    return frame.with_columns(temperature=pl.when(never).then(middle).otherwise("temperature"))


def extend(table: pl.DataFrame, until: date) -> pl.DataFrame:
    """Let each station's calendar reach to a day, of which nothing is known yet."""
    ahead = table.select(pl.col("station").unique()).with_columns(date=pl.lit(until))
    return pl.concat([table, ahead.join(table, on=KEY, how="anti")], how="diagonal")


def _check_columns(columns: Sequence[str], place: str) -> None:
    named = schema(columns)
    faults = {
        "missing": [name for name in SCHEMA if name not in (*columns, *OPTIONAL)],
        "unknown": [quoted(name) for name in columns if name not in named],
        "repeated": [name for name in named if columns.count(name) > 1],
    }
    found = "; ".join(f"{fault}: {some(names)}" for fault, names in faults.items() if names)
    if found:
        known = f"{', '.join(SCHEMA)} ({', '.join(OPTIONAL)} may be left out; data/README.md has further ones)"
        raise DataError(f"{place}, columns {found}; expected {known}")


def some(names: Sequence[str], joint: str = ", ") -> str:
    """The first of several names, and how many more there are."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return joint.join(names[:_SHOWN]) + more


def _checked(parts: Iterable[pl.DataFrame], source: str, unit: str) -> pl.DataFrame:
    """The daily table of its parts, which have each row's number as `line`; messages call it by the `unit`'s name."""
    table = pl.concat(_typed(part, source, unit) for part in parts).sort(*KEY, "line")
    if table.is_empty():
        raise DataError(f"{source} has no rows; expected one per station and day")
    again = table.select(line="line", first=pl.col("line").shift(), again=_same_day()).filter("again")
    if len(again):
        line, first, _ = again.row(int(again["line"].arg_min() or 0))
        station, day = table.filter(pl.col("line") == line).select(KEY).row(0)
        fault = (
            f"{day} of {quoted(station)} is already on {source}, {unit} {first}; expected one row per station and day"
        )
        raise DataError(f"{source}, {unit} {line}, column date: {fault}")
    return table.drop("line")


def _same_day() -> pl.Expr:
    """Whether a row is of the same station and day as the one above it."""
    return pl.all_horizontal(pl.col(name) == pl.col(name).shift() for name in KEY).fill_null(False)


def _typed(raw: pl.DataFrame, source: str, unit: str) -> pl.DataFrame:
    """A part in the types of `schema`, its values checked; `line` is its first column."""
    kinds = schema(raw.columns)
    absent = [pl.lit(None).alias(name) for name in OPTIONAL if name not in raw.columns]
    text = cs.string().str.strip_chars().replace("", None)
    numeric = (cs.numeric() - cs.by_name("line")).cast(pl.Float64)
    raw = raw.with_columns(numeric, cs.datetime().dt.date(), text, *absent)
    for name, kind in kinds.items():
        if raw.schema[name] not in (pl.String, pl.Null, kind):
            raise DataError(f"{source}, column {name}: {raw.schema[name]} values; expected {_EXPECTED[name]}")
    table = raw.select("line", *(_read(name, raw.schema[name]) for name in kinds))
    if (fault := _fault(raw, table)) is not None:
        row, said = fault
        raise DataError(f"{source}, {unit} {raw['line'][row]}, column {said}")
    return table


def _read(name: str, given: pl.DataType) -> pl.Expr:
    """Bring a column to its type in `schema`; what is not a number or a date becomes null."""
    column = pl.col(name)
    if name == "date" and given == pl.String:  # the pattern, because the parser takes 2012-1-1 as well
        column = column.str.extract(r"^(\d{4}-\d\d-\d\d)$").str.to_date("%Y-%m-%d", strict=False)
    column = column.cast(SCHEMA.get(name, pl.Float64), strict=False)
    if name == "date":
        return pl.when(column.is_between(date.min, date.max)).then(column)
    return column.fill_nan(None) if name in ELEMENTS else column


def _fault(raw: pl.DataFrame, table: pl.DataFrame) -> tuple[int, str] | None:
    """Row of the topmost value that is missing, cannot be read, or is out of range; and column, value and fault."""
    broken = []
    for name in table.columns[1:]:
        given, value = raw[name].is_not_null(), table[name]
        faults = {f"is not a {'date' if name == 'date' else 'number'}": given & value.is_null()}
        if name in KEY:
            faults["is missing"] = ~given
        if name in ELEMENTS:
            faults["is out of range"] = ~value.is_between(ELEMENTS[name].low, ELEMENTS[name].high)
        if name == "temperature_max":
            faults["is below temperature_min"] = value < table["temperature_min"]
        broken += [(rows.arg_true()[0], name, fault) for fault, rows in faults.items() if rows.any()]
    if not broken:
        return None
    row, name, fault = min(broken, key=lambda found: found[0])
    expected = _EXPECTED[name]
    if fault == "is below temperature_min":
        fault, expected = f"{fault} {table['temperature_min'][row]}", "maximum ≥ minimum"
    given = raw[name].slice(row, 1)
    text = given.to_physical().cast(pl.String).item() or ""
    if text and given.dtype == pl.Date:  # of a year that neither Python nor polars need have
        text += " days from 1970-01-01"
    return row, f"{name}: {quoted(text)} {fault}; expected {expected}"
