"""`data=…`: which stations, from which source, and where the splits begin."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from omegaconf import MISSING

from stratus.data.borders import Borders
from stratus.errors import ConfigurationError
from stratus.settings.checks import day, positive, require, setting

if TYPE_CHECKING:
    from stratus.data.observations import Loaded

BORDERS = ("train_from", "validation_from", "test_from", "until")


@dataclass
class Data:
    """What all sources have."""

    stations: list[str] | None = setting(None, "stations to use; null: all of the source")
    train_from: str | None = setting(None, "first training day, YYYY-MM-DD; null: the table's first")
    validation_from: str | None = setting("2014-01-01", "first validation day; null: no validation split")
    test_from: str = setting("2015-01-01", "first test day")
    until: str | None = setting(None, "last test day; null: the table's last")
    batch_size: int | None = setting(32, "training days a step; null: all of them")
    resample: int | None = setting(None, "number of a resample of the training weeks; null: the days themselves")

    def __post_init__(self) -> None:
        positive("data.batch_size", self.batch_size)
        positive("data.resample", self.resample, zero=True)
        given = [(name, one) for name in BORDERS if (one := getattr(self.borders, name))]
        for (before, first), (after, second) in pairwise(given):
            require(first < second, f"data.{after}", second, f"a day after data.{before}={first}")

    @property
    def borders(self) -> Borders:
        """Where the splits begin."""
        days: dict[str, Any] = {name: day(f"data.{name}", getattr(self, name)) for name in BORDERS}
        return Borders(**days)

    def load(self) -> "Loaded":
        """The observations that these settings stand for, their stations chosen and named.

        Raises:
            DataError: A file is missing or broken, or a station is not in it or cannot be fetched.
        """
        raise NotImplementedError

    def _recorded(self, loaded: "Loaded") -> "Loaded":
        """The same, with these settings in its provenance, for `source_from_record`."""
        (kind,) = (name for name, of in SOURCES.items() if type(self) is of)
        return replace(loaded, provenance=replace(loaded.provenance, source={"kind": kind, **asdict(self)}))


@dataclass
class CsvData(Data):
    """A file in the daily table's own columns."""

    path: str = setting(MISSING, "the file")

    def load(self) -> "Loaded":
        """See `Data`."""
        from stratus.data.sources import from_csv  # noqa: PLC0415 - not for --help

        return self._recorded(from_csv(self.path, self.stations))


@dataclass
class GhcnData(Data):
    """Stations of GHCN-Daily: fetched by their ids, or read from files in any of its layouts."""

    path: str | None = setting(None, "files to read, with * and ?; null: fetch the stations")
    station: str | None = setting(None, "id of one station, e.g. GME00102380; several as data.stations=[…]")
    names: dict[str, str] = field(default_factory=dict, metadata={"help": "the name to show for an id"})
    units: str | None = setting(None, "metric or standard: the units of a Climate Data Online export")
    ice_pellets: bool = setting(False, "count ice pellets as hail")
    source: str | None = setting(None, "base address to fetch from; null: NOAA's")
    offline: bool = setting(False, "never fetch, use only what is cached")

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.units in (None, "metric", "standard"), "data.units", self.units, "metric, standard or null")
        if self.path is None and not self.ids:
            raise ConfigurationError(
                "data=ghcn: name a station, data.station=GME00102380, or files, data.path=my/*.dly"
            )

    @property
    def ids(self) -> list[str]:
        """The ids of the stations asked for."""
        return [*([self.station] if self.station else []), *(self.stations or [])]

    def load(self) -> "Loaded":
        """See `Data`."""
        from stratus.data.sources import from_ghcn  # noqa: PLC0415 - not for --help

        plain = {name: getattr(self, name) for name in ("path", "names", "units", "ice_pellets", "source", "offline")}
        return self._recorded(from_ghcn(self.ids, **plain))


@dataclass
class StoreData(Data):
    """A store that `stratus store build` made; samples that do not fit `memory` are kept on disk."""

    path: str = setting(MISSING, "the store's folder")
    memory: float = setting(2.0, "GiB that the table and its samples may take")

    def __post_init__(self) -> None:
        super().__post_init__()
        positive("data.memory", self.memory)

    def load(self) -> "Loaded":
        """See `Data`."""
        from stratus.data.sources import from_store  # noqa: PLC0415 - not for --help

        train_from = self.borders.train_from
        return self._recorded(from_store(self.path, self.stations, memory=self.memory, train_from=train_from))


SOURCES: dict[str, type[Data]] = {"csv": CsvData, "ghcn": GhcnData, "store": StoreData}
"""By the name that a record gives them."""


def source_from_record(source: Mapping[str, Any]) -> Data:
    """The settings of a source that a record keeps as `data.source`."""
    kept = dict(source)
    return SOURCES[kept.pop("kind")](**kept)
