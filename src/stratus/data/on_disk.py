"""Samples in files: an array a file, read in slices, and a description that tells whether they are what was written."""

import math
import weakref
import zlib
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import msgspec
import numpy as np

from stratus import files
from stratus.data.samples import CHUNK, COLUMNS, Array, Samples, StreamedSamples
from stratus.errors import DataError

Count = Annotated[int, msgspec.Meta(ge=0, le=1 << 40)]
Kind = Literal["i4", "M8[D]", "f4", "i2"]
_KINDS: dict[Kind, Any] = {"i4": np.int32, "M8[D]": "datetime64[D]", "f4": np.float32, "i2": np.int16}
_SAME: dict[str, Kind] = {"at": "i4", "dates": "M8[D]"}  # others are float32, or int16 for the indices of categories


class ColumnFile(msgspec.Struct, frozen=True):
    """What is said of a column's file."""

    kind: Kind
    shape: list[Count]  # of one day's value
    crc32: Count  # checksum of the file


class SamplesFiles(msgspec.Struct, frozen=True):
    """What is said of a folder of samples."""

    places: list[str]
    days: Count
    columns: dict[str, ColumnFile]


class Column:
    """An array [n, …] in a file: a slice of it is read where it is asked for. Nothing is mapped or kept."""

    def __init__(self, path: Path, dtype: np.dtype[Any], shape: tuple[int, ...], instead: Array | None = None) -> None:
        self.path, self.dtype, self.shape, self.instead = path, dtype, shape, instead
        self.file = open(path, "rb")  # noqa: SIM115 - closed when the samples are no longer in use
        weakref.finalize(self, self.file.close)

    def __len__(self) -> int:
        return self.shape[0]

    def through(self, instead: Array) -> "Column":
        """The column of indices, each read as what stands at its place in an array."""
        return Column(self.path, self.dtype, self.shape, instead.astype(self.dtype))

    def __getitem__(self, keep: Any) -> Array:
        if not isinstance(keep, slice):
            return cast(Array, self._read(0, len(self))[keep])
        start, stop, step = keep.indices(len(self))
        if step == 1:
            return self._read(start, stop)
        size = max(CHUNK // step, 1) * step  # a step at a time through the whole file, which may not fit memory
        return np.concatenate([self._read(at, min(at + size, stop))[::step] for at in range(start, stop, size)])

    def __array__(self, *given: Any, **named: Any) -> Array:
        return np.asarray(self[:], *given)

    def _read(self, start: int, stop: int) -> Array:
        values = np.empty((max(stop - start, 0), *self.shape[1:]), self.dtype)
        self.file.seek(start * math.prod(self.shape[1:]) * self.dtype.itemsize)
        if self.file.readinto(values.view(np.uint8).reshape(-1).data) < values.nbytes:
            raise DataError(f"{self.path} became shorter while it was read")
        return values if self.instead is None else self.instead[values]


def open_samples(folder: Path, said: SamplesFiles) -> StreamedSamples:
    """The samples in a folder; they are read where they are used. Raises ValueError or OSError if they are others."""
    columns: list[Any] = []
    for name in COLUMNS:
        one, path = said.columns[name], folder / name
        dtype, shape = np.dtype(_KINDS[one.kind]), (said.days, *one.shape)
        # The size first: it is known without opening what may be a pipe.
        if files.size(path) != math.prod(shape) * dtype.itemsize or crc32(path) != one.crc32:
            raise ValueError(f"{path.name} is not what was written")
        columns.append(Column(path, dtype, shape))
    return StreamedSamples(said.places, *columns)


def crc32(path: Path) -> int:
    """A file's checksum: noticing damage takes a third of the time that SHA-256 does."""
    found = 0
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            found = zlib.crc32(block, found)
    return found


class Writer:
    """Writes samples into a new folder, a part after another: a file an array."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.places: list[str] = []
        self.days = 0
        self.columns: dict[str, ColumnFile] = {}
        self.files = {name: open(folder / name, "wb") for name in COLUMNS}  # noqa: SIM115 - open until `close`

    def append(self, samples: Samples) -> None:
        """Writes samples of further stations."""
        for name, file in self.files.items():
            values = getattr(samples, name)
            if name == "at":
                values = values + len(self.places)
            kind = _SAME.get(name, "f4" if values.dtype.kind == "f" else "i2")
            content = np.ascontiguousarray(values, dtype=_KINDS[kind]).view(np.uint8).reshape(-1).data
            before = self.columns[name].crc32 if self.days else 0
            self.columns[name] = ColumnFile(kind, list(values.shape[1:]), zlib.crc32(content, before))
            file.write(content)
        self.places += samples.places
        self.days += len(samples)

    def close(self) -> SamplesFiles:
        """Ends the writing; what `open_samples` has to be told of the folder."""
        for file in self.files.values():
            file.close()
        return SamplesFiles(self.places, self.days, self.columns)
