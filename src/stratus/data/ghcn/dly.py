"""Files of fixed width: a line a station, month and element; 31 days of a value and three flags; -9999 is missing."""

import polars as pl

from stratus.data.ghcn.values import ELEMENTS, FLAGS, converted, first
from stratus.errors import DataError

_HEAD = r"^(?<station>[A-Z]{2}[A-Z0-9_\-]{9})(?<month>\d{6})(?<element>[A-Z0-9]{4})[ -~]*$"
_WIDTH = 269  # characters of a line: 21 and 31 days of 8


def read_dly(content: bytes, name: str, start: int) -> pl.DataFrame:
    """The long table of some lines of a .dly file, `name`, the first of them line number `start`.

    Raises DataError for a broken line: names file and line.
    """
    text = [line.decode("ascii", "replace") for line in content.splitlines()]
    lines = pl.DataFrame({"text": text}).with_row_index("line", offset=start)
    # Copies have lost the blanks at the line's end: at most the last day's three flags.
    for line, broken in first(lines, ~pl.col("text").str.len_chars().is_between(_WIDTH - 3, _WIDTH), "text"):
        raise DataError(f"{name}, line {line}: {len(broken)} characters; a line of a .dly file has {_WIDTH}")
    heads = lines.with_columns(pl.col("text").str.extract_groups(_HEAD)).unnest("text")
    for (line,) in first(heads, pl.col("station").is_null()):
        raise DataError(f"{name}, line {line}: {text[line - start][:40]!r} is not a line of a .dly file")
    months = heads.with_columns(pl.col("month").str.to_date("%Y%m", strict=False))
    padded = lines["text"].str.pad_end(_WIDTH)
    days = pl.concat([months.with_columns(day=k + 1, text=padded.str.slice(21 + 8 * k, 8)) for k in range(31)])
    days = days.filter(~pl.col("text").str.starts_with("-9999"))
    number, date = pl.col("text").str.head(5), pl.col("month") + pl.duration(days=pl.col("day") - 1)
    for line, day, broken in first(days, ~number.str.contains(r"^ *-?\d+$"), "day", "text"):
        raise DataError(f"{name}, line {line}: {broken[:5]!r} for day {day}; expected a whole number")
    for line, day in first(days, (date.dt.month() != pl.col("month").dt.month()).fill_null(True), "day"):
        raise DataError(f"{name}, line {line}: a value for day {day} of a month without it")
    long = days.filter(pl.col("element").is_in(ELEMENTS)).with_columns(
        number.str.strip_chars_start().cast(pl.Int32).alias("number"),
        date.alias("date"),
        *(pl.col("text").str.slice(5 + k, 1).str.strip_chars().alias(flag) for k, flag in enumerate(FLAGS)),
    )
    return long.select("station", "date", "element", converted(None), *FLAGS)
