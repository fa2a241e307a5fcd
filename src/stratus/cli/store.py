"""Building a store of many stations."""

import argparse
from pathlib import Path
from typing import Any

from stratus.data.store.build import build
from stratus.runs.report import show


def add_commands(commands: Any) -> None:
    """Adds `store build`."""
    about = "one Parquet store of many stations' daily table, for data=store"
    store = commands.add_parser("store", help=about, description=about)
    actions = store.add_subparsers(required=True, metavar="ACTION")
    about = "build a store from by-year files, add years to one, or go on with one that was broken off"
    building = actions.add_parser("build", help=about, description=about)
    building.set_defaults(command=build_store)
    building.add_argument("sources", metavar="SOURCE", nargs="+", help="CSV, gzip or Parquet, or a folder of Parquet")
    building.add_argument("--to", metavar="DIR", type=Path, required=True, help="the store's folder")
    building.add_argument("--ice-pellets", action="store_true", help="count ice pellets as hail")


def build_store(options: argparse.Namespace) -> None:
    """Builds the store and says what it holds."""
    manifest = build(options.sources, options.to, ice_pellets=options.ice_pellets, tell=show)
    years = manifest.years
    dropped = "; ".join(f"{count:,} dropped: {why}" for why, count in manifest.dropped.items() if count)
    show(
        f"{options.to}: {manifest.days:,} days of {manifest.stations:,} stations, {years[0]} to {years[-1]}"
        + (f"; {dropped}" if dropped else "")
    )
