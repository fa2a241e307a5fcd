"""Stations of GHCN-Daily: finding them, and fetching their records."""

import argparse
from typing import Any

import polars as pl

from stratus.data.ghcn import fetch, stations
from stratus.errors import ConfigurationError
from stratus.runs.report import listing, show


def add_commands(commands: Any) -> None:
    """Adds `stations` and `fetch`."""
    about = "find stations by place, name, elements and years"
    finding = commands.add_parser("stations", help=about, description=about)
    finding.set_defaults(command=find)
    finding.add_argument(
        "--near", metavar="LAT,LON", type=_pair(float), help="degrees; --near=-33.9,151.2 in the south"
    )
    finding.add_argument("--within", metavar="KM", type=float, help="the largest distance from there")
    finding.add_argument("--name", help="words of the name")
    finding.add_argument("--element", metavar="E", nargs="+", default=[], help="measured there: TMAX PRCP SNOW WT05 …")
    finding.add_argument("--years", metavar="FIRST,LAST", type=_pair(int), help="covered by the record")
    finding.add_argument("--most", metavar="N", type=int, default=20, help="how many to show (20)")
    about = "fetch stations' records into the cache"
    fetching = commands.add_parser("fetch", help=about, description=about)
    fetching.set_defaults(command=fetch_stations)
    fetching.add_argument("stations", metavar="STATION", nargs="*", help="ids such as USW00013904")
    fetching.add_argument("--texas", action="store_true", help="the five airports of data=texas")
    for one in (finding, fetching):
        one.add_argument("--source", metavar="URL", default=fetch.SOURCE, help=f"base address ({fetch.SOURCE})")
        one.add_argument("--offline", action="store_true", help="use what is cached, fetch nothing")
        one.add_argument("--refresh", action="store_true", help="fetch again what is cached")


def _pair(kind: type) -> Any:
    def pair(text: str) -> tuple[Any, Any]:
        try:
            first, second = text.split(",")
            return kind(first), kind(second)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r}: expected two numbers with a comma between them") from None

    return pair


def find(options: argparse.Namespace) -> None:
    """Prints the stations that meet every condition: id, name, distance, years, elements."""
    get = {"source": options.source, "offline": options.offline, "refresh": options.refresh}
    found = stations.search(
        stations.read_stations(fetch.fetch("ghcnd-stations.txt", **get)),
        stations.read_inventory(fetch.fetch("ghcnd-inventory.txt", **get)),
        near=options.near,
        within_km=options.within,
        name=options.name,
        elements=options.element,
        years=options.years,
    )
    columns = [name for name in ("id", "name", "state", "distance_km", "first", "last", "elements") if name in found]
    kept = found.select(columns).head(options.most).with_columns(pl.selectors.float().round(1))
    show(
        listing(kept, f"{found.height} stations" + (f", the first {kept.height}" if kept.height < found.height else ""))
    )


def fetch_stations(options: argparse.Namespace) -> None:
    """Fetches the stations' .dly files and prints where they are."""
    ids = [*options.stations, *(stations.TEXAS if options.texas else [])]
    if not ids:
        raise ConfigurationError("name a station, such as USW00013904, or --texas; stratus stations finds them")
    get = {"source": options.source, "offline": options.offline, "refresh": options.refresh}
    for path in fetch.station_files(ids, **get):
        show(str(path))
