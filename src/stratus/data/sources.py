"""Where observations come from: a file of the daily table, GHCN-Daily, KNMI, Australia's Bureau, or a store."""

import glob
import logging
import os
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from stratus.data.clocks import NO_CLOCKS, Clocks
from stratus.data.daily_table import KEY, read_csv, read_table, select
from stratus.data.elements import ELEMENTS
from stratus.data.ghcn.values import Units
from stratus.data.kinds import taken_for
from stratus.data.layout import OWN, Layout
from stratus.data.observations import InMemory, Loaded, Provenance
from stratus.data.store.manifest import MANIFEST
from stratus.data.store.read import open_store
from stratus.data.units import suspected
from stratus.errors import DataError
from stratus.files import sha256

log = logging.getLogger(__name__)
SHIPPED = Path(__file__).parents[3] / "data" / "weather.csv"  # the weather of Seattle and New York
FEW = 0.01  # a share of impossible values that no source needs to be warned of
REACH = timedelta(days=400)  # how far before the first training day inputs and the day before are looked for

MENDS = {
    ", columns ": "where they have other names, data.columns says them",
    "is not a date": "where all are written so, data.date_format says how",
    "is out of range": "where all are in another unit, data.units says it",
}  # of a file, by what is wrong with it


def shipped(*stations: str) -> pl.DataFrame:
    """The daily table of cities in the file that ships with Stratus."""
    return select(read_csv(SHIPPED), stations, str(SHIPPED))


def files_of(path: str) -> list[str]:
    """The files that a path stands for: itself if it is there, else those that match its * and ?, in order."""
    return [path] if os.path.exists(path) else sorted(glob.glob(path))


def from_csv(path: str, stations: Sequence[str] | None = None, layout: Layout = OWN) -> Loaded:
    """Observations of some stations, or of all, in a file of the daily table's own columns, CSV or Parquet.

    Or in those of another layout. Raises DataError if the file is missing or broken, its numbers seem to be in other
    units, or a station is not in it.
    """
    with taken_for("csv", path):
        table = _plain(path) if layout == OWN else layout.read(path)
    return _in_memory(select(table, stations, path) if stations else table, [path], {}, layout.clocks)


def _plain(path: str) -> pl.DataFrame:
    try:
        table = read_table(path)
    except DataError as error:
        mend = next((mend for fault, mend in MENDS.items() if fault in str(error)), None)
        if not mend:
            raise
        raise DataError(f"{error}; {mend}") from None
    if said := suspected(table):
        raise DataError(f"{path}: {'; '.join(said)}")
    return table


def from_ghcn(
    ids: Sequence[str],
    path: str | None = None,
    *,
    names: Mapping[str, str] | None = None,
    units: Units | None = None,
    ice_pellets: bool = False,
    source: str | None = None,
    offline: bool = False,
    largest: float | None = None,
) -> Loaded:
    """Observations of stations of GHCN-Daily, fetched, or read from files in any of its layouts.

    Without ids they are of all stations in the files of `path`, which may have * and ?; without path they are fetched,
    from `source` if not from NOAA, or if `offline` taken from what was fetched before. `names` are those to show for an
    id; `units` are those of `layouts.pieces`; ice pellets may count as hail; `largest` is that of `cache.fetch`. Raises
    DataError if a file is missing or broken, or a station is not in it or cannot be fetched.
    """
    from stratus.data.ghcn import cache, daily  # noqa: PLC0415 - the shipped table needs none of it

    if path:
        files = files_of(path)
    else:
        settings = {"source": source or cache.SOURCE, "offline": offline, "largest": largest or cache.LARGEST}
        files = [str(file) for file in cache.station_files(ids, **settings)]
    if not files:
        raise _no_file(path)
    with taken_for("ghcn", files[0]):
        table, dropped, clocks = daily.read_files(files, units, ice_pellets=ice_pellets)
    names = names or {}
    chosen = select(table, ids, path or "GHCN-Daily", names) if ids else table
    return _in_memory(_named(chosen, names), files, dropped, clocks.renamed(names))


def from_knmi(path: str, stations: Sequence[str] | None = None, *, names: Mapping[str, str] | None = None) -> Loaded:
    """Observations of some stations, by number or name, or of all in KNMI's files of a path, which may have * and ?.

    `names` are those to show for a number; without one it is the name that is known here, if any. Raises DataError if a
    file is missing or broken, or a station is not in it.
    """
    from stratus.data.knmi.daily import read_files  # noqa: PLC0415 - the shipped table needs none of it
    from stratus.data.knmi.stations import NAMES  # noqa: PLC0415

    files = files_of(path)
    if not files:
        raise _no_file(path)
    with taken_for("knmi", files[0]):
        table, dropped = read_files(files)
    called = NAMES | dict(names or {})
    chosen = select(table, stations, path, called) if stations else table
    return _in_memory(_named(chosen, called), files, dropped)


def from_australia(path: str, stations: Sequence[str] | None = None) -> Loaded:
    """Observations of some places, or of all, in the Bureau of Meteorology's table "Rain in Australia".

    Raises DataError if the file is missing or broken, or a place is not in it.
    """
    from stratus.data import australia  # noqa: PLC0415 - the shipped table needs none of it

    with taken_for("australia", path):
        table, dropped = australia.read(path)
    chosen = select(table, stations, path) if stations else table
    return _in_memory(chosen, [path], dropped, australia.CLOCKS)


def from_store(path: str, stations: Sequence[str] | None, *, memory: float, train_from: date | None = None) -> Loaded:
    """Observations of a store: read into memory if they and their samples fit `memory` (GiB), else left on the disk.

    Of some stations, or of all; from the first training day on, or all. Raises DataError as `open_store` does.
    """
    store = open_store(Path(path), stations, train_from and train_from - REACH, memory)
    names = store.stations
    said = names if len(names) <= 10 else [f"{len(names)} stations"]
    hours = store.clocks.told(names)
    provenance = Provenance(
        path, sha256(Path(path) / MANIFEST), said, store.days, store.manifest.dropped, {}, hours=hours
    )
    fits = store.days <= store.days_in_memory
    return Loaded(InMemory(store.table(), store.clocks) if fits else store, provenance)


def _no_file(path: str | None) -> DataError:
    return DataError(f"data.path={path}: there is no such file")


def _named(table: pl.DataFrame, names: Mapping[str, str]) -> pl.DataFrame:
    return table.with_columns(pl.col("station").replace(names)).sort(KEY)


def _in_memory(
    table: pl.DataFrame, files: Sequence[str], dropped: dict[str, int], clocks: Clocks = NO_CLOCKS
) -> Loaded:
    wrong, kept = dropped.get("impossible", 0), sum(table[name].count() for name in table.columns if name in ELEMENTS)
    if wrong > FEW * (wrong + kept):
        log.warning("%s: %d of %d values are impossible and left out", files[0], wrong, wrong + kept)
    names, hashes = table["station"].unique().sort().to_list(), [sha256(file) for file in files]
    file, checksum = (files[0], hashes[0]) if len(files) == 1 else (list(files), hashes)
    clocks = clocks.within(table.columns)
    told = clocks.told(names)
    return Loaded(InMemory(table, clocks), Provenance(file, checksum, names, table.height, dropped, {}, hours=told))
