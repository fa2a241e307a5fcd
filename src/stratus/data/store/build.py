"""By-year files of GHCN-Daily ─► a store, in bounded memory.

The sources' values are sorted in pieces into scratch files by year and bucket; then each of these becomes a part of
the daily table. Each file is written whole, and what is done is noted beside the scratch files, so that an interrupted
build continues with the next one. The store is whole once store.json names the new parts; until then it is as before.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, TypeAlias

import polars as pl
from filelock import FileLock, Timeout

from stratus import files
from stratus.data.daily_table import SCHEMA
from stratus.data.ghcn.daily import USED, believed, check_units, daily
from stratus.data.ghcn.layouts import pieces
from stratus.data.store import index
from stratus.data.store.index import as_parquet
from stratus.data.store.manifest import MANIFEST, UNFINISHED, Manifest, Part, Source, bucket_of
from stratus.errors import DataError, system
from stratus.progress import each, working

HELD = 1 << 21  # values that are collected in memory before they go to the scratch files
Tell: TypeAlias = Callable[[str], None]
_ROWS = 1 << 14  # days of a row group: as many as are read to find one station


def build(
    sources: Iterable[str | Path], folder: Path, *, ice_pellets: bool = False, tell: Tell = lambda line: None
) -> Manifest:
    """Builds a store in a folder, adds years to one, or continues a build that was interrupted.

    Sources are files of any layout that `layouts.pieces` reads, or folders of Parquet files. Ice pellets may count as
    hail. `tell` is called with a line after each step. Where another build is at work in the folder, this one waits.
    Raises DataError if a source is broken or missing, one that the store is of has changed, a year is in the store
    already, an unfinished store in the folder is of other sources, so many of its values are impossible that they must
    be in other units, or the disk is full.
    """
    found = _files(sources)  # before there is a folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder, tell):
            return _build(found, folder, ice_pellets, tell)
    except OSError as error:
        begun = "; the same command then goes on from here" if (folder / UNFINISHED).is_dir() else ""
        raise DataError(f"cannot write the store {folder}: {system(error)}{begun}") from None


def kept(folder: Path) -> tuple[int, int, int]:
    """Of a build that was broken off: how many of its sources are read, of how many, and how many parts are made."""
    scratch = folder / UNFINISHED
    try:
        planned = len(json.loads(files.read(scratch / "plan.json"))["sources"])
    except FileNotFoundError:
        return 0, 0, 0
    return len([*scratch.glob("*.done")]), planned, len([*scratch.glob("*/*.done")])


@contextmanager
def _alone(folder: Path, tell: Tell) -> Iterator[None]:
    """Waits until no other build is at work in a folder; then none is until the body ends."""
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        tell(f"{folder}: waiting for another build to end")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _files(sources: Iterable[str | Path]) -> list[Path]:
    every: list[Path] = []
    for source in map(Path, sources):
        if not (source.is_file() or source.is_dir()):
            raise DataError(f"{source}: there is no such file or folder")
        found = sorted(source.rglob("*.parquet")) if source.is_dir() else [source]
        if not found:
            raise DataError(f"{source}: the folder holds no Parquet file")
        every += found
    return [file.resolve() for file in every]


def _build(sources: list[Path], folder: Path, ice_pellets: bool, tell: Tell) -> Manifest:
    before = Manifest.read(folder) if (folder / MANIFEST).exists() else None
    if before and before.ice_pellets != ice_pellets:
        raise DataError(f"{folder} was built with ice_pellets={before.ice_pellets}: keep to it")
    known = {source.file: source for source in before.sources} if before else {}
    for file in sources:
        if (kept := known.get(str(file))) and not kept.unchanged():
            raise DataError(f"{file} is not the file that {folder} was built from: build another store of all sources")
    scratch = folder / UNFINISHED
    _clear(scratch, {*known})
    _tidy(folder, before)
    plan = [Source.of(file) for file in sources if str(file) not in known]
    if before and not plan:
        return before
    added = _sort(plan, scratch, ice_pellets, tell)
    years = sorted(int(year.name) for year in scratch.iterdir() if year.name.isdecimal())
    if again := sorted(set(years) & set(before.years if before else [])):
        _discard(scratch)
        raise DataError(f"{folder} holds {', '.join(map(str, again))} already: build another store of all sources")
    parts, dropped = _make_parts(scratch, folder, years, added, ice_pellets=ice_pellets, tell=tell)
    dropped.update(before.dropped if before else {})
    manifest = _written(folder, before, added, parts, ice_pellets=ice_pellets, dropped=dict(dropped))
    _discard(scratch)
    _tidy(folder, manifest)
    return manifest


def _clear(scratch: Path, known: set[str]) -> None:
    """Removes what a build left that was killed before it had a plan, or after the store was whole."""
    if scratch.exists():
        try:
            planned = {source["file"] for source in json.loads(files.read(scratch / "plan.json"))["sources"]}
        except FileNotFoundError:
            planned = set()
        except (ValueError, TypeError, KeyError):
            raise DataError(f"{scratch / 'plan.json'} is broken: delete {scratch}") from None
        if planned <= known:
            _discard(scratch)


def _discard(scratch: Path) -> None:
    (scratch / "plan.json").unlink(missing_ok=True)  # first: without it the rest is nothing to go on with
    files.remove(scratch)


def _sort(plan: Sequence[Source], scratch: Path, ice_pellets: bool, tell: Tell) -> list[Source]:
    """Sorts every source's values by year and bucket, except the sources that an interrupted build has sorted.

    Returns the sources with their checksums.
    """
    scratch.mkdir(exist_ok=True)
    planned = json.dumps({"sources": [asdict(source) for source in plan], "ice_pellets": ice_pellets})
    begun = scratch / "plan.json"
    if not begun.exists():
        files.replace(begun, planned)
    elif begun.read_text(encoding="utf-8") != planned:
        raise DataError(f"{scratch} is of other sources, or of these before they changed: finish it, or delete it")
    sorted_ones = []
    for number, source in enumerate(each(plan, "reading", "files")):
        done = scratch / f"{number}.done"
        if not done.exists():
            values = _sort_one(source, scratch, number)
            checksum = files.sha256(source.file)
            if Source.of(Path(source.file)) != source:
                raise DataError(f"{source.file} changed while it was read: delete {scratch}, and build once more")
            files.replace(done, checksum)
            tell(f"{source.file}: {values:,} values")
        sorted_ones.append(replace(source, sha256=done.read_text(encoding="utf-8")))
    return sorted_ones


def _sort_one(source: Source, scratch: Path, number: int) -> int:
    """Sorts one source's values; returns how many of them the daily table is made of."""
    held: list[pl.DataFrame] = []
    values = written = 0
    for piece in pieces(source.file):
        held.append(piece.filter(pl.col("element").is_in(USED)).drop("until"))
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
        files.replace(place / f"{name}.parquet", as_parquet(rows, compression="lz4"))
    return len(values)


