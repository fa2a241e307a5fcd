"""Rebuild netherlands.parquet, the Dutch table that ships, from KNMI's files of daily values.

Usage: python data/build_netherlands.py path/to/the/files
"""

import sys
from datetime import date
from pathlib import Path

import polars as pl

from stratus.data.elements import ELEMENTS
from stratus.data.knmi.daily import read_files
from stratus.data.knmi.stations import NAMES
from stratus.errors import StratusError

STATIONS = ("249", "251", "260", "269", "273", "277", "278", "279", "283", "286", "348", "356")
FIRST, LAST = date(2000, 1, 1), date(2026, 6, 25)


def netherlands(files: list[Path]) -> pl.DataFrame:
    """The days of the stations above under their names, without the columns that KNMI has nothing for."""
    table, _ = read_files(files)
    days = table.filter(pl.col("station").is_in(STATIONS), pl.col("date").is_between(FIRST, LAST))
    named = days.with_columns(pl.col("station").replace(NAMES)).sort("station", "date")
    return named.drop(name for name in ELEMENTS if name in named.columns and not named[name].count())


def main() -> None:
    """Write netherlands.parquet beside this script, of the files in the folder named on the command line."""
    if len(sys.argv) != 2:
        sys.exit("usage: python data/build_netherlands.py path/to/the/files")
    try:
        table = netherlands(sorted(Path(sys.argv[1]).glob("etmgeg_*.txt*")))
    except StratusError as error:
        sys.exit(str(error))
    table.write_parquet(
        Path(__file__).with_name("netherlands.parquet"),
        compression="zstd",
        compression_level=22,
        statistics=False,
        row_group_size=len(table),
    )


if __name__ == "__main__":
    main()
