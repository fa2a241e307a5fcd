"""Whether all of a store is what was built."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from stratus.data.store import index as indices
from stratus.data.store.manifest import ANEW, UNFINISHED, Manifest
from stratus.errors import DataError

MOST = 3  # so many faults are told


def check(folder: Path) -> Manifest:
    """The manifest of a store of which every file is as it was built; DataError says what is not."""
    manifest = Manifest.read(folder)
    faults = list(_faults(folder, manifest))
    if faults:
        more = [f"and {len(faults) - MOST} more faults"] if len(faults) > MOST else []
        raise DataError("; ".join([*faults[:MOST], *more]))
    return manifest


def _faults(folder: Path, manifest: Manifest) -> Iterator[str]:
    days = indices.read(folder, manifest).group_by("year", "bucket").agg(pl.col("days").sum()).rows()
    if set(days) != {(part.year, part.bucket, part.rows) for part in manifest.parts if part.rows}:
        yield f"{folder}: the index and the parts do not have the same days: {ANEW}"
    for part in manifest.parts:
        try:
            part.intact(folder)
        except DataError as error:
            yield str(error)
    if not (folder / UNFINISHED).exists():  # a build that is under way has parts that are not named yet
        named = {folder / part.name for part in manifest.parts}
        others = sorted(path for path in folder.glob("year=*/*") if path not in named)
        yield from (f"{path} is no part of this store: delete it" for path in others)
