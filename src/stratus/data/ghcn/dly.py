"""Files of fixed width: a line a station, month and element; 31 days of a value and three flags; -9999 is missing."""

import polars as pl

from stratus.data.ghcn.values import ELEMENTS, FLAGS, converted
from stratus.errors import DataError

_HEAD = r"^(?<station>[A-Z]{2}[A-Z0-9_\-]{9})(?<month>\d{6})(?<element>[A-Z0-9]{4})[ -~]*$"
_WIDTH = 269  # characters of a line: 21 and 31 days of 8


def read_dly(content: bytes, name: str, start: int) -> pl.DataFrame:
    """The long table of some lines of a .dly file.

    Args:
        content: The lines.
        name: What messages call the file.
        start: The number of the first line.

    Raises:
        DataError: A line is broken: names file and line.
    """
    text = [line.decode("ascii", "replace") for line in content.splitlines()]
    lines = pl.DataFrame({"text": text}).with_row_index("line", offset=start)
    # Copies have lost the blanks at the line's end: at most the last day's three flags.
    for row in lines.filter(~pl.col("text").str.len_chars().is_between(_WIDTH - 3, _WIDTH)).head(1).rows():
        raise DataError(f"{name}, line {row[0]}: {len(row[1])} characters; a line of a .dly file has {_WIDTH}")
    heads = lines.with_columns(pl.col("text").str.extract_groups(_HEAD)).unnest("text")
    for (line,) in heads.filter(pl.col("station").is_null()).head(1).select("line").rows():
        raise DataError(f"{name}, line {line}: {text[line - start][:40]!r} is not a line of a .dly file")
    months = heads.with_columns(pl.col("month").str.to_date("%Y%m", strict=False))
    padded = lines["text"].str.pad_end(_WIDTH)
    days = pl.concat([months.with_columns(day=k + 1, text=padded.str.slice(21 + 8 * k, 8)) for k in range(31)])
    return _values(days.filter(~pl.col("text").str.starts_with("-9999")), name)


def _values(days: pl.DataFrame, name: str) -> pl.DataFrame:
    """The long table of columns line, station, month, element, day, and text, which is a value and its flags."""
    number, date = pl.col("text").str.head(5), pl.col("month") + pl.duration(days=pl.col("day") - 1)
    for line, day, text in _first(days, ~number.str.contains(r"^ *-?\d+$")):
        raise DataError(f"{name}, line {line}: {text[:5]!r} for day {day}; expected a whole number")
    for line, day, _ in _first(days, (date.dt.month() != pl.col("month").dt.month()).fill_null(True)):
        raise DataError(f"{name}, line {line}: a value for day {day} of a month without it")
    long = days.filter(pl.col("element").is_in(ELEMENTS)).with_columns(
        number.str.strip_chars_start().cast(pl.Int32).alias("number"),
        date.alias("date"),
        *(pl.col("text").str.slice(5 + k, 1).str.strip_chars().alias(flag) for k, flag in enumerate(FLAGS)),
    )
    return long.select("station", "date", "element", converted(None), *FLAGS)


def _first(days: pl.DataFrame, fault: pl.Expr) -> list[tuple[int, int, str]]:
    """Line, day and text of the first fault; empty where there is none."""
    return days.filter(fault).sort("line", "day").select("line", "day", "text").head(1).rows()
