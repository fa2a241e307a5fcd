"""Observations in a store: read whole, or in parts of whole stations that fit memory."""

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from stratus.data.clocks import Clocks
from stratus.data.daily_table import KEY, schema
from stratus.data.ghcn import hours
from stratus.data.observations import Observations
from stratus.data.recipe import Borders, Recipe
from stratus.data.samples import Array
from stratus.data.splits import Splits
from stratus.data.store import index as indices
from stratus.data.store.manifest import ANEW, MANIFEST, UNFINISHED, Manifest, Part
from stratus.data.streaming import Days, stream
from stratus.errors import ConfigurationError, DataError


@dataclass(frozen=True)
class Store(Observations):
    """A store's days of some stations, from a year on."""

    folder: Path  # where it is
    manifest: Manifest  # what store.json says
    index: pl.DataFrame  # columns station, bucket, year, days, of what was asked for
    memory: float  # GiB that its days and their samples may take
    intact: set[Part] = field(default_factory=set)  # parts whose checksum has been compared

    @property
    def days(self) -> int:
        """Number of days."""
        return int(self.index["days"].sum())

    @property
    def stations(self) -> list[str]:
        """The stations' ids."""
        return self.index["station"].unique().sort().to_list()

    @property
    def classes(self) -> list[str]:
        """The names of the weather in the store."""
        return self.manifest.classes

    @property
    def days_in_memory(self) -> int:
        """Days that fit the memory while their samples are made, 700 bytes each (measured with nine inputs).

        A further element takes 60 more: its column in three tables, an input, and what is worked out of both.
        """
        return int(min(self.memory, 2**30) * 2**30 / (700 + 60 * len(self.manifest.further)))

    @cached_property
    def schema(self) -> dict[str, type[pl.DataType]]:
        """Its columns with their types; a part without one of them stands for nulls."""
        return schema(self.manifest.further)

    @cached_property
    def clocks(self) -> Clocks:
        """The hours by the stations' ids, since the parts do not keep what the files said."""
        return hours.usual(self.stations)

    def measured(self) -> pl.DataFrame:
        """One row: the largest value of each element, null where it was never measured."""
        numbers = [name for name, kind in self.schema.items() if kind == pl.Float64]
        return self._scan(self.index).select(pl.col(numbers).max()).collect(engine="streaming")

    def parts(self, days: int | None = None) -> Iterator[pl.DataFrame]:
        """The daily table in parts of at most so many days (a quarter of the memory), or of one larger station."""
        days = self.days_in_memory // 4 if days is None else days
        for _, index in self.index.group_by("bucket", maintain_order=True):
            sizes = index.group_by("station", maintain_order=True).agg(pl.col("days").sum())
            turn = (sizes["days"].cum_sum() - 1) // max(days, 1)
            for group in sizes.with_columns(turn=turn).partition_by("turn", maintain_order=True):
                yield self._read(index.filter(pl.col("station").is_in(group["station"].to_list())))

    def table(self) -> pl.DataFrame:
        """All of the daily table."""
        return pl.concat(self.parts(max(self.days, 1))).sort(KEY)

    @property
    def last_day(self) -> date:
        """The last day that one of the stations was observed."""
        latest = self.index.filter(pl.col("year") == pl.col("year").max())
        last: date = self._scan(latest).select(pl.col("date").max()).collect(engine="streaming").item()
        return last

    def covering(self, stations: Sequence[str], dates: Array) -> pl.DataFrame:
        """The daily table of some stations in the years of some dates [n], datetime64[D]."""
        years = pl.Series(dates).dt.year().unique()
        found = self.index.filter(pl.col("station").is_in(list(stations)), pl.col("year").is_in(years.to_list()))
        return pl.concat(
            [pl.DataFrame(schema=self.schema), *(self._read(index) for _, index in found.group_by("bucket"))]
        )

    def split(
        self, recipe: Recipe, borders: Borders, *, standardise: bool = True, resample: int | None = None
    ) -> Splits:
        """Samples in a folder of the store; made once, by the first run that needs them."""
        if resample is not None:
            raise ConfigurationError("data.resample draws training days in memory: raise data.memory, or leave it null")
        folder = self.samples_folder(asdict(recipe), asdict(borders))
        days = Days(self.parts, self.measured, self.stations, self.classes, self.clocks)
        return stream(days, recipe, borders, folder, standardise=standardise)

    def samples_folder(self, *facts: Any) -> Path:
        """Where samples made of these days under further facts (recipe, borders) are kept."""
        made_of = [asdict(self.manifest), self.stations, self.index["year"].min(), hours.USUAL, *facts]
        said = json.dumps(made_of, sort_keys=True, default=str)
        return self.folder / "samples" / hashlib.sha256(said.encode()).hexdigest()[:16]

    def _read(self, index: pl.DataFrame) -> pl.DataFrame:
        """The days of an index; DataError if there are more or fewer."""
        rows = self._scan(index).collect().sort(KEY)
        if len(rows) != index["days"].sum():
            raise DataError(f"{self.folder}: {len(rows)} days where the index has {index['days'].sum()}: {ANEW}")
        return rows

    def _scan(self, index: pl.DataFrame) -> pl.LazyFrame:
        """The days of the stations of an index in the parts of its years, whose checksums are compared once."""
        named = parts_of(self.manifest, index)
        for part in named:
            if part not in self.intact:
                part.intact(self.folder)
                self.intact.add(part)
        files = [self.folder / part.name for part in named]
        rows = pl.scan_parquet(files, schema=self.schema, missing_columns="insert", hive_partitioning=False)
        return rows.filter(pl.col("station").is_in(index["station"].unique().to_list()))


def parts_of(manifest: Manifest, index: pl.DataFrame) -> list[Part]:
    """The parts that hold the days of an index; DataError if the manifest does not name one."""
    named = {(part.year, part.bucket): part for part in manifest.parts}
    try:
        return [named[place] for place in index.select("year", "bucket").unique().sort("year", "bucket").rows()]
    except KeyError:
        raise DataError(f"the store's index names a part that {MANIFEST} does not name: {ANEW}") from None


def open_store(
    folder: Path, stations: Sequence[str] | None = None, first: date | None = None, memory: float = 2.0
) -> Store:
    """A store, or its days of some stations, or from the year of a day on.

    Raises DataError if the folder is no store, or an unfinished one, or a station is not in it, or a file of what is
    asked for is missing or of another size. Checksums are compared where a part is first read.
    """
    if not os.path.exists(folder / MANIFEST):
        unfinished = "its building was broken off: give the same `stratus store build` once more"
        begun, there = os.path.isdir(folder / UNFINISHED), os.path.exists(folder)
        nothing = (
            f"no store, which has a {MANIFEST}: `stratus store build` makes one" if there else "there is no such store"
        )
        raise DataError(f"{folder}: {unfinished if begun else nothing}")
    manifest = Manifest.read(folder)
    index = indices.read(folder, manifest)
    if stations:
        if unknown := sorted(set(stations) - set(index["station"])):
            raise DataError(f"{folder}: no station {', '.join(unknown)}")
        index = index.filter(pl.col("station").is_in(list(stations)))
    if first:
        index = index.filter(pl.col("year") >= first.year)
    if index.is_empty():
        raise DataError(f"{folder}: no day from {first} on; it holds {manifest.years[0]} to {manifest.years[-1]}")
    for part in parts_of(manifest, index):
        part.present(folder)
    return Store(folder, manifest, index, memory)
