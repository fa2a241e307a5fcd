"""The layouts in which GHCN-Daily is published, each read into one long table of values.

The long table has a row a value: `station`, `date`, `element` (TMAX, PRCP, WT05, …), `value` in °C, mm or m/s (1 where
a weather type occurred), and the flags `measurement`, `quality`, `source` as one character or "". A file's layout is
recognised from its content, never its name, and every unit is converted here and nowhere else.
"""

import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterator
from itertools import chain, pairwise
from pathlib import Path
from typing import BinaryIO, Literal, TypeAlias, cast

import numpy as np
import polars as pl

from stratus.errors import DataError

Units: TypeAlias = Literal["metric", "standard"]

LONG = {
    "station": pl.String,
    "date": pl.Date,
    "element": pl.String,
    "value": pl.Float64,
    "measurement": pl.String,
    "quality": pl.String,
    "source": pl.String,
}
FLAGS = ["measurement", "quality", "source"]
TEMPERATURES = ("TMAX", "TMIN", "TAVG", "TOBS")
TENTHS = (*TEMPERATURES, "PRCP", "AWND")
"""Elements published in tenths of their unit; SNOW and SNWD are whole millimetres, weather types are 1."""
ELEMENTS = (*TENTHS, "SNOW", "SNWD", *(f"WT{k:02d}" for k in range(1, 23)))
"""Elements that are kept: those whose unit is known here."""

_DLY = re.compile(rb"[A-Z]{2}[A-Z0-9_\-]{9}\d{6}[A-Z0-9]{4}")
_ROW = re.compile(r'"?[A-Z]{2}[A-Z0-9_\-]{9}"?,\d{8},')
_WIDTH = 269  # characters of a .dly line: 21 and 31 days of 8


def read(path: str | Path, units: Units | None = None) -> pl.DataFrame:
    """Reads a GHCN-Daily file of any layout into the long table.

    Args:
        path: A .dly, by-year, by-station, access or Climate Data Online file, plain or gzipped, or Parquet.
        units: Of a Climate Data Online export with ISO dates, which does not say them: `metric` (°C, mm, m/s) or
            `standard` (°F, inches, miles an hour).

    Raises:
        DataError: The layout is unknown, or a line, number or date is broken: names file and line.
    """
    return pl.concat(pieces(path, units))


