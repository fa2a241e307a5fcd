"""The layouts in which GHCN-Daily is published, told by their content and read into one long table (see `values`)."""

import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO, cast

import polars as pl

from stratus.data.ghcn.values import ELEMENTS, FLAGS, Units, checked, converted, first
from stratus.errors import DataError

_DLY_HEAD = r"^(?<station>[A-Z]{2}[A-Z0-9_\-]{9})(?<month>\d{6})(?<element>[A-Z0-9]{4})[ -~]*$"
_DLY_WIDTH = 269  # characters of a line: 21 and 31 days of 8
_DLY = re.compile(rb"[A-Z]{2}[A-Z0-9_\-]{9}\d{6}[A-Z0-9]{4}")
_ROW = re.compile(rb'"?[A-Z]{2}[A-Z0-9_\-]{9}"?,\d{8},')


def read(path: str | Path, units: Units | None = None) -> pl.DataFrame:
    """A GHCN-Daily file of any layout as one long table; arguments and errors are those of `pieces`."""
    return pl.concat(pieces(path, units))


def pieces(path: str | Path, units: Units | None = None, size: int = 1 << 25) -> Iterator[pl.DataFrame]:
    """Reads a GHCN-Daily file of any layout into long tables, a piece of the file after another, in bounded memory.

    It is a .dly, by-year, by-station, access or Climate Data Online file, plain or gzipped, or Parquet; a piece has
    `size` bytes of text, or a sixteenth as many rows of Parquet. A Climate Data Online export with ISO dates does not
    say its units: `metric` (°C, mm, m/s) or `standard` (°F, inches, miles an hour). Raises DataError if the layout is
    unknown, or a line, number or date is broken: names file and line.
    """
    name = str(path)
    try:
        with open(path, "rb") as file:
            start = file.read(4)
        if start == b"PAR1":
            yield from _parquet(Path(path), size // 16)
            return
        with gzip.open(path) if start[:2] == b"\x1f\x8b" else open(path, "rb") as file:
            yield from _text(cast(BinaryIO, file), name, units, size)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{name}: cannot be read ({getattr(error, 'strerror', None) or error})") from None


def _text(file: BinaryIO, name: str, units: Units | None, size: int) -> Iterator[pl.DataFrame]:
    """The pieces of a file of lines, each read in the layout that the first one shows."""
    blocks = _blocks(file, size)
    first_block = next(blocks, b"")
    top = first_block.lstrip(b"\xef\xbb\xbf\r\n \t").split(b"\n", 1)[0].rstrip(b"\r")
    line = 1
    if _DLY.match(top) and b"," not in top:
        for block in chain([first_block], blocks):
            yield _dly(block, name, line)
            line += block.count(b"\n")
        return
    layout = _csv_layout(top, name)
    header = b"" if _ROW.match(top) else top + b"\n"
    for block in chain([first_block], blocks):
        content = block if line == 1 else header + block
        above = line - bool(header and line > 1)  # the line number that the content's own first line stands for
        yield layout(_text_columns(content, name, header=bool(header), line=above), name, units)
        line += block.count(b"\n")


def _blocks(file: BinaryIO, size: int) -> Iterator[bytes]:
    """A file's bytes in blocks of whole lines."""
    rest = b""
    while block := file.read(size):
        whole, newline, rest_of_block = block.rpartition(b"\n")
        if newline:
            yield rest + whole + newline
            rest = b""
        rest += rest_of_block
    if rest:
        yield rest


def _dly(content: bytes, name: str, start: int) -> pl.DataFrame:
    """Fixed width: a line a station, month and element; 31 days of a value and three flags; -9999 is missing."""
    text = [line.decode("ascii", "replace") for line in content.splitlines()]
    lines = pl.DataFrame({"text": text}).with_row_index("line", offset=start)
    # Copies have lost the blanks at the line's end: at most the last day's three flags.
    for line, broken in first(lines, ~pl.col("text").str.len_chars().is_between(_DLY_WIDTH - 3, _DLY_WIDTH), "text"):
        raise DataError(f"{name}, line {line}: {len(broken)} characters; a line of a .dly file has {_DLY_WIDTH}")
    heads = lines.with_columns(pl.col("text").str.extract_groups(_DLY_HEAD)).unnest("text")
    for (line,) in first(heads, pl.col("station").is_null()):
        raise DataError(f"{name}, line {line}: {text[line - start][:40]!r} is not a line of a .dly file")
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
    return long.select("station", "date", "element", converted(None), *FLAGS)


def _csv_layout(top: bytes, name: str) -> Callable[[pl.DataFrame, str, Units | None], pl.DataFrame]:
    columns = [column.strip().strip('"') for column in top.decode("utf-8", "replace").split(",")]
    if _ROW.match(top) or (columns[0] == "ID" and len(columns) >= 4 and columns[2] == "ELEMENT"):
        return _by_row
    if {"STATION", "DATE"} <= set(columns):
        return _access if any(column.endswith("_ATTRIBUTES") for column in columns) else _export
    raise DataError(f"{name}, line 1: no known layout of GHCN-Daily begins with {top[:60]!r}")


def _text_columns(content: bytes, name: str, *, header: bool, line: int) -> pl.DataFrame:
    """The fields of CSV as text, blanks around them stripped, with the line each row stands on; `line` is the first."""
    try:
        frame = pl.read_csv(io.BytesIO(content), has_header=header, infer_schema=False)
    except pl.exceptions.NoDataError:
        raise DataError(f"{name}: the file is empty") from None
    except (pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        raise DataError(f"{name}: not a table of comma-separated values ({str(error).splitlines()[0]})") from None
    stripped = frame.select(pl.all().str.strip_chars().fill_null("")).rename(str.strip)
    return stripped.with_row_index("line", offset=line + header)


def _by_row(frame: pl.DataFrame, name: str, units: Units | None) -> pl.DataFrame:
    """By-year and by-station files: ID, YYYYMMDD, ELEMENT, VALUE, M, Q, S flags and perhaps the time."""
    fields = [column for column in frame.columns if column != "line"]
    if len(fields) < 7:
        line = frame["line"][0] if len(frame) else 1  # a quote in the header that is not closed leaves no other
        raise DataError(f"{name}, line {line}: {len(fields)} fields; a by-year file has seven or eight")
    names = dict(zip(fields, ["station", "date", "element", "value", *FLAGS], strict=False))
    return checked(frame.select("line", *names).rename(names), name, date="%Y%m%d")


def _access(frame: pl.DataFrame, name: str, units: Units | None) -> pl.DataFrame:
    """Access files: a row a day, for each element its value and its attributes "M,Q,S" or "M,Q,S,time"."""
    elements = [column for column in frame.columns if f"{column}_ATTRIBUTES" in frame.columns]
    if not elements:
        raise DataError(f"{name}, line 1: no element with a column of its attributes")
    flags = pl.col("flags").str.splitn(",", 4).struct
    day = {"station": "STATION", "date": "DATE"}
    long = pl.concat(
        frame.select("line", **day, element=pl.lit(one), value=one, flags=f"{one}_ATTRIBUTES") for one in elements
    )
    named = [flags.field(f"field_{k}").fill_null("").alias(flag) for k, flag in enumerate(FLAGS)]
    return checked(long.filter(pl.col("value") != "").with_columns(named).drop("flags"), name, date="%Y-%m-%d")


def _export(frame: pl.DataFrame, name: str, units: Units | None) -> pl.DataFrame:
    """Climate Data Online: a row a day, no flags. Old form: tenths, -9999, YYYYMMDD; new form: ISO dates, `units`."""
    old = frame["DATE"].str.contains(r"^\d{8}$").all()
    if not old and units is None:
        raise DataError(
            f"{name}: an export of Climate Data Online does not say its units: "
            "choose data.units=metric (°C, mm) or data.units=standard (°F, inches)"
        )
    elements = [column for column in frame.columns if column in ELEMENTS]
    long = frame.unpivot(on=elements, index=["line", "STATION", "DATE"], variable_name="element").with_columns(
        pl.col("STATION").str.strip_prefix("GHCND:"), *(pl.lit("").alias(flag) for flag in FLAGS)
    )
    long = long.filter(~pl.col("value").is_in(["", "-9999"])).rename({"STATION": "station", "DATE": "date"})
    return checked(long, name, date="%Y%m%d" if old else "%Y-%m-%d", units=None if old else units)


def _parquet(path: Path, size: int) -> Iterator[pl.DataFrame]:
    """The bucket's Parquet: ID, DATE, DATA_VALUE and flags as columns, the element as ELEMENT=… in the path."""
    flags = {"M_FLAG": "measurement", "Q_FLAG": "quality", "S_FLAG": "source"}
    columns = {"ID": "station", "DATE": "date", "DATA_VALUE": "value"} | flags
    element = re.search(r"ELEMENT=([A-Z0-9]{4})(?:/|$)", path.as_posix())
    try:
        frame = pl.scan_parquet(path, hive_partitioning=False)
        found = frame.collect_schema().names()
        if missing := [column for column in columns if column not in found]:
            raise DataError(f"{path}: no column {', '.join(missing)}; expected {', '.join(columns)}")
        if "ELEMENT" not in found and not element:
            raise DataError(f"{path}: no element; expected a folder ELEMENT=TMAX or the like above the file")
        named = pl.col("ELEMENT") if "ELEMENT" in found else pl.lit(element[1] if element else "")
        text = frame.select(pl.col(list(columns)).cast(pl.String).fill_null(""), named.alias("element"))
        rows = frame.select(pl.len()).collect().item()
        for start in range(0, max(rows, 1), size):
            part = text.slice(start, size).collect().rename(columns).with_row_index("line", offset=start + 1)
            yield checked(part, str(path), date="%Y%m%d")
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(f"{path}: not a readable Parquet file ({str(error).splitlines()[0]})") from None
