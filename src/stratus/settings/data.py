"""`data=…`: which stations, from which source, and where the splits begin."""

import os
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar

from omegaconf import MISSING

from stratus.data.recipe import Borders
from stratus.errors import CheckpointError, ConfigurationError, first_line
from stratus.settings.checks import NOT_NEGATIVE, POSITIVE, Expected, SettingsGroup, require, setting

if TYPE_CHECKING:
    from stratus.data.clocks import Clocks
    from stratus.data.layout import Layout
    from stratus.data.observations import InMemory, Loaded

BORDERS = ("train_from", "validation_from", "test_from", "until")
DAY = Expected("a day as YYYY-MM-DD", date.fromisoformat)
DAY_OR_NONE = Expected(f"{DAY.words}, or null", DAY.holds)
YEAR = Expected("a year as YYYY", range(1, 10_000).__contains__)
NAME = Expected("the name of a file or a folder", bool)
UNITS = Expected("metric, standard or null", ("metric", "standard").__contains__)


@dataclass
class Data(SettingsGroup, group="data"):
    """What all sources have."""

    kind: ClassVar[str]  # the source's name in a record
    stations: list[str] | None = setting(None, "stations to use; null: all of the source")
    train_from: str | None = setting(None, "first training day, YYYY-MM-DD; null: the table's first", DAY_OR_NONE)
    validation_from: str | None = setting("2014-01-01", "first validation day; null: no validation split", DAY_OR_NONE)
    test_from: str = setting("2015-01-01", "first test day", DAY)
    until: str | None = setting(None, "last test day; null: the table's last", DAY_OR_NONE)
    test_year: int | None = setting(
        None, "test on this year, whatever test_from, and train on the days before it", YEAR
    )
    batch_size: int | None = setting(32, "training days a step; null: all of them", POSITIVE)
    resample: int | None = setting(None, "number of a resample of the training weeks; null: no resample", NOT_NEGATIVE)

    def __post_init__(self) -> None:
        if (names := self.stations) is not None:
            shown = f"[{','.join(map(str, names))}]"
            require(0 < len(names) == len({*names}), "data.stations", shown, "one or several, each once; null: all")
        given = [(name, one) for name in BORDERS if (one := getattr(self.borders, name))]
        for (before, first), (after, second) in pairwise(given):
            fine = first <= second if after == "until" else first < second  # `until` is a test day itself
            name, value, what = ("test_year", self.test_year, "year") if self.test_year else (after, second, "day")
            require(fine, f"data.{name}", value, f"a {what} after data.{before}={first}")

    @property
    def borders(self) -> Borders:
        """Where the splits begin."""
        days = {name: getattr(self, name) for name in BORDERS}
        if self.test_year:
            end = f"{self.test_year:04}-12-31"
            days |= {"test_from": f"{self.test_year:04}-01-01", "until": min(self.until or end, end)}
        return Borders(**{name: day and date.fromisoformat(day) for name, day in days.items()})

    @property
    def own(self) -> dict[str, str]:
        """Units of the user's own elements, by their names."""
        return {}

    def at(self, path: str, only: str | None = None) -> "InMemory":
        """All stations of another file, laid out as this source's or in the daily table's own columns.

        A file without a column of stations is of the `only` one. Raises DataError as `load` does.
        """
        from stratus.data.daily_table import header  # noqa: PLC0415 - not for --help
        from stratus.data.observations import InMemory  # noqa: PLC0415

        names = header(path)
        plain, alone = self._plain(names), None if "station" in names else only
        source = CsvData(path=path, elements=self.own, station=alone) if plain else self._elsewhere(path, alone)
        found = source._load().observations
        assert isinstance(found, InMemory)
        return replace(found, clocks=self.clocks) if plain else found

    def _plain(self, names: Collection[str]) -> bool:
        """Whether a file of such columns is in the daily table's own."""
        return "date" in names

    def _elsewhere(self, path: str, only: str | None) -> "Data":
        changes: dict[str, Any] = {"path": path, "stations": None}
        return replace(self, **changes)

    @property
    def clocks(self) -> "Clocks":
        """The hours of the source's elements, where they do not differ from station to station."""
        from stratus.data.clocks import NO_CLOCKS  # noqa: PLC0415 - not for --help

        return NO_CLOCKS

    def load(self) -> "Loaded":
        """The observations that these settings stand for; DataError where a file or station is missing or broken."""
        loaded, source = self._load(), {"kind": self.kind, **asdict(self)}
        file = loaded.provenance.file
        if source.get("path"):  # a run may be asked about from another folder
            source["path"] = os.path.abspath(source["path"])
            file = os.path.abspath(file) if isinstance(file, str) else [*map(os.path.abspath, file)]
        return replace(loaded, provenance=replace(loaded.provenance, source=source, file=file))

    def _load(self) -> "Loaded":
        raise NotImplementedError


