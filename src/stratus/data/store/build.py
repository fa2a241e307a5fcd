"""By-year files of GHCN-Daily ─► a store, in bounded memory.

The sources' values are sorted in pieces into scratch files by year and bucket; then each of these becomes a part of
the daily table. Each part is written whole, so that an interrupted build continues with the next one.
"""

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TypeAlias

import polars as pl
from filelock import FileLock

from stratus.data.ghcn.daily import ELEMENTS, daily
from stratus.data.ghcn.layouts import pieces
from stratus.data.store.manifest import BUCKETS, INDEX, MANIFEST, Manifest, Source, bucket_of, part
from stratus.errors import DataError
from stratus.files import replacing, sha256

HELD = 1 << 21  # values that are collected in memory before they go to the scratch files
Tell: TypeAlias = Callable[[str], None]
_ROWS = 1 << 14  # days of a row group: as many as are read to find one station


def build(
    sources: Iterable[str | Path], folder: Path, *, ice_pellets: bool = False, tell: Tell = lambda line: None
) -> Manifest:
    """Builds a store in a folder, adds years to one, or continues a build that was interrupted.

    Sources are files of any layout that `layouts.pieces` reads, or folders of Parquet files. Ice pellets may count as
    hail. `tell` is called with a line after each step. Raises DataError if a source is broken or missing, a year is in
    the store already, an unfinished store in the folder is of other sources, or the disk is full.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".lock"):
            return _build(_files(sources), folder, ice_pellets, tell)
    except OSError as error:
        raise DataError(f"cannot write the store {folder}: {error.strerror or error}") from None


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


def _build(files: list[Path], folder: Path, ice_pellets: bool, tell: Tell) -> Manifest:
    before = Manifest.read(folder) if (folder / MANIFEST).exists() else Manifest(ice_pellets)
    if before.ice_pellets != ice_pellets:
        raise DataError(f"{folder} was built with ice_pellets={before.ice_pellets}: keep to it")
    known = {source.file for source in before.sources}
    plan = [Source.of(file) for file in files if str(file) not in known]
    if not plan:
        return before
    scratch = folder / "unfinished"
    _sort(plan, scratch, ice_pellets, tell)
    years = sorted(int(year.name) for year in scratch.iterdir() if year.name.isdecimal())
    if again := sorted(set(years) & set(before.years)):
        shutil.rmtree(scratch)
        raise DataError(f"{folder} holds {', '.join(map(str, again))} already: build another store of all sources")
    dropped: Counter[str] = Counter(before.dropped)
    for year in years:
        for bucket in range(BUCKETS):
            dropped.update(_make_part(scratch / str(year), folder, year, bucket, ice_pellets=ice_pellets))
        tell(f"{year}: done")
    sources = [*before.sources, *(replace(one, sha256=sha256(one.file)) for one in plan)]
    manifest = replace(before, sources=sources, years=sorted([*before.years, *years]), dropped=dict(dropped))
    manifest = _indexed(folder, manifest)
    manifest.write(folder)
    shutil.rmtree(scratch)
    return manifest


def _sort(plan: Sequence[Source], scratch: Path, ice_pellets: bool, tell: Tell) -> None:
    """Sorts every source's values by year and bucket, except the sources that an interrupted build has sorted."""
    scratch.mkdir(exist_ok=True)
    planned = json.dumps([[asdict(source) for source in plan], ice_pellets])
    begun = scratch / "plan.json"
    if begun.exists() and begun.read_text(encoding="utf-8") != planned:
        raise DataError(f"{scratch} is of other sources, or of these before they changed: finish it, or delete it")
    begun.write_text(planned, encoding="utf-8")
    for number, source in enumerate(plan):
        done = scratch / f"{number}.done"
        if not done.exists():
            values = _sort_one(source, scratch, number)
            done.touch()
            tell(f"{source.file}: {values:,} values")


def _sort_one(source: Source, scratch: Path, number: int) -> int:
    """Sorts one source's values; returns how many of them the daily table is made of."""
    held: list[pl.DataFrame] = []
    values = written = 0
    for piece in pieces(source.file):
        held.append(piece.filter(pl.col("element").is_in(ELEMENTS)))
        if sum(map(len, held)) >= HELD:
            values += _write_scratch(held, scratch, f"{number}-{written}")
            written += 1
            held = []
    return values + _write_scratch(held, scratch, f"{number}-{written}")


def _write_scratch(held: list[pl.DataFrame], scratch: Path, name: str) -> int:
    """Writes values into a file of their year and bucket; returns their number."""
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


def _make_part(scratch: Path, folder: Path, year: int, bucket: int, *, ice_pellets: bool) -> dict[str, int]:
    """Makes the part of a year and bucket, unless it is there; returns the number of values dropped in making it."""
    place, values = part(folder, year, bucket), sorted((scratch / str(bucket)).glob("*.parquet"))
    if not place.exists() and values:
        table, dropped = daily(pl.read_parquet(values), ice_pellets=ice_pellets)
        place.parent.mkdir(exist_ok=True)
        with replacing(place) as beside:
            table.write_parquet(beside, row_group_size=_ROWS, metadata={"dropped": json.dumps(dropped)})
    return dict(json.loads(pl.read_parquet_metadata(place)["dropped"])) if place.exists() else {}


def _indexed(folder: Path, manifest: Manifest) -> Manifest:
    """Writes the index; returns the manifest with what it counts."""
    parts = [part(folder, year, bucket) for year in manifest.years for bucket in range(BUCKETS)]
    frames, classes = [], set(manifest.classes)
    for file in filter(Path.exists, parts):
        table = pl.read_parquet(file, columns=["station", "date", "weather"])
        classes |= set(table["weather"].drop_nulls().unique())
        days = table.group_by("station").agg(pl.len().alias("days"), year=pl.col("date").first().dt.year())
        frames.append(days.with_columns(bucket=pl.lit(int(file.stem.partition("=")[2]), pl.UInt8)))
    index = pl.concat(frames).select("station", "bucket", "year", "days").sort("bucket", "station", "year")
    with replacing(folder / INDEX) as beside:
        index.write_parquet(beside)
    manifest = replace(manifest, classes=sorted(classes), days=int(index["days"].sum()))
    return replace(manifest, stations=index["station"].n_unique())
