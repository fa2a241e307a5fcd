"""The layouts in which GHCN-Daily is published, told by their content and read into one long table (see `values`)."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import polars as pl

from stratus.data.fields import Table, first, open_table, refuse
from stratus.data.ghcn import parquet
from stratus.data.ghcn.values import ELEMENTS, FLAGS, Units, checked, converted
from stratus.data.lines import SIZE, Block, blocks
from stratus.data.parquet import is_parquet
from stratus.errors import DataError, quoted

_DLY_HEAD = r"^(?<station>[A-Z]{2}[A-Z0-9_\-]{9})(?<month>\d{6})(?<element>[A-Z0-9]{4})[ -~]*$"
_DLY_WIDTH = 269  # characters of a line: 21 and 31 days of 8
_DLY = re.compile(rb"[A-Z]{2}[A-Z0-9_\-]{9}\d{6}[A-Z0-9]{4}")
_ROW = re.compile(rb'"?[A-Z]{2}[A-Z0-9_\-]{9}"?,"?\d{8}"?,')
_BY_ROW = ["station", "date", "element", "value", *FLAGS]  # the first fields of a by-year file's row
_NAMED = {  # what headers of by-year files call them, without what is no letter
    "ID": "station",
    **dict.fromkeys(("DATE", "YEARMONTHDAY"), "date"),
    "ELEMENT": "element",
    **dict.fromkeys(("DATAVALUE", "VALUE"), "value"),
    **{"MFLAG": "measurement", "QFLAG": "quality", "SFLAG": "source", "OBSTIME": "time"},
}
_OF = "_ATTRIBUTES"  # ends the name of the column with an element's flags


def read(path: str | Path, units: Units | None = None) -> pl.DataFrame:
    """A GHCN-Daily file of any layout as one long table; arguments and errors are those of `pieces`."""
    return pl.concat(pieces(path, units))


def pieces(path: str | Path, units: Units | None = None, size: int = SIZE) -> Iterator[pl.DataFrame]:
    """Reads a GHCN-Daily file of any layout into long tables, a piece of the file after another, in bounded memory.

    It is a .dly, by-year, by-station, access or Climate Data Online file, plain or gzipped, or Parquet; a piece has
    `size` bytes of text, or a sixteenth as many rows of Parquet. A Climate Data Online export with ISO dates does not
    say its units: `metric` (°C, mm, m/s, hPa) or `standard` (°F, inches, miles an hour, inches of mercury). Raises
    DataError if the layout is unknown, the file was cut off, or a line, number or date is broken: names file and line.
    """
    name = str(path)
    if is_parquet(path):
        yield from parquet.pieces(Path(path), size // 16)
        return
    text = blocks(path, size, whole=True)
    first_block = next(text, Block(b"", 1))
    top, text = first_block.content.lstrip().split(b"\n", 1)[0], chain([first_block], text)
    if _DLY.match(top) and b"," not in top:
        yield from (_dly(block, name) for block in text)
    elif _ROW.match(top):
        yield from _plain_rows(open_table(text, name, header=False))
    else:
        yield from _headed(open_table(text, name), top, units)


def _dly(block: Block, name: str) -> pl.DataFrame:
    """Fixed width: a line a station, month and element; 31 days of a value and three flags; -9999 is missing."""
    lines = block.numbered("ascii")
    # Copies have lost the blanks at the line's end: at most the last day's three flags.
    for line, broken in first(lines, ~pl.col("text").str.len_chars().is_between(_DLY_WIDTH - 3, _DLY_WIDTH), "text"):
        raise DataError(f"{name}, line {line}: {len(broken)} characters; a line of a .dly file has {_DLY_WIDTH}")
    heads = lines.with_columns(head=pl.col("text").str.extract_groups(_DLY_HEAD)).unnest("head")
    for line, broken in first(heads, pl.col("station").is_null(), "text"):
        raise DataError(f"{name}, line {line}: {quoted(broken)} is not a line of a .dly file")
    months = heads.with_columns(pl.col("month").str.to_date("%Y%m", strict=False))
    padded = lines["text"].str.pad_end(_DLY_WIDTH)
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
    return long.select("station", "date", "element", converted(None), *FLAGS, until=pl.lit(None, pl.Float64))


def _plain_rows(table: Table) -> Iterator[pl.DataFrame]:
    """By-year and by-station files without a header: ID, YYYYMMDD, ELEMENT, VALUE, M, Q, S flags, perhaps the time."""
    if len(table.first) not in (7, 8):
        found = f"{len(table.first)} fields; a by-year file has seven or eight"
        raise DataError(f"{table.name}, line {table.line}: {found}")
    columns = {column: place for place, column in enumerate([*_BY_ROW, "time"][: len(table.first)])}
    yield from (checked(part, table.name, compact=True) for part in table.parts(columns))


def _headed(table: Table, top: bytes, units: Units | None) -> Iterator[pl.DataFrame]:
    """Files with a header, which tells a row a value from a row a day."""
    place = f"{table.name}, line {table.line}"
    _check_once(table.first, place)
    columns = {column: position for position, column in enumerate(table.first)}
    if "ELEMENT" in columns:
        named = [_NAMED.get(re.sub("[^A-Z]", "", name), "") for name in table.first]
        _check_once(named, place)
        by_row = {name: position for position, name in enumerate(named) if name}
        if missing := [column for column in _BY_ROW if column not in by_row]:
            expected = "ID, DATE, ELEMENT, DATA_VALUE, M_FLAG, Q_FLAG, S_FLAG"
            raise DataError(f"{place}: no column of the {', '.join(missing)}; expected {expected}")
        yield from (checked(part, table.name, compact=True) for part in table.parts(by_row))
    elif {"STATION", "DATE"} <= set(columns):
        _check_elements(table.first, place)
        kept = {"STATION", "DATE", *ELEMENTS, *(element + _OF for element in ELEMENTS)}
        chosen = {column: position for column, position in columns.items() if column in kept}
        access = table.first[:2] == ["STATION", "DATE"]
        yield from _by_day(table.parts(chosen), table.name, units, access=access)
    else:
        raise DataError(f"{place}: no known layout of GHCN-Daily begins with {quoted(top.decode(errors='replace'))}")


def _check_once(columns: list[str], place: str) -> None:
    """Raises for a name that two columns have."""
    if twice := [quoted(column) for column, times in Counter(columns).items() if column and times > 1]:
        raise DataError(f"{place}: the column {twice[0]} stands there more than once; expected a name a column")


def _check_elements(header: list[str], place: str) -> None:
    """Raises where a file of a row a day has no element, or of one its values or its flags alone."""
    flagged = {column.removesuffix(_OF) for column in header if column.endswith(_OF)}
    known = [column for column in header if column in ELEMENTS]
    lost = sorted(flagged - set(header))
    lost += [column + _OF for column in known if flagged and column not in flagged]
    if lost:
        raise DataError(f"{place}: no column {quoted(lost[0])}; an element and its attributes stand side by side")
    if not known:
        raise DataError(f"{place}: no column of an element, such as TMAX")


def _by_day(parts: Iterable[pl.DataFrame], name: str, units: Units | None, *, access: bool) -> Iterator[pl.DataFrame]:
    """Files of a row a day: access files, and exports of Climate Data Online, with attributes "M,Q,S,time" or without.

    Access files and the old exports, which write days as YYYYMMDD, have tenths; the newer exports do not say.
    """
    compact = None
    for part in parts:
        if compact is None and len(part):
            compact = part["DATE"].head(1).str.contains("^[0-9]{8}$").all() and not access
            if not (access or compact or units):
                raise DataError(
                    f"{name}: an export of Climate Data Online does not say its units: "
                    "choose data.units=metric (°C, mm) or data.units=standard (°F, inches); a store takes by-year files"
                )
        elements = [column for column in part.columns if column in ELEMENTS]
        long = pl.concat(_of_element(part, element) for element in elements)
        given = long.filter(pl.col("value") != "")
        faulty = ~pl.col("attributes").str.count_matches(",", literal=True).is_between(2, 3)
        refuse(given, faulty, "attributes", name, 'flags as "M,Q,S" or "M,Q,S,time"')
        flags = pl.col("attributes").str.splitn(",", 4).struct
        named = [flags.field(f"field_{k}").fill_null("").alias(flag) for k, flag in enumerate([*FLAGS, "time"])]
        flagged = given.with_columns(named).drop("attributes")
        yield checked(flagged, name, compact=bool(compact), units=None if access or compact else units)


def _of_element(days: pl.DataFrame, element: str) -> pl.DataFrame:
    attributes = pl.col(element + _OF) if element + _OF in days.columns else pl.lit(",,")
    station = pl.col("STATION").str.strip_prefix("GHCND:").alias("station")
    return days.select("line", station, date="DATE", element=pl.lit(element), value=element, attributes=attributes)
