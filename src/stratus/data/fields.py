"""Comma-separated values as columns of text, each row with the line that it begins on.

Polars splits the fields. It fills short rows and guesses at quotes, so that every row has as many fields as the first
one, and each quote its place, is seen beforehand.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeAlias

import numpy as np
import polars as pl
import polars.selectors as cs

from stratus.data.lines import LONGEST, Block, with_commas
from stratus.errors import DataError, quoted

MOST = 10_000  # columns of a table
_NEWLINE, _QUOTE, _COMMA = b'\n",'
_EXCHANGED = str.maketrans(";,", ",;")
_DECIMAL = r"^([+-]?\d*),(\d+)$"  # a number with a decimal comma, where columns are not separated by any
_BACK = cs.string().str.replace_many([";", ","], [",", ";"]).str.replace(_DECIMAL, "$1.$2")
_Places: TypeAlias = np.ndarray[tuple[int], np.dtype[np.int64]]
_Octets: TypeAlias = np.ndarray[tuple[int], np.dtype[np.uint8]]


@dataclass(frozen=True)
class _Rows:
    """Whole rows, none of them blank."""

    content: bytes
    lines: _Places  # the line that each row begins on
    fields: _Places  # number of each row's fields
    second: int  # where in the content the second row begins


@dataclass(frozen=True)
class Table:
    """A table whose first row is known, and whose others are to be read."""

    name: str  # the file's
    first: list[str]  # the fields of the first row, without blanks around them
    line: int  # the line that it stands on
    header: bool  # whether it names the columns
    rows: Iterator[_Rows]
    exchanged: bool = False  # whether commas and semicolons are, in the rows

    def parts(self, columns: Mapping[str, int]) -> Iterator[pl.DataFrame]:
        """The rows in parts of the file: `line`, and some columns as text without blanks around it.

        `columns` are names to give to columns by their position. Raises DataError for a row with fewer or more fields
        than the first one.
        """
        places = dict(sorted(columns.items(), key=lambda one: one[1]))
        for number, rows in enumerate(self.rows):
            wrong = np.flatnonzero(rows.fields != len(self.first))
            if wrong.size:
                fault = f"{rows.fields[wrong[0]]} values; expected {len(self.first)}, one a column"
                raise DataError(f"{self.name}, line {rows.lines[wrong[0]]}: {fault}")
            above = self.header and number == 0
            found = _split(rows.content[rows.second if above else 0 :], places, rows.lines[above:])
            yield found.with_columns(_BACK) if self.exchanged else found


def open_table(blocks: Iterable[Block], name: str, *, header: bool = True) -> Table:
    """The table in the lines of a file, with or without a header; blank lines are passed over.

    By the header semicolons may separate the columns; a line above it that says so is left away.
    The table, and its rows as they are read, raise DataError if it is empty, not in UTF-8, or a quote has no place.
    """
    exchanged, blocks = with_commas(blocks) if header else (False, blocks)
    rows = _rows(blocks, name)
    begin = next(rows, None)
    if begin is None:
        raise DataError(f"{name} is empty; expected rows of comma-separated values")
    line = int(begin.lines[0])
    if begin.fields[0] > MOST:
        raise DataError(f"{name}, line {line}: {begin.fields[0]} columns; expected at most {MOST}")
    every = {str(place): place for place in range(begin.fields[0])}
    first = _split(begin.content[: begin.second], every, begin.lines[:1]).drop("line").row(0)
    if header and len(first) == 1 and first[0].count("\t") > 1:
        raise DataError(f"{name}, line {line}: tabs between the columns; save it with commas, and points in numbers")
    first = tuple(one.translate(_EXCHANGED) for one in first) if exchanged else first
    return Table(name, list(first), line, header, chain([begin], rows), exchanged)


def first(rows: pl.DataFrame, fault: pl.Expr, *columns: str) -> list[tuple[Any, ...]]:
    """Line and further columns of the first row with a fault; empty where there is none."""
    return rows.filter(fault).sort("line", maintain_order=True).select("line", *columns).head(1).rows()


def refuse(rows: pl.DataFrame, fault: pl.Expr, column: str, name: str, expected: str) -> None:
    """Raises DataError for the first row with a fault in a column: names file, line, column and value."""
    for line, value in first(rows, fault, column):
        raise DataError(f"{name}, line {line}, {column}: {quoted(value)}; expected {expected}")


def _split(content: bytes, columns: Mapping[str, int], lines: _Places) -> pl.DataFrame:
    if not content:
        return pl.DataFrame(schema={"line": pl.Int64, **dict.fromkeys(columns, pl.String)})
    frame = pl.read_csv(content, has_header=False, infer_schema=False, columns=list(columns.values()))
    frame.columns = list(columns)
    return frame.select(pl.Series("line", lines), pl.all().str.strip_chars().fill_null(""))


def _rows(blocks: Iterable[Block], name: str) -> Iterator[_Rows]:
    """The rows of blocks of lines; one that a quoted newline divides goes to the later block."""
    rest, line = b"", 1
    for block in blocks:
        _check_text(block, name)
        content, line = rest + block.content, line if rest else block.line
        ends, rows = _scan(content, line, name)
        rest = content[ends:]
        if len(rest) > LONGEST:
            break
        line += content.count(b"\n", 0, ends)
        if rows:
            yield rows
    if rest:
        raise DataError(f"{name}, line {line}: the row that begins here is not CSV: a quote in it is never closed")


def _check_text(block: Block, name: str) -> None:
    try:
        block.content.decode()
    except UnicodeDecodeError as error:
        line, octet = block.line + block.content.count(b"\n", 0, error.start), block.content[error.start]
        raise DataError(f"{name}, line {line}: not UTF-8 text (byte 0x{octet:02x}); save the file in UTF-8") from None


def _scan(content: bytes, line: int, name: str) -> tuple[int, _Rows | None]:
    """Where the whole rows of a content end that begins with one, and these, if any is not blank."""
    octets = np.frombuffer(content, np.uint8)
    newlines, commas, quotes = (np.flatnonzero(octets == one) for one in (_NEWLINE, _COMMA, _QUOTE))
    ends = newlines
    if quotes.size:
        ends, commas = (one[np.searchsorted(quotes, one) % 2 == 0] for one in (newlines, commas))
    starts = np.concatenate([[0], ends + 1])
    lines = line + np.searchsorted(newlines, starts)
    if (wrong := _misplaced(octets, quotes)).size:
        begin = lines[np.searchsorted(ends, wrong[0])]
        fault = "a quote stands within a value; quote the whole value, and write such a quote twice"
        raise DataError(f"{name}, line {begin}: the row that begins here is not CSV: {fault}")
    end, filled = int(starts[-1]), np.flatnonzero(ends > starts[:-1])
    if not filled.size:
        return end, None
    fields = np.diff(np.searchsorted(commas, ends), prepend=0) + 1
    blank = np.delete(ends, filled)
    whole = np.delete(octets[:end], blank).tobytes() if blank.size else content[:end]
    second = int(ends[filled[0]] - starts[filled[0]]) + 1
    return end, _Rows(whole, lines[filled], fields[filled], second)


def _misplaced(octets: _Octets, quotes: _Places) -> _Places:
    """The quotes that neither begin nor end a field and are not doubled within one.

    From the beginning of a row quotes open and close in turn; two of them within a field close it and open it again.
    """
    beside = np.where(np.arange(quotes.size) % 2 == 0, octets[quotes - 1], octets[(quotes + 1) % octets.size])
    return quotes[~np.isin(beside, (_NEWLINE, _COMMA, _QUOTE))]
