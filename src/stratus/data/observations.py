"""Where a run's daily table comes from: memory, or a store on disk (`store.read.Store`)."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from stratus.data.clocks import NO_CLOCKS, Clocks
from stratus.data.daily_table import KEY, select
from stratus.data.fitted import fitted
from stratus.data.recipe import Borders, Recipe
from stratus.data.samples import Array, assemble
from stratus.data.splits import Splits, split
from stratus.errors import DataError

YEARS_BEFORE = 2  # the fewest years of days that a model is trained on in a sweep over test years
A_YEAR = 330  # the fewest days of a year that is counted as one


class Observations(ABC):
    """A daily table, wherever it is kept."""

    @property
    def clocks(self) -> Clocks:
        """The hours that its values are of."""
        return NO_CLOCKS

    @property
    @abstractmethod
    def stations(self) -> list[str]:
        """The stations' names, in order."""

    @property
    @abstractmethod
    def last_day(self) -> date:
        """The last day that any station was observed."""

    @property
    @abstractmethod
    def classes(self) -> list[str]:
        """The names of the weather that may be in the table."""

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

    def test_years(self, recipe: Recipe, train_from: date | None = None, until: date | None = None) -> list[int]:
        """The years that can be forecast from the years before them, in order.

        Each has days enough to count as a year whose inputs and truth are known, and so have two years or more before
        it, from the day `train_from` on. Raises DataError if there is none.
        """
        days = []
        for part in self.parts():
            whole = fitted(recipe, part, None, self.clocks)
            samples, inputs, _ = assemble(part, whole, clocks=self.clocks)
            days.append(samples.where(samples.known & samples.usable(inputs, whole.missing)).until(until).dates)
        dates = np.unique(np.concatenate(days))
        counts = Counter((dates[dates >= np.datetime64(train_from)] if train_from else dates).astype("datetime64[Y]"))
        years = sorted(year.item().year for year, count in counts.items() if count >= A_YEAR)
        if len(years) <= YEARS_BEFORE:
            those = f"{len(years)} ({', '.join(map(str, years)) or 'none'})"
            raise DataError(
                f"years forecast from {YEARS_BEFORE} or more before them need {YEARS_BEFORE + 1}, of {A_YEAR} days at "
                f"least whose inputs and truth are known; the table has {those}"
            )
        return years[YEARS_BEFORE:]

    @abstractmethod
    def split(
        self, recipe: Recipe, borders: Borders, *, standardise: bool = True, resample: int | None = None
    ) -> Splits:
        """The samples, in memory or in files of the store; a number `resample` draws the training days.

        Raises what `splits.split` and `streaming.stream` raise, ConfigurationError if days on disk are to be resampled.
        """


@dataclass(frozen=True)
class InMemory(Observations):
    """A daily table in memory."""

    table: pl.DataFrame
    clocks: Clocks = NO_CLOCKS

    def of(self, stations: Sequence[str]) -> "InMemory":
        """The same of some of its stations."""
        return replace(self, table=select(self.table, stations))

    @property
    def stations(self) -> list[str]:
        """The table's stations."""
        return self.table["station"].unique().sort().to_list()

    @property
    def last_day(self) -> date:
        """The table's last day."""
        last: date = self.table.select(pl.col("date").max()).item()
        return last

    @property
    def classes(self) -> list[str]:
        """The names of the weather in the table."""
        return self.table["weather"].drop_nulls().unique().sort().to_list()

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
        return split(self.table, recipe, borders, standardise=standardise, clocks=self.clocks).resampled(resample)


@dataclass(frozen=True)
class Provenance:
    """What `run.json` says of a run's observations."""

    file: str | list[str]  # the file, several, or a store's folder
    sha256: str | list[str]  # of each file; of a store its manifest's
    stations: list[str]  # their names; of more than ten in a store only how many
    days: int  # number of days over all stations
    dropped: dict[str, int]  # number of values left out, by reason
    source: dict[str, Any] = field(default_factory=dict)  # the settings that load them again, from `settings.data`
    samples: dict[str, int] = field(default_factory=dict)  # number of samples of each split, once they are made
    hours: dict[str, dict[str, list[float]]] = field(
        default_factory=dict
    )  # of elements, by stations; see `Clocks.told`
    left_out: dict[str, int] = field(default_factory=dict)  # number of days that gave no sample, by reason
    wanting: dict[str, int] = field(default_factory=dict)  # of these by the element they lack, most first; in memory
    others: list[str] = field(default_factory=list)  # classes that came, but not on the training days: never forecast


@dataclass(frozen=True)
class Loaded:
    """Observations, and where they come from."""

    observations: Observations
    provenance: Provenance