@dataclass
class CsvData(Data, kind="csv"):
    """A file in the daily table's own columns, or in those that are said here, CSV or Parquet."""

    path: str = setting(MISSING, "the file", NAME)
    station: str | None = setting(None, "the name of the only station, for a file without such a column")
    columns: dict[str, str] = field(
        default_factory=dict, metadata={"help": "the file's column of an element: data.columns.precipitation=RAIN"}
    )
    units: dict[str, str] = field(
        default_factory=dict, metadata={"help": "the file's unit of an element: data.units.temperature_max=degF"}
    )
    elements: dict[str, str] = field(
        default_factory=dict, metadata={"help": "a further column and its unit: data.elements.soil=degC"}
    )
    hours: dict[str, list[float]] = field(
        default_factory=dict, metadata={"help": "begin and end of an element's hours: data.hours.precipitation=[-15,9]"}
    )
    date_format: str | None = setting(None, "how dates are written, as '%d/%m/%Y'; null: YYYY-MM-DD")

    @property
    def own(self) -> dict[str, str]:
        """Units of the user's own elements."""
        return self.elements

    def _load(self) -> "Loaded":
        from stratus.data.sources import from_csv  # noqa: PLC0415 - not for --help

        return from_csv(self.path, self.stations, self._layout)

    def _plain(self, names: Collection[str]) -> bool:
        return bool(self.columns) and "date" in names and not {*names} & {*self.columns.values()}

    def _elsewhere(self, path: str, only: str | None) -> "Data":
        station = self.station or (None if "station" in self.columns else only)
        return replace(self, path=path, stations=None, station=station)

    @property
    def _layout(self) -> "Layout":
        from stratus.data.layout import Layout  # noqa: PLC0415 - not for --help

        hours = {name: tuple(ends) for name, ends in self.hours.items()}
        return Layout(self.columns, self.units, self.elements, hours, self.date_format, self.station)

    @property
    def clocks(self) -> "Clocks":
        """Those that are said."""
        return self._layout.clocks


@dataclass
class GhcnData(Data, kind="ghcn"):
    """Stations of GHCN-Daily: fetched by their ids, or read from files in any of its layouts."""

    path: str | None = setting(None, "files to read, with * and ?; null: fetch the stations")
    station: str | None = setting(None, "id of one station, e.g. GME00102380; several as data.stations=[…]")
    names: dict[str, str] = field(default_factory=dict, metadata={"help": "the name to show for an id"})
    units: str | None = setting(None, "metric or standard: the units of a Climate Data Online export", UNITS)
    ice_pellets: bool = setting(False, "count ice pellets as hail")
    source: str | None = setting(None, "base address to fetch from; null: NOAA's")
    offline: bool = setting(False, "never fetch, use only what is cached")
    largest: float = setting(4.0, "GiB that a file to be fetched may have", POSITIVE)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (self.path or self.station or self.stations):
            mend = "name a station, data.station=GME00102380, or files, data.path=my/*.dly"
            raise ConfigurationError(f"data=ghcn: {mend}")

    def _load(self) -> "Loaded":
        from stratus.data.sources import from_ghcn  # noqa: PLC0415 - not for --help

        named = ("path", "names", "units", "ice_pellets", "source", "offline", "largest")
        plain = {name: getattr(self, name) for name in named}
        return from_ghcn([*filter(None, [self.station]), *(self.stations or [])], **plain)

    def _elsewhere(self, path: str, only: str | None) -> "Data":
        return replace(self, path=path, station=None, stations=None)


@dataclass
class KnmiData(Data, kind="knmi"):
    """KNMI's files of daily values, etmgeg_<station>.txt; stations by their numbers."""

    path: str = setting(MISSING, "files to read, with * and ?", NAME)
    names: dict[str, str] = field(default_factory=dict, metadata={"help": "the name to show for a number"})

    def _load(self) -> "Loaded":
        from stratus.data.sources import from_knmi  # noqa: PLC0415 - not for --help

        return from_knmi(self.path, self.stations, names=self.names)


@dataclass
class AustraliaData(Data, kind="australia"):
    """The Bureau of Meteorology's table "Rain in Australia", weatherAUS.csv."""

    path: str = setting(MISSING, "the file", NAME)

    def _load(self) -> "Loaded":
        from stratus.data.sources import from_australia  # noqa: PLC0415 - not for --help

        return from_australia(self.path, self.stations)

    @property
    def clocks(self) -> "Clocks":
        """The Bureau's."""
        from stratus.data.australia import CLOCKS  # noqa: PLC0415 - not for --help

        return CLOCKS


@dataclass
class StoreData(Data, kind="store"):
    """A store that `stratus store build` made; samples that do not fit `memory` are kept on disk."""

    path: str = setting(MISSING, "the store's folder", NAME)
    memory: float = setting(
        2.0, "GiB for days and what is made of them, beside 0.6 for the process; what needs more is streamed", POSITIVE
    )

    def _load(self) -> "Loaded":
        from stratus.data.sources import from_store  # noqa: PLC0415 - not for --help

        return from_store(self.path, self.stations, memory=self.memory, train_from=self.borders.train_from)

    def _elsewhere(self, path: str, only: str | None) -> "Data":
        return CsvData(path=path)


_KINDS = (CsvData, GhcnData, KnmiData, AustraliaData, StoreData)
SOURCES: dict[str, type[Data]] = {source.kind: source for source in _KINDS}


def source_from_record(source: Mapping[str, Any]) -> Data:
    """The settings of a source that a record keeps as `data.source`; CheckpointError if they are none."""
    import msgspec  # noqa: PLC0415 - not for --help

    try:
        return replace(msgspec.convert(source, SOURCES[source["kind"]]))  # it checks each value, which msgspec does not
    except (KeyError, TypeError, msgspec.ValidationError, ConfigurationError) as error:
        raise CheckpointError(f"the run's record does not say where its data come from: {first_line(error)}") from None
