"""The daily table: one row per station and day; its columns, its checks, and reading it from a file."""

import csv
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from reprlib import repr as shown  # a long value is shortened

import polars as pl
import polars.selectors as cs

from stratus.errors import DataError

KEY = ("station", "date")
OPTIONAL = ("snowfall", "wind", "weather")
_HUGE = 3e38  # still finite in the float32 that models compute in
_GAP = "(or nothing where it was not measured)"
RANGES = dict.fromkeys(("temperature_max", "temperature_min"), (-90.0, 60.0))
RANGES |= dict.fromkeys(("precipitation", "snowfall", "wind"), (0.0, _HUGE))  # believable values in °C, mm and m/s
SCHEMA: dict[str, type[pl.DataType]] = {"station": pl.String, "date": pl.Date}
SCHEMA |= {**dict.fromkeys(RANGES, pl.Float64), "weather": pl.String}
_EXPECTED = {
    "station": "the station's name",
    "date": "a day of the calendar as YYYY-MM-DD",
    **dict.fromkeys(("temperature_max", "temperature_min"), f"°C between -90 and 60 {_GAP}"),
    **dict.fromkeys(("precipitation", "snowfall"), f"mm, at least 0 {_GAP}"),
    "wind": f"m/s, at least 0 {_GAP}",
    "weather": "the name of a category",
}


def read_csv(path: str | Path) -> pl.DataFrame:
    """The daily table of a CSV file whose header names the columns of `SCHEMA`, in any order; see `check`.

    Raises DataError if it cannot be read or is broken: names file, line, column, value and what was expected.
    """
    rows = _rows(path)
    line, header = next(rows, (1, []))
    if not header:
        raise DataError(f"{path} is empty; expected columns {', '.join(SCHEMA)}")
    columns = [name.strip() for name in header]
    _check_columns(columns, f"{path}, line {line}")
    read = list(rows)
    for line, row in read:
        if len(row) != len(columns):
            raise DataError(f"{path}, line {line}: {len(row)} values; expected {len(columns)}, one a column")
    table = pl.DataFrame([row for _, row in read], dict.fromkeys(columns, pl.String), orient="row")
    return _checked(table, f"{path}", lambda row: f"{path}, line {read[row][0]}")


def check(table: pl.DataFrame, source: str) -> pl.DataFrame:
    """The daily table of a table made elsewhere: columns and types of `SCHEMA`, sorted by station and date.

    Text in it is read, numbers are cast. Columns of `OPTIONAL` may be absent. Raises DataError if a value or row is
    broken: names source, row (counted from 0, as `table[row]` does), column, value and what was expected.
    """
    _check_columns(table.columns, source)
    return _checked(table, source, lambda row: f"{source}, row {row}")


def select(table: pl.DataFrame, stations: Sequence[str], source: str = "the table") -> pl.DataFrame:
    """The rows of some stations. Raises DataError if none is asked for, or one is not there: names those there are."""
    available = table["station"].unique().sort().to_list()
    unknown = [station for station in stations if station not in available]
    if unknown or not stations:
        asked = ", ".join(map(repr, unknown)) or "was asked for"
        raise DataError(f"{source}: no station {asked}; expected {' or '.join(map(repr, available))}")
    return table.filter(pl.col("station").is_in(list(stations)))


def calendar(table: pl.DataFrame) -> pl.DataFrame:
    """Every day from a station's first to its last, nulls in the gaps, so that a shift by rows is a shift by days.

    Sorted by station and date; the columns of `SCHEMA` and `temperature` = (max + min)/2 in °C.
    """
    every_day = pl.date_range(pl.col("date").min(), pl.col("date").max())
    days = table.group_by("station").agg(every_day).explode("date").sort(KEY)
    temperature = (pl.col("temperature_max") + pl.col("temperature_min")) / 2
    return days.join(table, on=KEY, how="left", maintain_order="left").with_columns(temperature=temperature)


def extend(table: pl.DataFrame, until: date) -> pl.DataFrame:
    """Let each station's calendar reach to a day, of which nothing is known yet."""
    ahead = table.select(pl.col("station").unique()).with_columns(date=pl.lit(until))
    return pl.concat([table, ahead.join(table, on=KEY, how="anti")], how="diagonal")


