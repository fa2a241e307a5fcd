"""Reading a store: whole, or in parts of whole stations that fit memory."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from stratus.data.daily_table import KEY, SCHEMA
from stratus.data.store.manifest import INDEX, MANIFEST, Manifest, part
from stratus.errors import DataError


def days_in_memory(memory: float) -> int:
    """Days that fit so many GiB while their samples are made, 700 bytes each (measured with nine inputs)."""
    return int(memory * 2**30 / 700)


@dataclass(frozen=True)
class Store:
    """A store's days of some stations, from a year on."""

    folder: Path  # where it is
    manifest: Manifest  # what store.json says
    index: pl.DataFrame  # columns station, bucket, year, days, of what was asked for

    @property
    def days(self) -> int:
        """Number of days."""
        return int(self.index["days"].sum())

    @property
    def stations(self) -> list[str]:
        """The stations' ids."""
        return self.index["station"].unique().sort().to_list()

    def parts(self, days: int) -> Iterator[pl.DataFrame]:
        """The daily table in parts of at most so many days, or of one station where it has more."""
        for (bucket,), index in self.index.group_by("bucket", maintain_order=True):
            sizes = index.group_by("station", maintain_order=True).agg(pl.col("days").sum())
            turn = (sizes["days"].cum_sum() - 1) // days
            years = index["year"].unique().sort().to_list()
            for group in sizes.with_columns(turn=turn).partition_by("turn", maintain_order=True):
                yield self._read(int(bucket), years, group["station"].to_list())

    def table(self) -> pl.DataFrame:
        """All of the daily table."""
        return pl.concat(self.parts(max(self.days, 1))).sort(KEY)

    @property
    def last_day(self) -> date:
        """The last day that one of the stations was observed."""
        latest = self.index.filter(pl.col("year") == pl.col("year").max())
        files = [part(self.folder, year, bucket) for year, bucket in latest.select("year", "bucket").unique().rows()]
        rows = pl.scan_parquet(files, hive_partitioning=False).filter(pl.col("station").is_in(latest["station"]))
        last: date = rows.select(pl.col("date").max()).collect().item()
        return last

    def covering(self, stations: Sequence[str], dates: Any) -> pl.DataFrame:
        """The daily table of some stations in the years of some dates [n], datetime64[D]."""
        years = pl.Series(dates).dt.year().unique()
        found = self.index.filter(pl.col("station").is_in(list(stations)), pl.col("year").is_in(years.to_list()))
        parts = (
            self._read(int(bucket), index["year"].unique().to_list(), index["station"].unique().to_list())
            for (bucket,), index in found.group_by("bucket")
        )
        return pl.concat([pl.DataFrame(schema=SCHEMA), *parts])

    def samples_folder(self, *facts: Any) -> Path:
        """Where samples made of these days under further facts (recipe, borders) are kept."""
        made_of = [asdict(self.manifest), self.stations, self.index["year"].min(), *facts]
        said = json.dumps(made_of, sort_keys=True, default=str)
        return self.folder / "samples" / hashlib.sha256(said.encode()).hexdigest()[:16]

    def _read(self, bucket: int, years: Sequence[int], stations: list[str]) -> pl.DataFrame:
        files = [file for year in years if (file := part(self.folder, year, bucket)).exists()]
        rows = pl.scan_parquet(files, hive_partitioning=False).filter(pl.col("station").is_in(stations))
        return rows.collect().sort(KEY)


def open_store(folder: Path, stations: Sequence[str] | None = None, first: date | None = None) -> Store:
    """A store, or its days of some stations, or from the year of a day on.

    Raises DataError if the folder is no store, or an unfinished one, or a station is not in it.
    """
    if not (folder / MANIFEST).exists():
        unfinished = "its building was broken off: give the same `stratus store build` once more"
        raise DataError(f"{folder}: {unfinished if folder.is_dir() else 'there is no such store'}")
    try:
        manifest = Manifest.read(folder)
        index = pl.read_parquet(folder / INDEX)
    except (OSError, ValueError, TypeError, KeyError, pl.exceptions.PolarsError) as error:
        raise DataError(f"{folder}: not a readable store ({str(error).splitlines()[0]})") from None
    if stations:
        if unknown := sorted(set(stations) - set(index["station"])):
            raise DataError(f"{folder}: no station {', '.join(unknown)}")
        index = index.filter(pl.col("station").is_in(list(stations)))
    if first:
        index = index.filter(pl.col("year") >= first.year)
    if index.is_empty():
        raise DataError(f"{folder}: no day from {first} on; it holds {manifest.years[0]} to {manifest.years[-1]}")
    return Store(folder, manifest, index)
