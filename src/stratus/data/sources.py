"""Where observations come from: a CSV file, GHCN-Daily, or a store."""

import glob
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from stratus.data.ghcn.values import Units
from stratus.data.observations import InMemory, Loaded, OnDisk, Provenance, fitting
from stratus.data.store.manifest import MANIFEST
from stratus.data.store.read import open_store
from stratus.data.table import KEY, read_csv, select
from stratus.errors import DataError
from stratus.files import sha256

SHIPPED = Path(__file__).parents[3] / "data" / "weather.csv"
"""The weather of Seattle and New York that comes with Stratus."""

REACH = timedelta(days=400)
"""How far before the first training day its inputs, and what is known of the day before, are looked for."""


def shipped(*stations: str) -> pl.DataFrame:
    """The daily table of cities in the file that ships with Stratus."""
    return select(read_csv(SHIPPED), stations, str(SHIPPED))


def from_csv(path: str, stations: Sequence[str] | None = None) -> Loaded:
    """Observations in a file of the daily table's own columns.

    Args:
        path: The file.
        stations: Those that are wanted; None for all.

    Raises:
        DataError: The file is missing or broken, or a station is not in it.
    """
    table = read_csv(path)
    return _in_memory(select(table, stations, path) if stations else table, [path], {})


def from_ghcn(
    ids: Sequence[str],
    path: str | None = None,
    *,
    names: Mapping[str, str] | None = None,
    units: Units | None = None,
    ice_pellets: bool = False,
    source: str | None = None,
    offline: bool = False,
) -> Loaded:
    """Observations of stations of GHCN-Daily, fetched, or read from files in any of its layouts.

    Args:
        ids: The stations' ids; all that the files hold where there is none.
        path: The files, with * and ?; None to fetch the stations.
        names: The name that a station is shown by, by its id.
        units: Of a Climate Data Online export, see `layouts.read`.
        ice_pellets: Whether they count as hail.
        source: Another base address than NOAA's.
        offline: Whether only what was fetched before is used.

    Raises:
        DataError: A file is missing or broken, or a station is not in it or cannot be fetched.
    """
    from stratus.data.ghcn.daily import read_files  # noqa: PLC0415 - the shipped table needs none of it

    files = sorted(glob.glob(path)) if path else _fetched(ids, source, offline=offline)
    if not files:
        raise DataError(f"data.path={path}: there is no such file")
    table, dropped = read_files(files, units, ice_pellets=ice_pellets)
    chosen = select(table, ids, path or "GHCN-Daily") if ids else table
    return _in_memory(chosen.with_columns(pl.col("station").replace(names or {})).sort(KEY), files, dropped)


def from_store(path: str, stations: Sequence[str] | None, *, memory: float, train_from: date | None = None) -> Loaded:
    """Observations of a store: read into memory where they and their samples fit, else left on the disk.

    Args:
        path: The store's folder.
        stations: Those that are wanted; None for all.
        memory: GiB that the table and its samples may take.
        train_from: The first training day; None for the store's first day.

    Raises:
        DataError: As `open_store`.
    """
    store = open_store(Path(path), stations, train_from and train_from - REACH)
    names = store.stations
    provenance = Provenance(
        file=path,
        sha256=sha256(Path(path) / MANIFEST),
        stations=names if len(names) <= 10 else [f"{len(names)} stations"],
        days=store.days,
        dropped=store.manifest.dropped,
    )
    fits = store.days <= fitting(memory)
    return Loaded(InMemory(store.table()) if fits else OnDisk(store, memory), provenance)


def _in_memory(table: pl.DataFrame, files: Sequence[str], dropped: dict[str, int]) -> Loaded:
    hashes = [sha256(file) for file in files]
    single = len(files) == 1
    provenance = Provenance(
        file=files[0] if single else list(files),
        sha256=hashes[0] if single else hashes,
        stations=table["station"].unique().sort().to_list(),
        days=table.height,
        dropped=dropped,
    )
    return Loaded(InMemory(table), provenance)


def _fetched(ids: Sequence[str], source: str | None, *, offline: bool) -> list[str]:
    from stratus.data.ghcn import fetch  # noqa: PLC0415 - the network is touched only here

    return [str(path) for path in fetch.station_files(ids, source=source or fetch.SOURCE, offline=offline)]