def _make_parts(
    scratch: Path, folder: Path, years: Sequence[int], sources: Sequence[Source], *, ice_pellets: bool, tell: Tell
) -> tuple[list[Part], Counter[str]]:
    """Makes the parts of these years; and the number of values dropped by reason. None is left of what is refused."""
    parts: list[Part] = []
    kept, dropped = 0, Counter[str]()
    with working("making the parts", len([*scratch.glob("[0-9]*/[0-9]*/")]), "parts") as work:
        for year in years:
            for bucket in sorted(int(place.name) for place in (scratch / str(year)).iterdir() if place.is_dir()):
                work.at(len(parts))
                part, values, less = _make_part(scratch / str(year), folder, year, bucket, ice_pellets=ice_pellets)
                parts.append(part)
                kept += values
                dropped.update(less)
            tell(f"{year}: done")
    try:
        check_units([source.file for source in sources], kept, dropped["impossible"])
    except DataError:
        for part in parts:
            (folder / part.name).unlink(missing_ok=True)
        _discard(scratch)
        raise
    return parts, dropped


def _make_part(
    scratch: Path, folder: Path, year: int, bucket: int, *, ice_pellets: bool
) -> tuple[Part, int, dict[str, int]]:
    """Makes the part of a year and bucket, unless it is made; how many values it has, and those dropped by reason."""
    made = scratch / f"{bucket}.done"
    if not made.exists():
        values = sorted((scratch / str(bucket)).glob("*.parquet"))
        table, dropped = daily(pl.read_parquet(values), ice_pellets=ice_pellets)
        place = folder / Part(year, bucket).name
        place.parent.mkdir(exist_ok=True)
        content = as_parquet(table, row_group_size=_ROWS)
        files.replace(place, content)
        part = Part(year, bucket, len(content), len(table), hashlib.sha256(content).hexdigest())
        files.replace(made, json.dumps([asdict(part), believed(table), dropped]))
    facts, kept, dropped = json.loads(made.read_text(encoding="utf-8"))
    return Part(**facts), kept, dropped


def _written(folder: Path, before: Manifest | None, sources: list[Source], parts: list[Part], **facts: Any) -> Manifest:
    """Writes the index, then the manifest, of what was there before, and of new sources and parts."""
    frames = [index.read(folder, before)] if before else []
    classes = set(before.classes) if before else set()
    further = set(before.further) if before else set()
    for part in parts:
        path = part.present(folder)
        further |= {*pl.read_parquet_schema(path)} - {*SCHEMA}
        table = pl.read_parquet(path, columns=["station", "date", "weather"])
        classes |= set(table["weather"].drop_nulls().unique())
        frames.append(index.of_part(table, part.bucket))
    every = pl.concat(frames).sort("bucket", "station", "year")
    if every.is_empty():
        raise DataError(f"{', '.join(source.file for source in sources)}: no value to be believed")
    manifest = Manifest(
        **facts,
        sources=[*(before.sources if before else []), *sources],
        parts=[*(before.parts if before else []), *parts],
        index=index.write(every, folder),
        classes=sorted(classes),
        further=sorted(further),
        days=int(every["days"].sum()),
        stations=every["station"].n_unique(),
    )
    manifest.write(folder)
    return manifest


def _tidy(folder: Path, manifest: Manifest | None) -> None:
    """Removes half-written files that a killed build has left, and indices that the manifest does not name."""
    for path in (*folder.glob(".[0-9]*.*"), *folder.glob("year=*/.[0-9]*.*")):
        path.unlink()
    index.discard_others(folder, manifest.index if manifest else "")
