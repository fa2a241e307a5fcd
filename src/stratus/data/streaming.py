"""Samples too many for memory: written to files part by part, then mapped from them."""

import json
import os
import shutil
from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from filelock import FileLock

from stratus.data.recipe import Borders, Recipe
from stratus.data.samples import COLUMNS, Array, Samples, StreamedSamples, assemble
from stratus.data.splits import Splits, check, divide
from stratus.data.targets import TARGETS
from stratus.errors import ConfigurationError, DataError
from stratus.files import replace

_INDEX, _SPLITS = "samples.json", "splits.json"
# y and last are float32 as well, or int16 for the indices of categories.
_ON_DISK: dict[str, Any] = {"at": np.int32, "dates": "datetime64[D]", "x": np.float32}


def stream(
    parts: Iterable[pl.DataFrame], recipe: Recipe, borders: Borders, folder: Path, *, classes: list[str], **facts: Any
) -> Splits:
    """As `splits.split`, of a table too large for memory: its samples are written to a folder and mapped from there.

    The table comes in parts of whole stations; `classes` are its categories. A folder that holds the samples already
    is taken as it is. Several processes may ask for it at once: one writes. `facts` are attributes of `Splits`. Raises
    DataError as `split` does, or if the samples cannot be written, and ConfigurationError if the target needs all
    stations side by side.
    """
    if TARGETS[recipe.target].everywhere:
        raise ConfigurationError(
            "this target needs all stations of a day side by side, in memory: choose fewer with data.stations, or "
            "raise data.memory"
        )
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_suffix(".lock")):
            if not folder.exists():
                _write(parts, recipe, borders, folder, classes)
    except OSError as error:
        raise DataError(f"cannot write the samples to {folder}: {error.strerror or error}") from None
    written = json.loads((folder / _SPLITS).read_text(encoding="utf-8"))
    samples = {name: mapped(folder / name) for name in borders.names}
    splits = Splits.of(recipe, recipe.inputs(), written["outputs"], samples, left_out=written["left_out"], **facts)
    first, last = map(date.fromisoformat, written["dates"])
    check(splits, first, last)
    return splits


def _write(parts: Iterable[pl.DataFrame], recipe: Recipe, borders: Borders, folder: Path, classes: list[str]) -> None:
    """Writes the samples of every part beside the folder's place, then puts all there at once."""
    unfinished = folder.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    writers = {name: Writer(unfinished / name) for name in borders.names}
    left_out: Counter[str] = Counter()
    dates: list[Any] = []
    outputs: list[str] = []
    for table in parts:
        every, _, outputs = assemble(table, recipe, classes)
        samples, missing = divide(every, borders)
        left_out.update(missing)
        dates += [every.dates.min(), every.dates.max()]
        for name, writer in writers.items():
            writer.append(samples[name])
    for writer in writers.values():
        writer.close()
    facts = {"outputs": outputs, "left_out": left_out, "dates": [str(min(dates)), str(max(dates))]}
    replace(unfinished / _SPLITS, json.dumps(facts))
    os.replace(unfinished, folder)


class Writer:
    """Writes samples into a new folder, a part after another: a file an array, and an index."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.places: list[str] = []
        self.days = 0
        self.kinds: dict[str, tuple[str, list[int]]] = {}  # of each array: its dtype, and its shape after the days
        self.files = {name: open(folder / name, "wb") for name in COLUMNS}  # noqa: SIM115 - open until `close`

    def append(self, samples: Samples) -> None:
        """Writes samples of further stations."""
        for name, file in self.files.items():
            values = getattr(samples, name)
            if name == "at":
                values = values + len(self.places)
            dtype = _ON_DISK.get(name, np.float32 if values.dtype.kind == "f" else np.int16)
            self.kinds[name] = (np.dtype(dtype).str, list(values.shape[1:]))
            np.ascontiguousarray(values, dtype=dtype).tofile(file)
        self.places += samples.places
        self.days += len(samples)

    def close(self) -> StreamedSamples:
        """Ends the writing; the samples mapped."""
        for file in self.files.values():
            file.close()
        replace(self.folder / _INDEX, json.dumps({"places": self.places, "days": self.days, "kinds": self.kinds}))
        return mapped(self.folder)


def mapped(folder: Path) -> StreamedSamples:
    """The samples that a `Writer` has written into a folder; they are read from the disk where they are used."""
    index: dict[str, Any] = json.loads((folder / _INDEX).read_text(encoding="utf-8"))

    def column(name: str) -> Array:
        dtype, shape = index["kinds"][name]
        if not index["days"]:  # an empty file cannot be mapped
            return np.empty((0, *shape), dtype)
        return np.memmap(folder / name, dtype, "r", shape=(index["days"], *shape))

    return StreamedSamples(index["places"], *(column(name) for name in COLUMNS))
