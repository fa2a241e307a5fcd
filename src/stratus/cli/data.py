"""Data to train on: stations of GHCN-Daily, found and fetched, and stores of many stations."""

import argparse
from pathlib import Path
from typing import Any

import polars as pl

from stratus.cli.parser import add
from stratus.data.ghcn import cache, stations
from stratus.data.store import build as store_building
from stratus.data.store.check import check
from stratus.data.store.manifest import Manifest
from stratus.errors import ConfigurationError, counted
from stratus.runs.report import listing, show


def add_commands(commands: Any) -> None:
    """Adds `stations`, `fetch`, `store build` and `store check`."""
    found = add(commands, "stations", find, "find stations by place, name, elements and years")
    found.add_argument("--near", metavar="LAT,LON", type=_pair(float), help="degrees; --near=-33.9,151.2 in the south")
    found.add_argument("--within", metavar="KM", type=float, help="the largest distance from there")
    found.add_argument("--name", help="words of the name")
    found.add_argument("--element", metavar="E", nargs="+", default=[], help="measured there: TMAX PRCP SNOW WT05 …")
    found.add_argument("--years", metavar="FIRST,LAST", type=_pair(int), help="covered by the record")
    found.add_argument("--most", metavar="N", type=_positive, default=20, help="how many to show (20)")
    fetched = add(commands, "fetch", fetch_stations, "fetch stations' records into the cache")
    fetched.add_argument("stations", metavar="STATION", nargs="*", help="ids such as USW00013904")
    fetched.add_argument("--texas", action="store_true", help="the five airports of data=texas")
    fetched.set_defaults(kept=_fetched)
    for one in (found, fetched):
        one.add_argument("--source", metavar="URL", default=cache.SOURCE, help=f"base address ({cache.SOURCE})")
        one.add_argument("--offline", action="store_true", help="use what is cached, fetch nothing")
        most = f"largest file that is fetched ({cache.LARGEST:g})"
        one.add_argument("--largest", metavar="GIB", type=float, default=cache.LARGEST, help=most)
        one.add_argument("--refresh", action="store_true", help="fetch again what is cached")
    about = "one Parquet store of many stations' daily table, for data=store"
    store = commands.add_parser("store", help=about, description=about)
    actions = store.add_subparsers(required=True, metavar="ACTION")
    about = "build a store from by-year files, add years to one, or go on with one that was broken off"
    built = add(actions, "build", build_store, about)
    built.add_argument("sources", metavar="SOURCE", nargs="+", help="CSV, gzip or Parquet, or a folder of Parquet")
    built.add_argument("--to", metavar="DIR", type=Path, required=True, help="the store's folder")
    built.set_defaults(kept=_built)
    built.add_argument("--ice-pellets", action="store_true", help="count ice pellets as hail")
    checked = add(actions, "check", check_store, "compare every file of a store with the checksums of its building")
    checked.add_argument("folder", metavar="DIR", type=Path, help="the store's folder")


def _pair(kind: type) -> Any:
    def pair(text: str) -> tuple[Any, Any]:
        try:
            first, second = text.split(",")
            return kind(first), kind(second)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r}: expected two numbers with a comma between them") from None

    return pair


def _positive(text: str) -> int:
    if not (text.isdecimal() and int(text)):
        raise argparse.ArgumentTypeError(f"{text!r}: expected a whole number from 1")
    return int(text)


def _fetching(options: argparse.Namespace) -> dict[str, Any]:
    return {name: getattr(options, name) for name in ("source", "offline", "refresh", "largest")}


def find(options: argparse.Namespace) -> None:
    """Prints the stations that meet every condition: id, name, distance, years, elements."""
    found = stations.search(
        stations.read_stations(cache.fetch("ghcnd-stations.txt", **_fetching(options))),
        stations.read_inventory(cache.fetch("ghcnd-inventory.txt", **_fetching(options))),
        near=options.near,
        within_km=options.within,
        name=options.name,
        elements=options.element,
        years=options.years,
    )
    columns = [name for name in ("id", "name", "state", "distance_km", "first", "last", "elements") if name in found]
    shown = found.select(columns).head(options.most).with_columns(pl.selectors.float().round(1))
    less = f", the first {shown.height}" if shown.height < found.height else ""
    show(listing(shown, f"{counted(found.height, 'station')}{less}"))


def fetch_stations(options: argparse.Namespace) -> None:
    """Fetches the stations' .dly files and prints where they are."""
    ids = _stations(options)
    if not ids:
        raise ConfigurationError("name a station, such as USW00013904, or --texas; stratus stations finds them")
    show(*map(str, cache.station_files(ids, **_fetching(options))))


def _stations(options: argparse.Namespace) -> list[str]:
    return [*options.stations, *(stations.TEXAS if options.texas else [])]


def _fetched(options: argparse.Namespace) -> tuple[str, str]:
    """What is kept of a fetch that a signal ended."""
    ids = _stations(options)
    there = sum(cache.place(f"all/{one}.dly", options.source).is_file() for one in ids)
    return f"{there} of {counted(len(ids), 'file')} in the cache, and what has come of the next", "this goes on"


def _built(options: argparse.Namespace) -> tuple[str, str]:
    """What is kept of a store's building that a signal ended."""
    read, planned, parts = store_building.kept(options.to)
    if not planned:
        return f"{options.to} is as it was before", "this begins anew"
    made = f", {counted(parts, 'part')} made of them" if parts else ""
    return f"{read} of {counted(planned, 'file')} read{made}, kept in {options.to}", "this goes on"


def build_store(options: argparse.Namespace) -> None:
    """Builds the store and says what it holds."""
    manifest = store_building.build(options.sources, options.to, ice_pellets=options.ice_pellets, tell=show)
    dropped = [f"{count:,} dropped: {why}" for why, count in manifest.dropped.items() if count]
    show("; ".join([_holds(options.to, manifest), *dropped]))


def check_store(options: argparse.Namespace) -> None:
    """Says that a store is as it was built, or what is not."""
    manifest = check(options.folder)
    show(f"{_holds(options.folder, manifest)}; all {len(manifest.parts)} parts are as they were built")


def _holds(folder: Path, manifest: Manifest) -> str:
    years = f"{manifest.years[0]} to {manifest.years[-1]}"
    return f"{folder}: {manifest.days:,} days of {manifest.stations:,} stations, {years}"
