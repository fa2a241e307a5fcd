"""The index of a store: how many days a station has in a year, and which bucket they are in."""

import hashlib
import io
from pathlib import Path
from typing import Any

import polars as pl

from stratus import files
from stratus.data.store.manifest import ANEW, Manifest
from stratus.errors import DataError

SCHEMA = {"station": pl.String, "bucket": pl.UInt8, "year": pl.Int32, "days": pl.UInt32}


def _path(folder: Path, checksum: str) -> Path:
    """Named by its content: a store and the same store with more years have one each."""
    return folder / f"index-{checksum[:16]}.parquet"


def of_part(table: pl.DataFrame, bucket: int) -> pl.DataFrame:
    """The index of one part, the daily table of a year."""
    days = table.group_by("station").agg(pl.len().alias("days"), year=pl.col("date").first().dt.year())
    return days.with_columns(bucket=pl.lit(bucket, pl.UInt8)).select(*SCHEMA)


def write(index: pl.DataFrame, folder: Path) -> str:
    """Writes an index; returns its checksum."""
    content = as_parquet(index)
    checksum = hashlib.sha256(content).hexdigest()
    files.replace(_path(folder, checksum), content)
    return checksum


def as_parquet(table: pl.DataFrame, **options: Any) -> bytes:
    """A table as the bytes of a Parquet file: polars itself does not say clearly that a disk is full."""
    content = io.BytesIO()
    table.write_parquet(content, **options)
    return content.getvalue()


def read(folder: Path, manifest: Manifest) -> pl.DataFrame:
    """The index of a store; DataError if it is missing, or not the one that was built."""
    path = _path(folder, manifest.index)
    try:
        content = files.read(path)
        if hashlib.sha256(content).hexdigest() == manifest.index:  # nothing else is worth decoding
            return pl.read_parquet(content).match_to_schema(SCHEMA)
    except (OSError, ValueError, pl.exceptions.PolarsError) as error:
        raise DataError(f"{path}: {getattr(error, 'strerror', None) or error}; put it back, or {ANEW}") from None
    raise DataError(f"{path} is not the index that was built (its checksum differs): put it back, or {ANEW}")


def discard_others(folder: Path, checksum: str) -> None:
    """Removes the indices that the store had before."""
    for path in folder.glob("index-*.parquet"):
        if path != _path(folder, checksum):
            path.unlink()
