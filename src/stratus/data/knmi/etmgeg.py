"""KNMI's own files, `etmgeg_<station>.txt`: text about the columns, a line that names them, whole numbers."""

import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import polars as pl

from stratus.data.fields import Table, open_table, refuse
from stratus.data.lines import Block, blocks
from stratus.errors import DataError, quoted

USED: tuple[str, ...] = (
    "DDVEC",
    "FHVEC",
    "FG",
    "FHX",
    "FXX",
    "TG",
    "TN",
    "TX",
    "T10N",
    "SQ",
    "SP",
    "Q",
    "DR",
    "RH",
    "RHX",
    "PG",
    "PX",
)
USED += ("PXH", "PN", "PNH", "VVN", "NG", "UG", "UX", "UN", "EV24")  # columns that the daily table is made of
_UNUSED = ("FHXH", "FHN", "FHNH", "FXXH", "TNH", "TXH", "T10NH", "RHXH", "VVNH", "VVX", "VVXH", "UXH", "UNH")
_KEY = {"STN": "station", "YYYYMMDD": "date"}
_HEADER = re.compile(rb"^(?:#[ \t]*)?(?=STN,YYYYMMDD(?:,|$))", re.MULTILINE)
_DATE = "^[12][0-9]{7}$"


def read(path: str | Path) -> pl.DataFrame:
    """The days of a file of one station or several, plain or gzipped.

    Columns are `line`, `station` (its number as text), `date`, and as whole numbers in KNMI's units those of `USED`
    that the file has; null where nothing is given. Raises DataError if the file is none of KNMI's, was cut off, or a
    line is broken: names file, line, column, value and what was expected.
    """
    name = str(path)
    table = open_table(_from_header(blocks(path, whole=True), name), name)
    _check_columns(table)
    columns = {_KEY.get(one, one): place for place, one in enumerate(table.first) if one in (*_KEY, *USED)}
    return pl.concat(_checked(part, name) for part in table.parts(columns))


def _from_header(text: Iterator[Block], name: str) -> Iterator[Block]:
    """The blocks from the line on that names the columns, without its #; the text above may be of any kind."""
    first = next(text, Block(b"", 1))
    if (found := _HEADER.search(first.content)) is None:
        raise DataError(f"{name}: no line '# STN,YYYYMMDD,…' names the columns, as one does in KNMI's etmgeg_*.txt")
    above = first.content.count(b"\n", 0, found.start())
    return chain([Block(first.content[found.end() :], first.line + above)], text)


def _check_columns(table: Table) -> None:
    """Raises DataError unless each column is one of KNMI's and stands there once, and one of them is used."""
    known, place = (*_KEY, *USED, *_UNUSED), f"{table.name}, line {table.line}"
    for column in table.first:
        if column not in known:
            raise DataError(f"{place}: unknown column {quoted(column)}; expected {', '.join(known)}")
        if table.first.count(column) > 1:
            raise DataError(f"{place}: the column {column} stands there more than once")
    if not set(USED) & set(table.first):
        raise DataError(f"{place}: no column of use; expected some of {', '.join(USED)}")


def _checked(part: pl.DataFrame, name: str) -> pl.DataFrame:
    """A part of the file with its text as dates and numbers; the first broken field is the error."""
    refuse(part, ~pl.col("station").str.contains("^[1-9][0-9]{2}$"), "station", name, "a station's three digits")
    date = pl.when(pl.col("date").str.contains(_DATE)).then("date").str.to_date("%Y%m%d", strict=False)
    refuse(part, date.is_null(), "date", name, "a real day as YYYYMMDD")
    for column in part.columns[1:]:
        if column not in _KEY.values():
            broken = (pl.col(column) != "") & pl.col(column).cast(pl.Int32, strict=False).is_null()
            refuse(part, broken, column, name, "a whole number, or nothing where it was not measured")
    return part.select("line", "station", date, pl.exclude("line", "station", "date").cast(pl.Int32, strict=False))
