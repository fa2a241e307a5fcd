"""Samples split by date into training, validation and test days, and the scale that the training days give."""

import logging
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np
import polars as pl

from stratus.errors import ConfigurationError, DataError
from stratus.recipe import Recipe
from stratus.samples import Array, Samples, assemble
from stratus.targets import TARGETS, Target

log = logging.getLogger(__name__)


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

    @property
    def target(self) -> Target:
        """What is asked of a day."""
        return TARGETS[self.recipe.target]

    @property
    def named(self) -> dict[str, Samples]:
        """The splits there are, by the name they have in every record: train, val, test."""
        every = {"train": self.train, "val": self.validation, "test": self.test}
        return {name: samples for name, samples in every.items() if samples is not None}

    @cached_property
    def standardisation(self) -> tuple[Array, Array]:
        """Mean and population standard deviation of the training inputs [m]; 0 and 1 where not standardised.

        An input that never varies in training is only shifted: its scale is 1.
        """
        width = len(self.inputs)
        if not self.standardise:
            return np.zeros(width), np.ones(width)
        scale = self.train.x.std(axis=0)
        return self.train.x.mean(axis=0), np.where(scale > 1e-12, scale, 1.0)


def split(
    table: pl.DataFrame,
    recipe: Recipe,
    *,
    test_from: date,
    validation_from: date | None = None,
    train_from: date | None = None,
    until: date | None = None,
    standardise: bool = True,
) -> Splits:
    """Samples of a daily table, split by the date of the target day.

    A sample that needs a missing day or value is left out and counted. Inputs may reach back over a
    border between splits, never forward.

    Args:
        table: A daily table as `observations.read_csv` gives it.
        recipe: Target, features and lead.
        test_from: First test day.
        validation_from: First validation day; None for no validation split.
        train_from: First training day; None for the table's first.
        until: Last test day; None for the table's last.
        standardise: Whether the model scales its inputs by the training days' mean and standard deviation.

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
    every = every.until(until)
    start = np.datetime64(train_from or every.dates.min(), "D")
    known, complete = every.known, every.complete
    inside = every.dates >= start
    first_test = np.datetime64(test_from, "D")
    first_validation = np.datetime64(validation_from, "D") if validation_from else first_test
    samples = every.where(inside & known & complete)
    train = samples.where(samples.dates < first_validation)
    validation = samples.where((samples.dates >= first_validation) & (samples.dates < first_test))
    splits = Splits(
        recipe=recipe,
        inputs=[one.name for one in inputs],
        units=[one.unit for one in inputs],
        outputs=outputs,
        train=train,
        validation=validation if validation_from else None,
        test=samples.where(samples.dates >= first_test),
        left_out={
            "the target was not measured": int((inside & ~known).sum()),
            "an input needs a day or value that is missing": int((inside & known & ~complete).sum()),
        },
        standardise=standardise,
    )
    _check(splits, every.dates)
    return splits


def _check(splits: Splits, dates: Array) -> None:
    """Raises DataError where a split has no days, or the training days do not show every class."""
    for name, samples in splits.named.items():
        if len(samples) == 0:
            setting = {"train": "data.train_from, data.validation_from", "val": "data.validation_from"}.get(name)
            raise DataError(
                f"no {name} days: the table reaches from {dates.min()} to {dates.max()}; "
                f"mend {setting or 'data.test_from'}, or look for missing values"
            )
    if splits.target.kind == "continuous":
        for j, name in enumerate(splits.inputs):
            for output, y in zip(splits.outputs, splits.train.y.T, strict=True):
                if np.array_equal(splits.train.x[:, j], y):
                    log.warning(
                        "the input '%s' is the target %s itself: set features.lead_days=1 or more", name, output
                    )
        return
    category = splits.target.kind == "category"
    if category and len(splits.outputs) < 2:
        raise DataError(f"the column weather names {len(splits.outputs)} class(es); a choice needs two or more")
    shown = np.eye(len(splits.outputs))[splits.train.y] if category else splits.train.y
    for name, share in zip(splits.outputs, shown.mean(axis=0), strict=True):
        if share == 0 or (share == 1 and not category):
            raise DataError(
                f"'{name}' {'never' if share == 0 else 'always'} occurs in the {len(shown)} training days "
                f"({splits.train.dates.min()} to {splits.train.dates.max()}), so nothing can be learnt of it: "
                "give the training days a longer span (data.train_from, data.validation_from, data.test_from)"
            )