def _rows(path: str | Path) -> Iterator[tuple[int, list[str]]]:
    """Yield each row of a CSV file with the line that it begins on, passing over blank lines."""
    begin = 1
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            for row in reader:
                if row:
                    yield begin, row
                begin = reader.line_num + 1
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 text; save it as CSV in UTF-8") from error
    except csv.Error as error:  # most often a quote that is never closed
        raise DataError(f"{path}, line {begin}: the row that begins here is not CSV: {error}") from error


def _check_columns(columns: Sequence[str], place: str) -> None:
    faults = {
        "missing": [name for name in SCHEMA if name not in (*columns, *OPTIONAL)],
        "unknown": [shown(name) for name in columns if name not in SCHEMA],
        "repeated": [name for name in SCHEMA if columns.count(name) > 1],
    }
    found = "; ".join(f"{fault}: {', '.join(names)}" for fault, names in faults.items() if names)
    if found:
        known = f"{', '.join(SCHEMA)} ({', '.join(OPTIONAL)} may be left out)"
        raise DataError(f"{place}, columns {found}; expected {known}")


def _checked(raw: pl.DataFrame, source: str, place: Callable[[int], str]) -> pl.DataFrame:
    """Cast to `SCHEMA`, check and sort; `place` names a row by its index."""
    if raw.is_empty():
        raise DataError(f"{source} has no rows; expected one per station and day")
    absent = [pl.lit(None).alias(name) for name in OPTIONAL if name not in raw.columns]
    text = cs.string().str.strip_chars().replace("", None)
    raw = raw.with_columns(cs.numeric().cast(pl.Float64), cs.datetime().dt.date(), text, *absent)
    for name, kind in SCHEMA.items():
        if raw.schema[name] not in (pl.String, pl.Null, kind):
            raise DataError(f"{source}, column {name}: {raw.schema[name]} values; expected {_EXPECTED[name]}")
    table = raw.select(_read(name, raw.schema[name]) for name in SCHEMA)
    _check_values(raw, table, place)
    _check_rows(table, place)
    return table.sort(KEY)


def _read(name: str, given: pl.DataType) -> pl.Expr:
    """Bring a column to its type in `SCHEMA`; what is not a number or a date becomes null."""
    column = pl.col(name)
    if name == "date" and given == pl.String:  # the pattern, because the parser takes 2012-1-1 as well
        column = column.str.extract(r"^(\d{4}-\d\d-\d\d)$").str.to_date("%Y-%m-%d", strict=False)
    column = column.cast(SCHEMA[name], strict=False)
    if name == "date":
        return pl.when(column.is_between(date.min, date.max)).then(column)
    return column.fill_nan(None) if name in RANGES else column


def _check_values(raw: pl.DataFrame, table: pl.DataFrame, place: Callable[[int], str]) -> None:
    """Raise for the topmost value that is missing, cannot be read or is out of range."""
    broken = []
    for name in SCHEMA:
        given, value = raw[name].is_not_null(), table[name]
        faults = {f"is not a {'date' if name == 'date' else 'number'}": given & value.is_null()}
        if name in KEY:
            faults["is missing"] = ~given
        if name in RANGES:
            faults["is out of range"] = ~value.is_between(*RANGES[name])
        broken += [(rows.arg_true()[0], name, fault) for fault, rows in faults.items() if rows.any()]
    if broken:
        row, name, fault = min(broken, key=lambda found: found[0])
        text = raw[name].slice(row, 1).cast(pl.String).item() or ""
        raise DataError(f"{place(row)}, column {name}: {shown(text)} {fault}; expected {_EXPECTED[name]}")


def _check_rows(table: pl.DataFrame, place: Callable[[int], str]) -> None:
    """Raise for a maximum below its minimum, and for a second row of one station and day."""
    below = table["temperature_max"] < table["temperature_min"]
    if below.any():
        row = below.arg_true()[0]
        high, low = table.select("temperature_max", "temperature_min").row(row)
        fault = f"column temperature_max: {high} is below temperature_min {low}; expected maximum ≥ minimum"
        raise DataError(f"{place(row)}, {fault}")
    again = table.select(~pl.struct(KEY).is_first_distinct()).to_series()
    if again.any():
        row = again.arg_true()[0]
        station, day = table.select(KEY).row(row)
        first = ((table["station"] == station) & (table["date"] == day)).arg_true()[0]
        fault = f"{day} of {station!r} is already on {place(first)}; expected one row per station and day"
        raise DataError(f"{place(row)}, column date: {fault}")
