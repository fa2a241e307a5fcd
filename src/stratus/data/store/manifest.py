"""What a store is made of: the names of its files, and store.json."""

import json
import zlib
from dataclasses import asdict, dataclass, field
from pathlib import Path

from stratus.files import replace

MANIFEST, INDEX = "store.json", "index.parquet"
BUCKETS = 64


def bucket_of(station: str) -> int:
    """A station's bucket, the same for ever."""
    return zlib.crc32(station.encode()) % BUCKETS


def part(folder: Path, year: int, bucket: int) -> Path:
    """The file of a year and a bucket."""
    return folder / f"year={year}" / f"bucket={bucket:02}.parquet"


@dataclass(frozen=True)
class Source:
    """A file that a store is built from.

    Attributes:
        file: Its path.
        bytes: Its size.
        modified: When it changed last, in nanoseconds since 1970.
        sha256: Its checksum; empty until the store is built.
    """

    file: str
    bytes: int
    modified: int
    sha256: str = ""

    @classmethod
    def of(cls, file: Path) -> "Source":
        """A file as it is now."""
        facts = file.stat()
        return cls(str(file), facts.st_size, facts.st_mtime_ns)


@dataclass(frozen=True)
class Manifest:
    """What store.json says.

    Attributes:
        ice_pellets: Whether ice pellets count as hail.
        sources: The files that the store is built from.
        years: The years that it holds.
        classes: The categories of weather in it.
        dropped: Number of values left out, by reason.
        days: Number of days over all stations.
        stations: Number of stations.
    """

    ice_pellets: bool
    sources: list[Source] = field(default_factory=list)
    years: list[int] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)
    dropped: dict[str, int] = field(default_factory=dict)
    days: int = 0
    stations: int = 0

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """The manifest of a store's folder."""
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return cls(**{**content, "sources": [Source(**one) for one in content["sources"]]})

    def write(self, folder: Path) -> None:
        """Makes a folder's store whole."""
        replace(folder / MANIFEST, json.dumps(asdict(self), indent=2))
