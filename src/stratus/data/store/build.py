"""By-year files of GHCN-Daily ─► a store, in bounded memory, to be taken up where it was broken off.

The sources are read a piece after another and their values sorted into scratch files by year and bucket; then each
year and bucket is made into its part of the daily table. A part is written beside its place and then put there, so it
is whole or absent.
"""

import json
import shutil
import zlib
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import polars as pl
from filelock import FileLock

from stratus.data.ghcn.daily import ELEMENTS, daily
from stratus.data.ghcn.layouts import pieces
from stratus.errors import DataError
from stratus.files import replace, replacing, sha256

MANIFEST, INDEX, SCRATCH = "store.json", "index.parquet", "unfinished"
BUCKETS = 64
HELD = 1 << 21
"""Values that are held in memory before they go to the scratch files."""

_ROWS = 1 << 14
"""Days of a row group: as many as are read to find one station."""


def build(
    sources: Iterable[str | Path],
    folder: Path,
    *,
    ice_pellets: bool = False,
    tell: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Builds a store, or adds years to one, or goes on with one that was broken off.

    Args:
        sources: Files of any layout that `layouts.pieces` reads, or folders of Parquet files.
        folder: The store's.
        ice_pellets: Whether ice pellets count as hail.
        tell: Is told of each step that is done.

    Returns:
        The manifest.

    Raises:
        DataError: A source is broken or missing, a year is in the store already, an unfinished store in the folder
            is of other sources, or the disk is full.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".lock"):
            return _build(_files(sources), folder, ice_pellets, tell)
    except OSError as error:
        raise DataError(f"cannot write the store {folder}: {error.strerror or error}") from None


def bucket_of(station: str) -> int:
    """A station's bucket, the same for ever."""
    return zlib.crc32(station.encode()) % BUCKETS


def part(folder: Path, year: int, bucket: int) -> Path:
    """The file of a year and a bucket."""
    return folder / f"year={year}" / f"bucket={bucket:02}.parquet"


def _files(sources: Iterable[str | Path]) -> list[Path]:
    files: list[Path] = []
    for source in map(Path, sources):
        if not source.exists():
            raise DataError(f"{source}: there is no such file or folder")
        found = sorted(source.rglob("*.parquet")) if source.is_dir() else [source]
        if not found:
            raise DataError(f"{source}: the folder holds no Parquet file")
        files += found
    return [file.resolve() for file in files]


def _build(files: list[Path], folder: Path, ice_pellets: bool, tell: Callable[[str], None]) -> dict[str, Any]:
    manifest: dict[str, Any] = {"sources": [], "years": [], "classes": [], "days": 0, "dropped": {}}
    manifest["ice_pellets"] = ice_pellets
    if (folder / MANIFEST).exists():
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if manifest["ice_pellets"] != ice_pellets:
            raise DataError(f"{folder} was built with ice_pellets={manifest['ice_pellets']}: keep to it")
    known = {source["file"] for source in manifest["sources"]}
    plan = [_identity(file) for file in files if str(file) not in known]
    if not plan:
        return manifest
    scratch = folder / SCRATCH
    _sort_into(scratch, plan, ice_pellets, tell)
    years = sorted({int(year.name) for year in scratch.iterdir() if year.name.isdecimal()})
    if again := sorted(set(years) & set(manifest["years"])):
        shutil.rmtree(scratch)
        raise DataError(f"{folder} holds {', '.join(map(str, again))} already: build another store of all sources")
    dropped: Counter[str] = Counter(manifest["dropped"])
    for year in years:
        for bucket in range(BUCKETS):
            dropped.update(_part(scratch / str(year), folder, year, bucket, ice_pellets=ice_pellets))
        tell(f"{year}: done")
    manifest["dropped"] = dropped
    manifest["years"] = sorted([*manifest["years"], *years])
    manifest["sources"] += [{**one, "sha256": sha256(one["file"])} for one in plan]
    _finish(folder, manifest)
    shutil.rmtree(scratch)
    return manifest


