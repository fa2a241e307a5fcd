"""What a store is made of: the names of its files, and store.json, which names each of them with its checksum."""

import json
import zlib
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated

import msgspec

from stratus import files
from stratus.errors import DataError, first_line

MANIFEST, UNFINISHED = "store.json", "unfinished"
BUCKETS = 64
Count = Annotated[int, msgspec.Meta(ge=0, le=1 << 62)]
ANEW = "build the store anew with `stratus store build`"


def bucket_of(station: str) -> int:
    """A station's bucket, the same for ever."""
    return zlib.crc32(station.encode()) % BUCKETS


@dataclass(frozen=True)
class Source:
    """A file that a store is built from."""

    file: str  # its path
    bytes: Count  # its size
    modified: int  # when it changed last, in nanoseconds since 1970
    sha256: str = ""  # its checksum; empty until it is sorted

    @classmethod
    def of(cls, file: Path) -> "Source":
        """A file as it is now."""
        facts = file.stat()
        return cls(str(file), facts.st_size, facts.st_mtime_ns)

    def unchanged(self) -> bool:
        """Whether the file is still what was sorted; its checksum is asked for only where it was written again."""
        now = Source.of(Path(self.file))
        return now.bytes == self.bytes and (now.modified == self.modified or files.sha256(self.file) == self.sha256)


@dataclass(frozen=True)
class Part:
    """A file of a store: the daily table of a year and of the stations of a bucket."""

    year: Annotated[int, msgspec.Meta(ge=1, le=9999)]
    bucket: Annotated[int, msgspec.Meta(ge=0, lt=BUCKETS)]
    bytes: Count = 0  # its size
    rows: Count = 0  # number of its days
    sha256: str = ""  # its checksum

    @property
    def name(self) -> str:
        """Its path in the store's folder."""
        return f"year={self.year}/bucket={self.bucket:02}.parquet"

    def present(self, folder: Path) -> Path:
        """Its file in a store's folder; DataError if that is missing, or of another size."""
        path = folder / self.name
        try:
            if (found := files.size(path)) == self.bytes:
                return path
        except OSError as error:
            raise DataError(f"{path}: {error.strerror or error}; put the part back, or {ANEW}") from None
        raise DataError(f"{path} has {found:,} bytes, the part that was built {self.bytes:,}: put it back, or {ANEW}")

    def intact(self, folder: Path) -> Path:
        """The same; DataError also if its content is not what was built."""
        path = self.present(folder)
        if files.sha256(path) != self.sha256:
            raise DataError(f"{path} is not the part that was built (its checksum differs): put it back, or {ANEW}")
        return path


@dataclass(frozen=True)
class Manifest:
    """What store.json says. Its own checksum stands for the whole store: it holds those of the parts."""

    ice_pellets: bool  # whether ice pellets count as hail
    sources: list[Source]  # the files that the store is built from
    parts: list[Part]  # the files that it is made of
    index: str  # checksum of the index
    classes: list[str]  # the categories of weather in it
    dropped: dict[str, Count]  # number of values left out, by reason
    days: Count  # number of days over all stations
    stations: Count  # number of stations
    further: list[str] = field(default_factory=list)  # columns that some parts have beside those of every daily table

    def __post_init__(self) -> None:
        """Raises ValueError where it contradicts itself."""
        if len({(part.year, part.bucket) for part in self.parts}) < max(len(self.parts), 1):
            raise ValueError("a part is named twice, or none is")
        if sum(part.rows for part in self.parts) != self.days:
            raise ValueError("the parts' days are not the store's")

    @cached_property
    def years(self) -> list[int]:
        """The years that it holds."""
        return sorted({part.year for part in self.parts})

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """The manifest of a store's folder; DataError if there is none, or it is broken, or of an older Stratus."""
        path = folder / MANIFEST
        try:
            return msgspec.convert(json.loads(files.read(path)), cls)
        except OSError as error:
            raise DataError(f"{path}: {error.strerror or error}") from None
        except (ValueError, RecursionError, msgspec.ValidationError) as error:
            why = f"not what this version of Stratus builds ({first_line(error)})"
            raise DataError(f"{path}: {why}: {ANEW}") from None

    def write(self, folder: Path) -> None:
        """Makes a folder's store whole."""
        files.replace(folder / MANIFEST, json.dumps(asdict(self), indent=2))
