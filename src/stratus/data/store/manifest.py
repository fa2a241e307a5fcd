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
    """A file that a store is built from."""

    file: str  # its path
    bytes: int  # its size
    modified: int  # when it changed last, in nanoseconds since 1970
    sha256: str = ""  # its checksum; empty until the store is built

    @classmethod
    def of(cls, file: Path) -> "Source":
        """A file as it is now."""
        facts = file.stat()
        return cls(str(file), facts.st_size, facts.st_mtime_ns)


@dataclass(frozen=True)
class Manifest:
    """What store.json says."""

    ice_pellets: bool  # whether ice pellets count as hail
    sources: list[Source] = field(default_factory=list)  # the files that the store is built from
    years: list[int] = field(default_factory=list)  # the years that it holds
    classes: list[str] = field(default_factory=list)  # the categories of weather in it
    dropped: dict[str, int] = field(default_factory=dict)  # number of values left out, by reason
    days: int = 0  # number of days over all stations
    stations: int = 0  # number of stations

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """The manifest of a store's folder."""
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return cls(**{**content, "sources": [Source(**one) for one in content["sources"]]})

    def write(self, folder: Path) -> None:
        """Makes a folder's store whole."""
        replace(folder / MANIFEST, json.dumps(asdict(self), indent=2))
