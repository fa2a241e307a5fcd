"""From the settings of a source to the daily table, and what the record says of it."""

import glob
from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl

from stratus.data import table as observations
from stratus.data.recipe import Recipe
from stratus.data.splits import Splits, split, stream
from stratus.data.store import read as store
from stratus.data.store.build import MANIFEST
from stratus.errors import ConfigurationError, DataError
from stratus.settings.compose import PROJECT
from stratus.settings.data import CsvData, Data, GhcnData, StoreData

KINDS: dict[str, type[Data]] = {"csv": CsvData, "ghcn": GhcnData, "store": StoreData}


def load(data: Data) -> tuple[pl.DataFrame | store.Store, dict[str, Any]]:
    """The daily table that a source's settings stand for, its stations chosen and named.

    Returns:
        The table, or the store that holds it where it is too large for `data.memory`. And for `run.json` the files (one
        as text, several as a list) with their SHA-256, the stations, the number of days, what was dropped, and the
        settings themselves, from which `again` loads the same.

    Raises:
        DataError: A file is missing or broken, or a station is not in it or cannot be fetched.
    """
    kind = type(data).__name__.removesuffix("Data").lower()
    if isinstance(data, StoreData):
        return _store(data)
    table, files, dropped = {"csv": _csv, "ghcn": _ghcn}[kind](data)
    hashes = [observations.sha256(file) for file in files]
    single = len(files) == 1
    return table, {
        "file": files[0] if single else files,
        "sha256": hashes[0] if single else hashes,
        "stations": table["station"].unique().sort().to_list(),
        "days": table.height,
        "dropped": dropped,
        "source": {"kind": kind, **asdict(data)},
    }


def shipped(*stations: str) -> pl.DataFrame:
    """The daily table of cities in the file that ships with Stratus."""
    path = PROJECT / "data" / "weather.csv"
    return observations.select(observations.read_csv(path), stations, str(path))


def again(facts: dict[str, Any]) -> tuple[pl.DataFrame | store.Store, dict[str, Any]]:
    """Loads what a record's `data` describes once more."""
    return load(settings(facts))


def settings(facts: dict[str, Any]) -> Data:
    """The settings that a record's `data` keeps."""
    kept = dict(facts["source"])
    return KINDS[kept.pop("kind")](**kept)


def samples(table: pl.DataFrame | store.Store, data: Data, recipe: Recipe, *, standardise: bool) -> Splits:
    """The samples of what `load` gave: in memory, or in files beside the store.

    Raises:
        DataError: As `splits.split` and `splits.stream`.
        ConfigurationError: As those, or if days on disk are to be resampled.
    """
    borders = data.days
    if isinstance(table, pl.DataFrame):
        return split(table, recipe, standardise=standardise, **borders).resampled(data.resample)
    if data.resample is not None:
        raise ConfigurationError("data.resample draws training days in memory: raise data.memory, or leave it null")
    folder = table.samples_folder(asdict(recipe), borders)
    # A part is made into samples while those before it are written.
    return stream(parts(table, data), recipe, folder, classes=table.classes, standardise=standardise, **borders)


def parts(table: pl.DataFrame | store.Store, data: Data) -> Iterator[pl.DataFrame]:
    """The daily table in parts of whole stations, each far smaller than `data.memory` where it is a store's."""
    if isinstance(table, pl.DataFrame):
        yield table
    else:
        assert isinstance(data, StoreData)
        yield from table.parts(_fitting(data) // 4)


def _fitting(data: StoreData) -> int:
    """Days that fit memory."""
    return int(data.memory * 2**30 / store.BYTES_A_DAY)


def _store(data: StoreData) -> tuple[pl.DataFrame | store.Store, dict[str, Any]]:
    start = data.days["train_from"]
    # Inputs, and what is known of the day before, reach back over the border.
    found = store.open_store(Path(data.path), data.stations, start and start - timedelta(days=400))
    stations = found.stations
    return found.table() if found.days <= _fitting(data) else found, {
        "file": data.path,
        "sha256": observations.sha256(Path(data.path) / MANIFEST),
        "stations": stations if len(stations) <= 10 else [f"{len(stations)} stations"],
        "days": found.days,
        "dropped": found.manifest["dropped"],
        "source": {"kind": "store", **asdict(data)},
    }


def _csv(data: Any) -> tuple[pl.DataFrame, list[str], dict[str, int]]:
    table = observations.read_csv(data.path)
    chosen = observations.select(table, data.stations, data.path) if data.stations else table
    return chosen, [data.path], {}


def _ghcn(data: Any) -> tuple[pl.DataFrame, list[str], dict[str, int]]:
    from stratus.data.ghcn.daily import read_files  # noqa: PLC0415 - the shipped table needs none of it

    files = sorted(glob.glob(data.path)) if data.path else _fetched(data)
    if not files:
        raise DataError(f"data.path={data.path}: there is no such file")
    table, dropped = read_files(files, data.units, ice_pellets=data.ice_pellets)
    chosen = observations.select(table, data.ids, data.path or "GHCN-Daily") if data.ids else table
    return chosen.with_columns(pl.col("station").replace(data.names)).sort("station", "date"), files, dropped


def _fetched(data: Any) -> list[str]:
    from stratus.data.ghcn import fetch  # noqa: PLC0415 - the network is touched only here

    source = data.source or fetch.SOURCE
    return [str(path) for path in fetch.station_files(data.ids, source=source, offline=data.offline)]
