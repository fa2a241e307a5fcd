"""Where a run's daily table comes from: memory, or a store on disk."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

import polars as pl

from stratus.data.borders import Borders
from stratus.data.daily_table import KEY
from stratus.data.recipe import Recipe
from stratus.data.samples import Array
from stratus.data.splits import Splits, split
from stratus.data.store.read import Store, days_in_memory
from stratus.data.streaming import stream
from stratus.errors import ConfigurationError


class Observations(ABC):
    """A daily table, wherever it is kept."""

    @property
    @abstractmethod
    def last_day(self) -> date:
        """The last day that any station was observed."""

    @abstractmethod
    def parts(self) -> Iterator[pl.DataFrame]:
        """The daily table in parts of whole stations, each of which fits memory."""

    @abstractmethod
    def covering(self, stations: Sequence[str], dates: Array) -> pl.DataFrame:
        """A daily table that holds the days of some stations at some dates, and perhaps others."""

    def rows(self, stations: Sequence[str], dates: Array) -> pl.DataFrame:
        """The daily table's row of each pair of a station [n] and a date [n], in order; nulls where there is none."""
        asked = pl.DataFrame({"station": list(stations), "date": dates}, {"station": pl.String, "date": pl.Date})
        return asked.join(self.covering(stations, dates), on=KEY, how="left", maintain_order="left")

    @abstractmethod
    def split(
        self, recipe: Recipe, borders: Borders, *, standardise: bool = True, resample: int | None = None
    ) -> Splits:
        """The samples: in memory, or in files beside the store.

        If `resample` is a number, the training days are that resample of them. Raises what `splits.split` and
        `streaming.stream` raise, and ConfigurationError if days on disk are to be resampled.
        """


@dataclass(frozen=True)
class InMemory(Observations):
    """A daily table in memory."""

    table: pl.DataFrame

    @property
    def last_day(self) -> date:
        """The table's last day."""
        last: date = self.table.select(pl.col("date").max()).item()
        return last

    def parts(self) -> Iterator[pl.DataFrame]:
        """The table."""
        yield self.table

    def covering(self, stations: Sequence[str], dates: Array) -> pl.DataFrame:
        """The table."""
        return self.table

    def split(
        self, recipe: Recipe, borders: Borders, *, standardise: bool = True, resample: int | None = None
    ) -> Splits:
        """Samples in memory."""
        return split(self.table, recipe, borders, standardise=standardise).resampled(resample)


@dataclass(frozen=True)
class OnDisk(Observations):
    """A store that does not fit `memory` (GiB)."""

    store: Store
    memory: float

    @property
    def last_day(self) -> date:
        """The store's last day."""
        return self.store.last_day

    def parts(self) -> Iterator[pl.DataFrame]:
        """Parts that take a quarter of the memory, unless a single station takes more."""
        return self.store.parts(days_in_memory(self.memory) // 4)

    def covering(self, stations: Sequence[str], dates: Array) -> pl.DataFrame:
        """Those stations in those years, read from the files that hold them."""
        return self.store.covering(stations, dates)

    def split(
        self, recipe: Recipe, borders: Borders, *, standardise: bool = True, resample: int | None = None
    ) -> Splits:
        """Samples in a folder of the store; made once, by the first run that needs them."""
        if resample is not None:
            raise ConfigurationError("data.resample draws training days in memory: raise data.memory, or leave it null")
        folder = self.store.samples_folder(asdict(recipe), asdict(borders))
        classes = self.store.manifest.classes
        return stream(self.parts(), recipe, borders, folder, classes=classes, standardise=standardise)


@dataclass(frozen=True)
class Provenance:
    """What `run.json` says of a run's observations."""

    file: str | list[str]  # the file, several, or a store's folder
    sha256: str | list[str]  # of each file; of a store its manifest's
    stations: list[str]  # their names; of more than ten in a store only how many
    days: int  # number of days over all stations
    dropped: dict[str, int]  # number of values left out, by reason
    source: dict[str, Any] = field(default_factory=dict)  # the settings that load them again, from `settings.data`


@dataclass(frozen=True)
class Loaded:
    """Observations, and where they come from."""

    observations: Observations
    provenance: Provenance
