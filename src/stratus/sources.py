"""From the settings of a source to the daily table, and what the record says of it."""

import glob
from dataclasses import asdict
from typing import Any

import polars as pl

from stratus import observations
from stratus.config import PROJECT
from stratus.errors import DataError
from stratus.settings import Csv, Data, Ghcn

KINDS: dict[str, type[Data]] = {"csv": Csv, "ghcn": Ghcn}


def load(data: Data) -> tuple[pl.DataFrame, dict[str, Any]]:
    """The daily table that a source's settings stand for, its stations chosen and named.

    Returns:
        The table, and for `run.json` the files (one as text, several as a list) with their SHA-256, the stations,
        the number of days, what was dropped, and the settings themselves, from which `again` loads the same.

    Raises:
        DataError: A file is missing or broken, or a station is not in it or cannot be fetched.
    """
    kind = type(data).__name__.lower()
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


def again(facts: dict[str, Any]) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Loads what a record's `data` describes once more."""
    settings = dict(facts["source"])
    return load(KINDS[settings.pop("kind")](**settings))


def _csv(data: Any) -> tuple[pl.DataFrame, list[str], dict[str, int]]:
    table = observations.read_csv(data.path)
    chosen = observations.select(table, data.stations, data.path) if data.stations else table
    return chosen, [data.path], {}


def _ghcn(data: Any) -> tuple[pl.DataFrame, list[str], dict[str, int]]:
    from stratus.ghcn.daily import read_files  # noqa: PLC0415 - the shipped table needs none of it

    files = sorted(glob.glob(data.path)) if data.path else _fetched(data)
    if not files:
        raise DataError(f"data.path={data.path}: there is no such file")
    table, dropped = read_files(files, data.units, ice_pellets=data.ice_pellets)
    chosen = observations.select(table, data.ids, data.path or "GHCN-Daily") if data.ids else table
    return chosen.with_columns(pl.col("station").replace(data.names)).sort("station", "date"), files, dropped


def _fetched(data: Any) -> list[str]:
    from stratus.ghcn import fetch  # noqa: PLC0415 - the network is touched only here

    source = data.source or fetch.SOURCE
    return [str(path) for path in fetch.station_files(data.ids, source=source, offline=data.offline)]
