"""When a value is known: the hours of each element, and the daily table as it is known when a forecast is issued.

A row's date does not say of which hours its values are. A forecast has an issue time; an input may be used if its hours
end by then, else the row before has to serve. So inputs are read from a table in which each row holds only what is
known at its date's issue hour: nothing later can reach them, whatever a feature does.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import polars as pl

from stratus.data.elements import DAY, Hours

ISSUE = 24.0  # hour of a day at which forecasts are issued, unless told otherwise: its end


@dataclass(frozen=True)
class Clocks:
    """The hours of elements, counted from 00:00 of a row's date; `elements.DAY` where nothing is said."""

    elements: Mapping[str, Hours] = field(default_factory=dict)  # at all stations
    stations: Mapping[str, Mapping[str, Hours]] = field(default_factory=dict)  # at those that differ

    def of(self, station: str, element: str) -> Hours:
        """The hours of an element at a station; of a mean temperature of which nothing is said, its extremes'."""
        if element == "wet":
            return self.of(station, "precipitation")
        found = self.stations.get(station, {}).get(element, self.elements.get(element))
        if found is None and element == "temperature":
            ends = [self.of(station, one) for one in ("temperature_max", "temperature_min")]
            return Hours(min(one.begin for one in ends), max(one.end for one in ends))
        return DAY if found is None else found

    def within(self, columns: Collection[str]) -> "Clocks":
        """Those of columns that a table has: what is worked out from others has their hours, whatever is said of it."""
        kept = {name: hours for name, hours in self.elements.items() if name in columns}
        own = {name: {k: v for k, v in hours.items() if k in columns} for name, hours in self.stations.items()}
        return Clocks(kept, own)

    def renamed(self, names: Mapping[str, str]) -> "Clocks":
        """The same of stations that are given other names."""
        return Clocks(self.elements, {names.get(name, name): hours for name, hours in self.stations.items()})

    def told(self, stations: Collection[str], most: int = 10) -> dict[str, dict[str, list[float]]]:
        """The begin and end of the hours of elements that are not `elements.DAY`, by the names of the stations.

        Stations of the same hours are told together; of more than `most` only how many they are.
        """
        groups: dict[tuple[tuple[str, Hours], ...], list[str]] = {}
        for name in sorted(stations):
            every = {*self.elements, *self.stations.get(name, {})}
            differing = [(one, self.of(name, one)) for one in sorted(every) if self.of(name, one) != DAY]
            groups.setdefault(tuple(differing), []).append(name)
        return {
            ", ".join(names) if len(names) <= most else f"{len(names)} stations": {
                one: [*hours] for one, hours in group
            }
            for group, names in groups.items()
            if group
        }

    def late(self, station: str, element: str, issue_hour: float) -> int:
        """By how many rows the latest known value lies before the row of the day of issue."""
        return max(math.ceil((self.of(station, element).end - issue_hour) / 24), 0)


NO_CLOCKS = Clocks()  # every value is of the 24 hours of its date


def as_known(days: pl.DataFrame, clocks: Clocks, issue_hour: float = ISSUE) -> pl.DataFrame:
    """A calendar in which each row holds what is known at the issue hour of its date: later values are moved down.

    `days` has a row for every day of a station, sorted, as `daily_table.calendar` gives it.
    """
    stations = days["station"].unique().to_list()
    moved: list[pl.Expr] = []
    for name in days.columns:
        if name in ("station", "date"):
            continue
        late = {station: clocks.late(station, name, issue_hour) for station in stations}
        found = pl.col(name)
        for rows in sorted({*late.values()} - {0}):
            there = [station for station, k in late.items() if k == rows]
            found = pl.when(pl.col("station").is_in(there)).then(pl.col(name).shift(rows)).otherwise(found)
        if any(late.values()):
            moved.append(found.over("station").alias(name))
    return days.with_columns(moved) if moved else days


def foreseen(clocks: Clocks, stations: Collection[str], elements: Collection[str], issue: float) -> bool:
    """Whether the hours of a target's elements begin at the issue time or later, at every station.

    `issue` is counted in hours from 00:00 of the target's date: -24 (lead - 1) at the end of an earlier day.
    """
    return all(clocks.of(station, element).begin >= issue for station in stations for element in elements)
