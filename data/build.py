"""Rebuild weather.csv, the table that ships, from the weather.csv of vega-datasets 3.2.1.

Usage: python data/build.py path/to/the/source/weather.csv
"""

import hashlib
import io
import sys
from pathlib import Path

import polars as pl

SOURCE_SHA256 = "27219f1ca8dbd94c9b6f4b9f4f52ab2f1eb33dfdcf719cd9fc6481ed50b74549"


def daily_table(source: bytes) -> pl.DataFrame:
    """Bring the source into the daily table's columns; its numbers stay the text they were."""
    return (
        pl.read_csv(io.BytesIO(source), infer_schema=False)
        .select(
            station="location",
            date="date",
            temperature_max="temp_max",
            temperature_min="temp_min",
            precipitation="precipitation",
            snowfall=pl.lit(None, pl.String),
            wind="wind",
            weather="weather",
        )
        .sort("station", "date")
    )


def main() -> None:
    """Check the source named on the command line, then write weather.csv beside this script."""
    if len(sys.argv) != 2:
        sys.exit("usage: python data/build.py path/to/the/source/weather.csv")
    try:
        source = Path(sys.argv[1]).read_bytes()
    except OSError as error:
        sys.exit(f"{sys.argv[1]}: {error.strerror}")
    if (found := hashlib.sha256(source).hexdigest()) != SOURCE_SHA256:
        sys.exit(f"{sys.argv[1]} is not the source: its sha256 is {found}, expected {SOURCE_SHA256}")
    daily_table(source).write_csv(Path(__file__).with_name("weather.csv"))


if __name__ == "__main__":
    main()
