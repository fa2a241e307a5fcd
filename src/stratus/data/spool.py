"""Samples too many for memory: written to files part by part, then mapped from them."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from stratus.data.samples import COLUMNS, Array, Samples

_INDEX = "samples.json"
_ON_DISK: dict[str, Any] = {"at": np.int32, "dates": "datetime64[D]", "x": np.float32}
"""y and last are float32 as well, or int16 for the indices of categories."""


class Spool:
    """A folder that samples are appended to.

    Args:
        folder: Made anew.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.places: list[str] = []
        self.days = 0
        self.kinds: dict[str, tuple[str, list[int]]] = {}
        self.files = {name: open(folder / name, "wb") for name in COLUMNS}  # noqa: SIM115 - open until `close`

    def append(self, samples: Samples) -> None:
        """Writes samples of further stations, or days."""
        for name, file in self.files.items():
            values = getattr(samples, name)
            if name == "at":
                values = values + len(self.places)
            dtype = _ON_DISK.get(name, np.float32 if values.dtype.kind == "f" else np.int16)
            self.kinds[name] = (np.dtype(dtype).str, list(values.shape[1:]))
            np.ascontiguousarray(values, dtype=dtype).tofile(file)
        self.places += samples.places
        self.days += len(samples)

    def close(self) -> Samples:
        """Ends the writing; the samples mapped."""
        for file in self.files.values():
            file.close()
        index = {"places": self.places, "days": self.days, "kinds": self.kinds}
        (self.folder / _INDEX).write_text(json.dumps(index), encoding="utf-8")
        return mapped(self.folder)


def mapped(folder: Path) -> Samples:
    """The samples of a closed spool; their arrays are read from the disk where and when they are used."""
    index: dict[str, Any] = json.loads((folder / _INDEX).read_text(encoding="utf-8"))

    def column(name: str) -> Array:
        dtype, shape = index["kinds"][name]
        if not index["days"]:  # an empty file cannot be mapped
            return np.empty((0, *shape), dtype)
        return np.memmap(folder / name, dtype, "r", shape=(index["days"], *shape))

    return Samples(index["places"], *(column(name) for name in COLUMNS))
