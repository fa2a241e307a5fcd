"""Samples split by date into training, validation and test days, and the scale that the training days give."""

import json
import logging
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from filelock import FileLock

from stratus.data.features import Input
from stratus.data.recipe import Recipe
from stratus.data.samples import Array, Samples, assemble
from stratus.data.spool import Spool, mapped
from stratus.data.targets import TARGETS, Target
from stratus.errors import ConfigurationError, DataError
from stratus.scores.bootstrap import circular_blocks

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Borders:
    """The days at which the splits begin.

    Attributes:
        test_from: First test day.
        validation_from: First validation day; None for no validation split.
        train_from: First training day; None for the table's first.
        until: Last test day; None for the table's last.
    """

    test_from: date
    validation_from: date | None = None
    train_from: date | None = None
    until: date | None = None

    @property
    def names(self) -> list[str]:
        """The splits there are, by the name they have in every record."""
        return ["train", "val", "test"] if self.validation_from else ["train", "test"]

    def divide(self, every: Samples) -> tuple[dict[str, Samples], dict[str, int]]:
        """The complete samples of each split, and the number of days that give none, by reason."""
        every = every.until(self.until)
        if self.train_from:
            every = every.since(self.train_from)
        known, complete = every.known, every.complete
        samples = every.where(known & complete)
        starts = [day for day in (self.validation_from, self.test_from) if day]
        index = np.searchsorted(np.array(starts, "datetime64[D]"), samples.dates, side="right")
        return {name: samples.where(index == k) for k, name in enumerate(self.names)}, {
            "the target was not measured": int((~known).sum()),
            "an input needs a day or value that is missing": int((known & ~complete).sum()),
        }