def _identity(file: Path) -> dict[str, Any]:
    facts = file.stat()
    return {"file": str(file), "bytes": facts.st_size, "modified": facts.st_mtime_ns}


def _sort_into(scratch: Path, plan: list[dict[str, Any]], ice_pellets: bool, tell: Callable[[str], None]) -> None:
    """Sorts every source's values by year and bucket, save those that were sorted before the break."""
    scratch.mkdir(exist_ok=True)
    planned = json.dumps([plan, ice_pellets])
    begun = scratch / "plan.json"
    if begun.exists() and begun.read_text(encoding="utf-8") != planned:
        raise DataError(f"{scratch} is of other sources, or of these before they changed: finish it, or delete it")
    begun.write_text(planned, encoding="utf-8")
    for number, source in enumerate(plan):
        sorted_in = scratch / f"{number}.done"
        if not sorted_in.exists():
            values = _sort(Path(source["file"]), scratch, number)
            sorted_in.touch()
            tell(f"{source['file']}: {values:,} values")


def _sort(file: Path, scratch: Path, number: int) -> int:
    """Sorts one source's values; returns how many there were that the daily table is made of."""
    held: list[pl.DataFrame] = []
    values = turns = 0
    for piece in pieces(file):
        held.append(piece.filter(pl.col("element").is_in(ELEMENTS)))
        if sum(map(len, held)) >= HELD:
            values += _spill(held, scratch, f"{number}-{turns}")
            turns += 1
            held = []
    return values + _spill(held, scratch, f"{number}-{turns}")


def _spill(held: list[pl.DataFrame], scratch: Path, name: str) -> int:
    if not held:
        return 0
    values = pl.concat(held)
    stations = values["station"].unique()
    bucket = pl.col("station").replace_strict(stations, [bucket_of(one) for one in stations], return_dtype=pl.UInt8)
    placed = values.with_columns(bucket.alias("bucket"), pl.col("date").dt.year().alias("year"))
    for (year, number), rows in placed.partition_by("year", "bucket", as_dict=True, include_key=False).items():
        place = scratch / str(year) / str(number)
        place.mkdir(parents=True, exist_ok=True)
        rows.write_parquet(place / f"{name}.parquet", compression="lz4")
    return len(values)


def _part(scratch: Path, folder: Path, year: int, bucket: int, *, ice_pellets: bool) -> dict[str, int]:
    """Makes the part of a year and bucket, unless it is there; returns what was dropped in making it."""
    place, values = part(folder, year, bucket), sorted((scratch / str(bucket)).glob("*.parquet"))
    if not place.exists() and values:
        table, dropped = daily(pl.read_parquet(values), ice_pellets=ice_pellets)
        place.parent.mkdir(exist_ok=True)
        with replacing(place) as beside:
            table.write_parquet(beside, row_group_size=_ROWS, metadata={"dropped": json.dumps(dropped)})
    if not place.exists():
        return {}
    dropped_then: dict[str, int] = json.loads(pl.read_parquet_metadata(place)["dropped"])
    return dropped_then


def _finish(folder: Path, manifest: dict[str, Any]) -> None:
    """Writes the index, and last the manifest, which makes the store whole."""
    parts = [part(folder, year, bucket) for year in manifest["years"] for bucket in range(BUCKETS)]
    frames, classes = [], set(manifest["classes"])
    for file in filter(Path.exists, parts):
        table = pl.read_parquet(file, columns=["station", "date", "weather"])
        classes |= set(table["weather"].drop_nulls().unique())
        days = table.group_by("station").agg(pl.len().alias("days"), year=pl.col("date").first().dt.year())
        frames.append(days.with_columns(bucket=pl.lit(int(file.stem.partition("=")[2]), pl.UInt8)))
    index = pl.concat(frames).select("station", "bucket", "year", "days").sort("bucket", "station", "year")
    with replacing(folder / INDEX) as beside:
        index.write_parquet(beside)
    manifest |= {"classes": sorted(classes), "days": index["days"].sum(), "stations": index["station"].n_unique()}
    replace(folder / MANIFEST, json.dumps(manifest, indent=2))