def pieces(path: str | Path, units: Units | None = None, size: int = 1 << 25) -> Iterator[pl.DataFrame]:
    """As `read`, a piece of the file after another, so that a file of any size is read in bounded memory.

    Args:
        path: As in `read`.
        units: As in `read`.
        size: Bytes of text in a piece, or sixteen times the rows of a Parquet file.
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
    first = first_block.lstrip(b"\xef\xbb\xbf\r\n \t").split(b"\n", 1)[0].rstrip(b"\r")
    line = 1
    if _DLY.match(first) and b"," not in first:
        for block in chain([first_block], blocks):
            yield _dly(block, name, line)
            line += block.count(b"\n")
        return
    layout = _csv_layout(first.decode("utf-8", "replace"))
    if layout is None:
        raise DataError(f"{name}, line 1: no known layout of GHCN-Daily begins with {first[:60]!r}")
    header = b"" if layout is _headerless else first + b"\n"
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
        if not newline:
            rest += block
            continue
        yield rest + whole + newline
        rest = rest_of_block
    if rest:
        yield rest


_CsvReader: TypeAlias = Callable[[pl.DataFrame, str, Units | None], pl.DataFrame]


def _csv_layout(first: str) -> _CsvReader | None:
    if _ROW.match(first):
        return _headerless
    columns = [column.strip().strip('"') for column in first.split(",")]
    if columns[0] == "ID" and len(columns) >= 4 and columns[2] == "ELEMENT":
        return _by_row
    if {"STATION", "DATE"} <= set(columns):
        return _access if any(column.endswith("_ATTRIBUTES") for column in columns) else _export
    return None


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


def _headerless(frame: pl.DataFrame, name: str, units: Units | None) -> pl.DataFrame:
    return _by_row(frame, name, units)


def _by_row(frame: pl.DataFrame, name: str, units: Units | None) -> pl.DataFrame:
    """By-year and by-station files: ID, YYYYMMDD, ELEMENT, VALUE, M, Q, S flags and perhaps the time."""
    fields = [column for column in frame.columns if column != "line"]
    if len(fields) < 7:
        line = frame["line"][0] if len(frame) else 1  # a quote in the header that is not closed leaves no other
        raise DataError(f"{name}, line {line}: {len(fields)} fields; a by-year file has seven or eight")
    names = dict(zip(fields, ["station", "date", "element", "value", *FLAGS], strict=False))
    return _finish(frame.select("line", *names).rename(names), name, date="%Y%m%d")


def _access(frame: pl.DataFrame, name: str, units: Units | None) -> pl.DataFrame:
    """Access files: a row a day, for each element its value and its attributes "M,Q,S" or "M,Q,S,time"."""
    elements = [column for column in frame.columns if f"{column}_ATTRIBUTES" in frame.columns]
    if not elements:
        raise DataError(f"{name}, line 1: no element with a column of its attributes")
    flags = pl.col("flags").str.splitn(",", 4).struct
    long = pl.concat(
        [
            frame.select(
                "line",
                pl.col("STATION").alias("station"),
                pl.col("DATE").alias("date"),
                pl.lit(element).alias("element"),
                pl.col(element).alias("value"),
                pl.col(f"{element}_ATTRIBUTES").alias("flags"),
            )
            for element in elements
        ]
    )
    named = [flags.field(f"field_{k}").fill_null("").alias(flag) for k, flag in enumerate(FLAGS)]
    return _finish(long.filter(pl.col("value") != "").with_columns(named).drop("flags"), name, date="%Y-%m-%d")


def _export(frame: pl.DataFrame, name: str, units: Units | None) -> pl.DataFrame:
    """Climate Data Online: a row a day, no flags. Old form: tenths, -9999, YYYYMMDD; new form: ISO dates, `units`."""
    old = frame["DATE"].str.contains(r"^\d{8}$").all()
    if not old and units is None:
        raise DataError(
            f"{name}: an export of Climate Data Online does not say its units: "
            "choose data.units=metric (°C, mm) or data.units=standard (°F, inches)"
        )
    elements = [column for column in frame.columns if column in ELEMENTS]
    long = frame.unpivot(on=elements, index=["line", "STATION", "DATE"], variable_name="element").select(
        "line",
        pl.col("STATION").str.strip_prefix("GHCND:").alias("station"),
        pl.col("DATE").alias("date"),
        "element",
        "value",
        *(pl.lit("").alias(flag) for flag in FLAGS),
    )
    long = long.filter(~pl.col("value").is_in(["", "-9999"]))
    return _finish(long, name, date="%Y%m%d" if old else "%Y-%m-%d", units=None if old else units)


def _finish(long: pl.DataFrame, name: str, date: str, units: Units | None = None) -> pl.DataFrame:
    """Text to dates and numbers in °C, mm and m/s; the first broken field is the error.

    Published access files hold rows dated 2023/5/20 among those dated 2022-12-31.
    """
    parsed = long.with_columns(
        pl.coalesce(pl.col("date").str.to_date(form, strict=False) for form in (date, date.replace("-", "/"))).alias(
            "day"
        ),
        pl.col("value").cast(pl.Float64, strict=False).alias("number"),
    )
    for column, broken, expected in (
        ("station", ~pl.col("station").str.contains(r"^[A-Z0-9_\-]{11}$"), "a station's eleven characters"),
        ("date", pl.col("day").is_null(), "a real day as " + ("YYYYMMDD" if date == "%Y%m%d" else "YYYY-MM-DD")),
        ("element", ~pl.col("element").str.contains("^[A-Z0-9]{4}$"), "an element's four characters"),
        ("value", pl.col("number").is_null() | ~pl.col("number").is_finite(), "a number"),
        *((flag, pl.col(flag).str.len_bytes() > 1, "one character or none") for flag in FLAGS),
    ):
        if (bad := parsed.filter(broken)).height:
            line, value = bad.sort("line").select("line", column).row(0)
            raise DataError(f"{name}, line {line}, {column}: {value[:40]!r}; expected {expected}")
    kept = parsed.filter(pl.col("element").is_in(ELEMENTS) & (pl.col("number") != -9999))
    return kept.select("station", pl.col("day").alias("date"), "element", _converted(units), *FLAGS)


def _converted(units: Units | None) -> pl.Expr:
    """A value in °C, mm or m/s; None stands for GHCN-Daily's own tenths."""
    element, number = pl.col("element"), pl.col("number")
    if units is None:
        converted = pl.when(element.is_in(TENTHS)).then((number / 10).round(1)).otherwise(number)
    elif units == "metric":
        converted = number
    else:
        converted = (
            pl.when(element.is_in(TEMPERATURES))
            .then((number - 32) / 1.8)
            .when(element.is_in(["PRCP", "SNOW", "SNWD"]))
            .then(number * 25.4)
            .when(element == "AWND")
            .then(number * 0.44704)
            .otherwise(number)
        )
    return converted.alias("value")


