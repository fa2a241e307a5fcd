"""Samples too many for memory: written to files part by part, then read from them."""

import hashlib
import logging
import os
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import polars as pl
from filelock import FileLock

from stratus import files
from stratus.data.clocks import NO_CLOCKS, Clocks
from stratus.data.on_disk import Count, SamplesFiles, Writer, open_samples
from stratus.data.recipe import FITTED, Borders, Recipe
from stratus.data.samples import StreamedSamples, assemble
from stratus.data.splits import Splits, check, divide
from stratus.data.targets import TARGETS
from stratus.errors import ConfigurationError, DataError

log = logging.getLogger(__name__)
_INDEX = "samples.json"


class Facts(msgspec.Struct, frozen=True):
    """What is said of the splits in a folder."""

    splits: dict[str, SamplesFiles]
    features: dict[str, dict[str, Any]]  # the recipe's, with the elements that were measured
    outputs: list[str]
    left_out: dict[str, Count]
    dates: tuple[date, date]  # the table's first and last


class Days(NamedTuple):
    """A daily table too large for memory."""

    parts: Callable[[], Iterable[pl.DataFrame]]  # the table in parts of whole stations
    measured: Callable[[], pl.DataFrame]  # a row with a value of each element that is anywhere in it, else null
    stations: list[str]
    classes: list[str]  # its categories
    clocks: Clocks = NO_CLOCKS  # the hours that its values are of


def stream(days: Days, recipe: Recipe, borders: Borders, folder: Path, **facts: Any) -> Splits:
    """As `splits.split`, of a table too large for memory: its samples are written to a folder and read from there.

    A folder that holds the samples already is taken as it is, after their checksums are compared; broken ones are made
    anew. Several processes may ask for it at once: one writes. `facts` are attributes of `Splits`. Raises DataError as
    `split` does, or if the samples cannot be written, and ConfigurationError if the target needs all stations side by
    side, or a feature set has to know what is usual on the training days.
    """
    if TARGETS[recipe.target].everywhere:
        raise ConfigurationError(
            "this target needs all stations of a day side by side, in memory: choose fewer with data.stations, or "
            "raise data.memory"
        )
    if recipe.fits:
        raise ConfigurationError(
            f"features {' and '.join(FITTED)} are fitted to the training days in memory: raise data.memory, or choose "
            "others"
        )
    try:
        files.folder(folder.parent)
        with FileLock(folder.with_suffix(".lock")):
            if not (found := _written(folder, borders)):
                _write(days, recipe, borders, folder)
                found = _written(folder, borders)
    except OSError as error:
        raise DataError(f"cannot keep the samples in {folder}: {error.strerror or error}") from None
    if found is None:
        raise DataError(f"cannot keep the samples in {folder}: they change while they are written")
    said, samples = found
    recipe = replace(recipe, features=said.features)
    facts |= {"left_out": said.left_out, "foreseen": recipe.foreseen(days.clocks, days.stations)}
    splits = Splits.of(recipe, recipe.inputs(), said.outputs, samples, **facts)
    check(splits, *said.dates)
    return splits


def _written(folder: Path, borders: Borders) -> tuple[Facts, dict[str, StreamedSamples]] | None:
    """What a folder says of its samples, and the samples; None if it has none, or they are not what was written."""
    if not os.path.lexists(folder):
        return None
    try:
        checksum, content = files.read(folder / _INDEX).split(b"\n", 1)
        if hashlib.sha256(content).hexdigest().encode() != checksum:
            raise ValueError(f"{_INDEX} is not what was written")
        facts = msgspec.json.decode(content, type=Facts)
        return facts, {name: open_samples(folder / name, facts.splits[name]) for name in borders.names}
    except (OSError, ValueError, KeyError, msgspec.MsgspecError) as error:
        log.warning("%s: the samples are made anew: %s", folder, getattr(error, "strerror", None) or error)
        return None


def _write(days: Days, recipe: Recipe, borders: Borders, folder: Path) -> None:
    """Writes the samples of every part beside the folder's place, then puts all there at once."""
    unfinished = folder.with_suffix(".unfinished")
    files.remove(unfinished)
    writers = {name: Writer(unfinished / name) for name in borders.names}
    left_out: Counter[str] = Counter()
    dates: list[Any] = []
    outputs: list[str] = []
    recipe = recipe.of_measured(days.measured)
    for table in days.parts():
        every, inputs, outputs = assemble(table, recipe, days.classes, days.clocks)
        samples, missing = divide(every, borders, inputs, recipe.missing)
        left_out.update(missing)
        dates += [every.dates.min(), every.dates.max()]
        for name, writer in writers.items():
            writer.append(samples[name])
    splits = {name: writer.close() for name, writer in writers.items()}
    facts = Facts(
        splits,
        {name: dict(own) for name, own in recipe.features.items()},
        outputs,
        left_out,
        (min(dates).item(), max(dates).item()),
    )
    content = msgspec.json.encode(facts)
    files.replace(unfinished / _INDEX, hashlib.sha256(content).hexdigest().encode() + b"\n" + content)
    files.remove(folder)
    os.replace(unfinished, folder)