@dataclass(frozen=True)
class Splits:
    """Samples of the training, validation and test days, and the scale that the training days give.

    Attributes:
        recipe: How they were made.
        inputs: Names of the m inputs.
        units: Their units.
        outputs: Names of the k outputs: of values, events or stations; of the classes of a category.
        validation: None where there is no such split.
        left_out: Number of days that give no sample, by reason.
        standardise: Whether inputs are scaled to mean 0 and variance 1 over the training days.
        scaled_by: The days that are meant, where they are not `train`.
    """

    recipe: Recipe
    inputs: list[str]
    units: list[str]
    outputs: list[str]
    train: Samples
    validation: Samples | None
    test: Samples
    left_out: dict[str, int] = field(default_factory=dict)
    standardise: bool = True
    scaled_by: Samples | None = None

    @classmethod
    def of(
        cls, recipe: Recipe, inputs: list[Input], outputs: list[str], samples: Mapping[str, Samples], **facts: Any
    ) -> "Splits":
        """Splits of samples by the name of their split; `facts` are further attributes."""
        names, units = [one.name for one in inputs], [one.unit for one in inputs]
        return cls(recipe, names, units, outputs, samples["train"], samples.get("val"), samples["test"], **facts)

    @property
    def target(self) -> Target:
        """What is asked of a day."""
        return TARGETS[self.recipe.target]

    @property
    def named(self) -> dict[str, Samples]:
        """The splits there are, by the name they have in every record: train, val, test."""
        every = {"train": self.train, "val": self.validation, "test": self.test}
        return {name: samples for name, samples in every.items() if samples is not None}

    def drawn(self, number: int | None) -> Array:
        """Where the training days of a resample stand, each as often as it was drawn; all of them for None.

        Args:
            number: Of the resample, by whole weeks (see `bootstrap`); the same one draws the same days.
        """
        if number is None:
            return np.arange(len(self.train))
        dates, place = np.unique(self.train.dates, return_inverse=True)
        ((counts,),) = circular_blocks(len(dates), 1, number)
        return np.repeat(np.arange(len(self.train)), counts[place].astype(int))

    def resampled(self, number: int | None) -> "Splits":
        """The same with the training days `drawn`, on the scale of the days that they are drawn from."""
        if number is None:
            return self
        return replace(self, train=self.train.where(self.drawn(number)), scaled_by=self.train)

    def some(self, days: int = 1 << 16) -> "Splits":
        """Splits of days spread evenly over those on disk, so many each and in memory; those in memory stay."""

        def some(part: Samples) -> Samples:
            return next(part.where(slice(None, None, -(-len(part) // days))).chunks()) if part.on_disk else part

        validation = self.validation and some(self.validation)
        return replace(self, train=some(self.train), validation=validation, test=some(self.test))

    @cached_property
    def standardisation(self) -> tuple[Array, Array]:
        """Mean and population standard deviation of the training inputs [m]; 0 and 1 where not standardised.

        An input that never varies in training is only shifted: its scale is 1.
        """
        width = len(self.inputs)
        if not self.standardise:
            return np.zeros(width), np.ones(width)
        train = self.scaled_by or self.train
        mean = sum(part.x.sum(axis=0, dtype=np.float64) for part in train.chunks()) / len(train)
        scale = np.sqrt(sum(np.square(part.x - mean).sum(axis=0) for part in train.chunks()) / len(train))
        return np.asarray(mean), np.where(scale > 1e-12, scale, 1.0)

    def design(self, part: Samples) -> Array:
        """A = (standardised x, 1) of some days [n, m + 1]."""
        mean, scale = self.standardisation
        return np.column_stack([(part.x - mean) / scale, np.ones(len(part))])

    @cached_property
    def products(self) -> Array:
        """AᵀA/n over the training days [m + 1, m + 1]."""
        designs = (self.design(part) for part in self.train.chunks())
        return np.asarray(sum(design.T @ design for design in designs) / len(self.train))

    @cached_property
    def class_counts(self) -> Array:
        """Training days of each class: one row for a choice among k; rows (no, yes) for k events."""
        return np.asarray(sum(self.indicators(part.y).sum(axis=0) for part in self.train.chunks()))

    def indicators(self, y: Array) -> Array:
        """What came of classes or events y, as zeros and a one for each choice [n, choices, classes]."""
        choices, classes = (y[:, None], len(self.outputs)) if y.ndim == 1 else (y, 2)
        return np.asarray(np.eye(classes)[choices.astype(int)])


def split(table: pl.DataFrame, recipe: Recipe, *, standardise: bool = True, **borders: date | None) -> Splits:
    """Samples of a daily table, split by the date of the target day.

    A sample that needs a missing day or value is left out and counted. Inputs may reach back over a
    border between splits, never forward.

    Args:
        table: A daily table as `observations.read_csv` gives it.
        recipe: Target, features and lead.
        standardise: Whether the model scales its inputs by the training days' mean and standard deviation.
        **borders: See `Borders`.

    Raises:
        DataError: If a split has no days, or a class or event does not occur in training.
        ConfigurationError: If the target needs several stations and the table has one.
    """
    if TARGETS[recipe.target].everywhere and table["station"].n_unique() < 2:
        raise ConfigurationError(
            f"this target asks in which of several places it rains, and the data have one station "
            f"({table['station'][0]}): choose data=two_cities, or task=binary for one place"
        )
    every, inputs, outputs = assemble(table, recipe)
    samples, left_out = Borders(**borders).divide(every)  # type: ignore[arg-type]
    splits = Splits.of(recipe, inputs, outputs, samples, left_out=left_out, standardise=standardise)
    never = [one.name for one, values in zip(inputs, every.x.T, strict=True) if np.isnan(values).all()]
    _check(splits, (every.dates.min(), every.dates.max()), never)
    return splits


def stream(
    parts: Iterable[pl.DataFrame],
    recipe: Recipe,
    folder: Path,
    *,
    classes: list[str],
    standardise: bool = True,
    **borders: date | None,
) -> Splits:
    """As `split`, of a table too large for memory: its samples are written to a folder and mapped from there.

    A folder that holds them already is taken as it is. Several processes may ask for it at once: one writes.

    Args:
        parts: The table in parts of whole stations.
        recipe: Target, features and lead.
        folder: Where the samples go.
        classes: The table's categories.
        standardise: As in `split`.
        **borders: See `Borders`.

    Raises:
        DataError: As `split`, or if the samples cannot be written.
        ConfigurationError: If the target needs all stations side by side.
    """
    if TARGETS[recipe.target].everywhere:
        raise ConfigurationError(
            "this target needs all stations of a day side by side, in memory: choose fewer with data.stations, or "
            "raise data.memory"
        )
    limits = Borders(**borders)  # type: ignore[arg-type]
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_suffix(".lock")):
            if not folder.exists():
                _write(parts, recipe, folder, classes, limits)
    except OSError as error:
        raise DataError(f"cannot write the samples to {folder}: {error.strerror or error}") from None
    written = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
    samples = {name: mapped(folder / name) for name in written["splits"]}
    facts = {"left_out": written["left_out"], "standardise": standardise}
    splits = Splits.of(recipe, recipe.inputs(), written["outputs"], samples, **facts)
    _check(splits, tuple(np.datetime64(day) for day in written["dates"]))
    return splits


_INDEX = "splits.json"


def _write(parts: Iterable[pl.DataFrame], recipe: Recipe, folder: Path, classes: list[str], borders: Borders) -> None:
    """Writes the samples of every part beside the folder's place, then puts all there at once."""
    unfinished = folder.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    spools = {name: Spool(unfinished / name) for name in borders.names}
    left_out: Counter[str] = Counter()
    dates: list[Any] = []
    outputs: list[str] = []
    for table in parts:
        every, _, outputs = assemble(table, recipe, classes)
        samples, missing = borders.divide(every)
        left_out.update(missing)
        dates += [every.dates.min(), every.dates.max()]
        for name, spool in spools.items():
            spool.append(samples[name])
    for spool in spools.values():
        spool.close()
    index = {
        "splits": borders.names,
        "outputs": outputs,
        "left_out": left_out,
        "dates": [str(min(dates)), str(max(dates))],
    }
    (unfinished / _INDEX).write_text(json.dumps(index), encoding="utf-8")
    os.replace(unfinished, folder)


def _check(splits: Splits, dates: tuple[Any, ...], never: Sequence[str] = ()) -> None:
    """Raises DataError where a split has no days, or the training days do not show every class.

    Args:
        splits: What is checked.
        dates: First and last day of the table.
        never: Inputs that are known on none of its days.
    """
    first, last = dates
    for name, samples in splits.named.items():
        if len(samples) == 0:
            setting = {"train": "data.train_from, data.validation_from", "val": "data.validation_from"}.get(name)
            raise DataError(
                f"no {name} days: the table reaches from {first} to {last}; "
                + (
                    f"{', '.join(never)} was never measured: choose other features"
                    if never
                    else f"mend {setting or 'data.test_from'}, or look for missing values"
                )
            )
    train = splits.train
    if splits.target.kind == "continuous":
        for j, name in enumerate(splits.inputs):
            for k, output in enumerate(splits.outputs):
                if all(np.array_equal(part.x[:, j], part.y[:, k]) for part in train.chunks()):
                    log.warning(
                        "the input '%s' is the target %s itself: set features.lead_days=1 or more", name, output
                    )
        return
    category = splits.target.kind == "category"
    if category and len(splits.outputs) < 2:
        raise DataError(f"the column weather names {len(splits.outputs)} class(es); a choice needs two or more")
    counts = splits.class_counts
    for name, came in zip(splits.outputs, counts[0] if category else counts[:, 1], strict=True):
        if came == 0 or (came == len(train) and not category):
            raise DataError(
                f"'{name}' {'never' if came == 0 else 'always'} occurs in the {len(train)} training days "
                f"({train.dates.min()} to {train.dates.max()}), so nothing can be learnt of it: "
                "give the training days a longer span (data.train_from, data.validation_from, data.test_from)"
            )
