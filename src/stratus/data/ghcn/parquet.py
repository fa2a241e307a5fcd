"""The bucket's Parquet files of GHCN-Daily, read into the long table (see `values`)."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from stratus.data.ghcn.values import checked
from stratus.errors import DataError, first_line

_FLAGS = {"M_FLAG": "measurement", "Q_FLAG": "quality", "S_FLAG": "source"}
_COLUMNS = {"ID": "station", "DATE": "date", "DATA_VALUE": "value"} | _FLAGS
_DENSE = 16  # rows that a byte may hold: a file of more is made to fill the memory
_UNSUSPECTED = 1 << 20  # rows that any file may have


def pieces(path: Path, size: int) -> Iterator[pl.DataFrame]:
    """Long tables of `size` rows: ID, DATE, DATA_VALUE and flags are columns, the element ELEMENT=… in the path.

    Raises DataError if the file is damaged, has not these columns, or a value in it is broken: names file and row.
    """
    element = re.search(r"ELEMENT=([A-Z0-9]{4})(?:/|$)", path.as_posix())
    with _reading(path):
        frame = pl.scan_parquet(path, hive_partitioning=False, glob=False)
        found = frame.collect_schema().names()
        rows = frame.select(pl.len()).collect().item()
    if missing := [column for column in _COLUMNS if column not in found]:
        raise DataError(f"{path}: no column {', '.join(missing)}; expected {', '.join(_COLUMNS)}")
    if "ELEMENT" not in found and not element:
        raise DataError(f"{path}: no element; expected a folder ELEMENT=TMAX or the like above the file")
    if rows > _UNSUSPECTED + _DENSE * path.stat().st_size:
        raise DataError(f"{path}: {rows} rows in {path.stat().st_size} bytes; no table has so many")
    named = pl.col("ELEMENT") if "ELEMENT" in found else pl.lit(element[1] if element else "").alias("ELEMENT")
    text = frame.select(pl.col(list(_COLUMNS)), named).cast(pl.String).fill_null("")
    for start in range(0, max(rows, 1), size):
        with _reading(path):
            part = text.slice(start, size).collect().rename(_COLUMNS | {"ELEMENT": "element"})
        yield checked(part.with_row_index("line", offset=start + 1), str(path), compact=True)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turns what polars says of a damaged file into a DataError; what it prints when it panics goes nowhere."""
    stderr, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise DataError(f"{path}: not a readable Parquet file ({first_line(error)}); fetch it again") from None
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(nowhere)