def _dly(content: bytes, name: str, start: int) -> pl.DataFrame:
    """Fixed width: a line a station, month and element, 31 days of value and three flags; -9999 is missing."""
    lines = content.splitlines()
    widths = np.fromiter(map(len, lines), int, len(lines))
    # Copies have lost the blanks at the line's end: at most the last day's three flags.
    if (wrong := np.flatnonzero((widths < _WIDTH - 3) | (widths > _WIDTH))).size:
        width = widths[wrong[0]]
        raise DataError(f"{name}, line {wrong[0] + start}: {width} characters; a line of a .dly file has {_WIDTH}")
    table = np.frombuffer(b"".join(line.ljust(_WIDTH) for line in lines), dtype=np.uint8).reshape(-1, _WIDTH)
    printable = ((table >= ord(" ")) & (table <= ord("~"))).all(axis=1)
    heads = pl.DataFrame({"head": [line[:21].decode("ascii", "replace") for line in lines]}).select(
        pl.col("head").str.extract_groups(_HEAD).struct.unnest()
    )
    if (wrong := np.flatnonzero(~printable | heads["station"].is_null().to_numpy())).size:
        raise DataError(f"{name}, line {wrong[0] + start}: {lines[wrong[0]][:40]!r} is not a line of a .dly file")
    days = np.ascontiguousarray(table[:, 21:]).reshape(-1, 31, 8)
    values = _integers(days[:, :, :5], name, start)
    row, day = np.nonzero(values != -9999)
    months = heads["month"].str.to_date("%Y%m", strict=False).to_numpy().astype("datetime64[M]")[row]
    dates = months.astype("datetime64[D]") + day
    if (wrong := np.flatnonzero(np.isnat(dates) | (dates.astype("datetime64[M]") != months))).size:
        line, number = row[wrong[0]] + start, day[wrong[0]] + 1
        raise DataError(f"{name}, line {line}: a value for day {number} of a month without it")
    flags = days[row, day, 5:]
    long = heads.select("station", "element")[row].with_columns(
        pl.Series("date", dates),
        pl.Series("number", values[row, day]),
        *(_CHARACTERS.gather(flags[:, k]).alias(flag) for k, flag in enumerate(FLAGS)),
    )
    kept = long.filter(pl.col("element").is_in(ELEMENTS))
    return kept.select("station", "date", "element", _converted(None), *FLAGS)


_HEAD = r"^(?<station>[A-Z]{2}[A-Z0-9_\-]{9})(?<month>\d{6})(?<element>[A-Z0-9]{4})$"
_CHARACTERS = pl.Series([chr(k) if chr(k) != " " else "" for k in range(128)])


_RANK = np.full(256, 3, np.uint8)  # in a number come blanks, then a sign perhaps, then digits; 3 is none of them
_RANK[ord(" ")], _RANK[ord("-")], _RANK[ord("0") : ord("9") + 1] = 0, 1, 2


def _integers(characters: np.ndarray, name: str, start: int) -> np.ndarray:
    """Right-aligned whole numbers of five characters [lines, days, 5]."""
    columns = [np.ascontiguousarray(characters[:, :, k]) for k in range(5)]
    ranks = [_RANK[column] for column in columns]
    signs = sum((rank == 1).astype(np.int8) for rank in ranks)
    fine = (ranks[-1] == 2) & (signs < 2)
    for rank, following in pairwise(ranks):
        fine &= rank <= following
    if not fine.all():
        line, day = np.argwhere(~fine)[0]
        text = characters[line, day].tobytes().decode("ascii", "replace")
        raise DataError(f"{name}, line {line + start}: {text!r} for day {day + 1}; expected a whole number")
    whole = np.zeros(fine.shape, np.int32)
    for column, rank in zip(columns, ranks, strict=True):
        whole = 10 * whole + np.where(rank == 2, column, ord("0")) - ord("0")
    return np.where(signs, -whole, whole)


def _parquet(path: Path, size: int) -> Iterator[pl.DataFrame]:
    """The bucket's Parquet: ID, DATE, DATA_VALUE and flags as columns, the element as ELEMENT=… in the path."""
    columns = {
        "ID": "station",
        "DATE": "date",
        "DATA_VALUE": "value",
        "M_FLAG": "measurement",
        "Q_FLAG": "quality",
        "S_FLAG": "source",
    }
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
            yield _finish(part, str(path), date="%Y%m%d")
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(f"{path}: not a readable Parquet file ({str(error).splitlines()[0]})") from None
