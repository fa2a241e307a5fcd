"""Parquet files that anybody may have made: told by their content, read in bounded memory, refused where damaged."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from stratus.data.lines import reading
from stratus.errors import DataError, first_line

_DENSE = 16  # rows that a byte may hold: a file of more is made to fill the memory
_UNSUSPECTED = 1 << 20  # rows that any file may have


def is_parquet(path: str | Path) -> bool:
    """Whether a file's content begins as Parquet does. Raises DataError if it cannot be read."""
    with reading(path), open(path, "rb") as file:
        return file.read(4) == b"PAR1"


class Parquet:
    """A file of Parquet: its columns, and its rows as they are asked for.

    It, and its parts as they are read, raise DataError if the file is damaged or has more rows than a table can.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = path
        with _readable(path):
            self._frame = pl.scan_parquet(path, hive_partitioning=False, glob=False)
            self.columns = self._frame.collect_schema().names()
            self.rows: int = self._frame.select(pl.len()).collect().item()
        if self.rows > _UNSUSPECTED + _DENSE * os.path.getsize(path):
            raise DataError(f"{path}: {self.rows} rows in {os.path.getsize(path)} bytes; no table has so many")

    def parts(self, size: int, *columns: pl.Expr) -> Iterator[tuple[int, pl.DataFrame]]:
        """Tables of `size` rows, one without any where there are none, each with the number of rows before it."""
        frame = self._frame.select(columns)
        for start in range(0, max(self.rows, 1), size):
            with _readable(self.path):
                part = frame.slice(start, size).collect()
            yield start, part


@contextmanager
def _readable(path: str | Path) -> Iterator[None]:
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
