"""Samples split by date into training, validation and test days, and the scale that the training days give."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from difflib import get_close_matches
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
import polars as pl

from stratus.data.clocks import NO_CLOCKS, Clocks
from stratus.data.features.input import Input
from stratus.data.fitted import fitted
from stratus.data.recipe import Borders, Recipe
from stratus.data.samples import Array, Samples, assemble, unknown
from stratus.data.targets import TARGETS, Category, Classes, Target
from stratus.data.wanting import counts, explained, lacking
from stratus.data.weeks import circular_blocks
from stratus.errors import ConfigurationError, DataError, counted

log = logging.getLogger(__name__)
LONGEST = 40  # letters of a name that is looked at for a typo: comparing takes their square


@dataclass(frozen=True)
class Splits:
    """Samples of the training, validation and test days, and the scale that the training days give."""

    recipe: Recipe  # how they were made
    inputs: list[str]  # names of the m inputs
    units: list[str]  # their units
    outputs: list[str]  # names of the k outputs: of values, events or stations; of the classes that training shows
    train: Samples
    validation: Samples | None  # none where there is no such split
    test: Samples
    left_out: dict[str, int] = field(default_factory=dict)  # number of days that give no sample, by reason
    wanting: dict[str, int] = field(default_factory=dict)  # of these by the element they lack, most first; in memory
    foreseen: bool = True  # whether the target's day begins after the time of issue: else it is a diagnosis
    standardise: bool = True  # whether inputs are scaled to mean 0 and variance 1 over the training days
    scaled_by: Samples | None = None  # the days that give the scale, where they are not `train`

    @classmethod
    def of(
        cls, recipe: Recipe, inputs: list[Input], outputs: list[str], samples: Mapping[str, Samples], **facts: Any
    ) -> "Splits":
        """Splits of samples by the name of their split; `facts` are further attributes.

        The classes of a category that training lacks are no outputs; see `Samples.others`.
        """
        if isinstance(TARGETS[recipe.target], Category):
            outputs, samples = _learnt_first(outputs, samples)
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

    @property
    def before_test(self) -> list[Samples]:
        """What is known when the test begins: the training days, before any were drawn, and the validation days."""
        return [one for one in (self.scaled_by or self.train, self.validation) if one is not None]

    def drawn(self, number: int | None) -> Array:
        """Indices of the training days in a resample by whole weeks, the same for a number; all without a number."""
        if number is None:
            return np.arange(len(self.train))
        dates, place = np.unique(self.train.dates, return_inverse=True)
        ((counts,),) = circular_blocks(len(dates), 1, number)
        return np.repeat(np.arange(len(self.train)), counts[place].astype(int))

    def resampled(self, number: int | None) -> "Splits":
        """The same with the training days `drawn`; their scale stays that of all training days."""
        if number is None:
            return self
        return replace(self, train=self.train.where(self.drawn(number)), scaled_by=self.train)

    def evenly_spaced(self, days: int = 1 << 16) -> "Splits":
        """Splits in memory: of a split on disk about so many days, spread evenly over it."""
        train, test = self.train.evenly_spaced(days), self.test.evenly_spaced(days)
        return replace(self, train=train, validation=self.validation and self.validation.evenly_spaced(days), test=test)

    @cached_property
    def standardisation(self) -> tuple[Array, Array]:
        """Mean and population standard deviation of the known training inputs [m]; 0 and 1 where not standardised.

        An input that never varies in training is only shifted: its scale is 1.
        """
        width = len(self.inputs)
        if not self.standardise:
            return np.zeros(width), np.ones(width)
        train = self.scaled_by or self.train
        count = np.maximum(sum((~np.isnan(part.x)).sum(axis=0) for part in train.chunks()), 1)
        mean = sum(np.nansum(part.x, axis=0, dtype=np.float64) for part in train.chunks()) / count
        scale = np.sqrt(sum(np.nansum(np.square(part.x - mean), axis=0) for part in train.chunks()) / count)
        return np.asarray(mean), np.where(scale > 1e-12, scale, 1.0)

    @cached_property
    def class_counts(self) -> Array:
        """Training days of each class: one row for a choice among k; rows (no, yes) for k events."""
        target, k = self.target, len(self.outputs)
        assert isinstance(target, Classes)
        return np.asarray(sum(target.indicators(part.y, k).sum(axis=0) for part in self.train.chunks()))


def _learnt_first(classes: list[str], samples: Mapping[str, Samples]) -> tuple[list[str], Mapping[str, Samples]]:
    """The classes that the training days show, and samples in which those that others show stand behind them."""
    count = len(classes)
    days = {
        name: sum((np.bincount(part.y, minlength=count) for part in one.chunks()), np.zeros(count))
        for name, one in samples.items()
    }
    learnt, shown = days["train"] > 0, sum(days.values()) > 0
    if learnt.all():
        return classes, samples
    order = [*np.flatnonzero(learnt), *np.flatnonzero(shown & ~learnt)]
    outputs, others = (([classes[one] for one in order if learnt[one] == so]) for so in (True, False))
    place = np.full(count + 1, -1)
    place[order] = range(len(order))
    return outputs, {name: one.renumbered(place, tuple(others)) for name, one in samples.items()}


def divide(
    every: Samples, borders: Borders, inputs: Sequence[Input], missing: str = "drop"
) -> tuple[dict[str, Samples], dict[str, int]]:
    """The samples of each split of which enough is known, and the number of days that give none, by reason."""
    every = _within(every, borders)
    known, complete = every.known, every.usable(inputs, missing)
    samples = every.where(known & complete)
    index = _split_of(samples, borders)
    return {name: samples.where(index == k) for k, name in enumerate(borders.names)}, {
        "the target was not measured": int((~known).sum()),
        "an input needs a day or value that is missing": int((known & ~complete).sum()),
    }


def _within(every: Samples, borders: Borders) -> Samples:
    every = every.until(borders.until)
    return every.since(borders.train_from) if borders.train_from else every


def _split_of(samples: Samples, borders: Borders) -> Array:
    """Index in the borders' names of each day's split [n]."""
    starts = [day for day in (borders.validation_from, borders.test_from) if day]
    return np.searchsorted(np.array(starts, "datetime64[D]"), samples.dates, side="right")


def split(
    table: pl.DataFrame,
    recipe: Recipe,
    borders: Borders | None = None,
    *,
    standardise: bool = True,
    clocks: Clocks = NO_CLOCKS,
    **days: Any,
) -> Splits:
    """Samples of a daily table, split by the date of the target day; `days` stand for `Borders` that are not given.

    A sample of which too little is known is left out and counted; `recipe.missing` says how much is needed. Inputs may
    reach back over a border, never forward. Raises DataError if a split has no days, or training shows one class alone,
    and ConfigurationError if the target needs several stations and the table has one.
    """
    if TARGETS[recipe.target].everywhere and table["station"].n_unique() < 2:
        raise ConfigurationError(
            f"{recipe.target} asks for several places at once, and the data have one station "
            f"({table['station'][0]}): choose data=two_cities, or a target of one place"
        )
    borders = borders or Borders(**days)
    recipe = fitted(recipe, table, borders, clocks)
    every, inputs, outputs = assemble(table, recipe, clocks=clocks)
    samples, left_out = divide(every, borders, inputs, recipe.missing)
    known = recipe.foreseen(clocks, table["station"].unique().to_list())
    within = _within(every, borders)
    lacked = lacking(within, inputs, recipe.target, recipe.missing)
    facts = {"left_out": left_out, "standardise": standardise, "foreseen": known, "wanting": counts(lacked)}
    splits = Splits.of(recipe, inputs, outputs, samples, **facts)
    there = [name for name in table.columns if table[name].count()]
    why = {
        name: explained(counts(lacked, of_split), within.dates[of_split], recipe.target, there)
        for k, name in enumerate(borders.names)
        if not len(samples[name]) and (of_split := _split_of(within, borders) == k).any()
    }
    check(splits, every.dates.min().item(), every.dates.max().item(), why)
    return splits


def check(splits: Splits, first: date, last: date, why: Mapping[str, str] = MappingProxyType({})) -> None:
    """Raises DataError where a split has no days, or training one class alone; warns of what cannot be learnt.

    Messages name the table's `first` and `last` day, and `why` a split has none, where that is known.
    """
    mends = {"train": "data.train_from, data.validation_from", "val": "data.validation_from", "test": "data.test_from"}
    for name, samples in splits.named.items():
        if len(samples) == 0:
            beyond = f"the table reaches from {first} to {last}; mend {mends[name]}, or look for missing values"
            raise DataError(f"no {name} days: {why.get(name, beyond)}")
    if isinstance(splits.target, Classes):
        _check_classes(splits)
        return
    for k, output in enumerate(splits.outputs):
        values = [one for part in splits.train.chunks() if len(one := part.y[~unknown(part.y[:, k]), k])]
        if not values:
            raise DataError(_never_known(splits, output))
        if len({value for one in values for value in (one.min(), one.max())}) == 1:
            log.warning("the target %s is the same on every training day: is its sensor stuck?", output)
            continue
        for j, name in enumerate(splits.inputs):
            if all(np.array_equal(part.x[:, j], part.y[:, k], equal_nan=True) for part in splits.train.chunks()):
                log.warning("the input '%s' is the target %s itself: set features.lead_days=1 or more", name, output)


def _never_known(splits: Splits, output: str) -> str:
    mend = "leave it out (data.stations), or give them a longer span"
    if not splits.target.everywhere:
        others = [one for one in splits.outputs if one != output]
        mend = f"choose task.target=temperature (with data.columns.temperature={others[0]} for that alone)"
    return f"'{output}' is not known on any of the {len(splits.train)} training days: {mend}"


def _check_classes(splits: Splits) -> None:
    """Raises DataError where the training days show one class alone; warns of those that only other days show."""
    span = [day for part in splits.train.chunks() for day in (part.dates.min(), part.dates.max())]
    days = f"the training days ({counted(len(splits.train), 'day')}, {min(span)} to {max(span)})"
    mend = "give them a longer span (data.train_from, data.validation_from, data.test_from)"
    if isinstance(splits.target, Category):
        if len(splits.outputs) < 2:
            shown = " and ".join(splits.outputs) or "nothing"
            raise DataError(f"{days} show no weather but {shown}, and a choice needs two classes or more: {mend}")
        if splits.train.others:
            others = splits.train.others
            it_is = "it is" if len(others) == 1 else "they are"
            log.warning("%s do not show %s: %s never forecast", days, " or ".join(others), it_is)
        _warn_of_typos(dict(zip(splits.outputs, splits.class_counts[0], strict=True)), splits.train.others)
        return
    for name, (missed, came) in zip(splits.outputs, splits.class_counts, strict=True):
        if not missed + came:
            raise DataError(_never_known(splits, name))
        if not missed or not came:
            often = "always" if came else "never"
            raise DataError(f"'{name}' {often} occurs in {days}, so nothing can be learnt of it: {mend}")


def _warn_of_typos(days: Mapping[str, float], others: Sequence[str]) -> None:
    """Names the classes that are called nearly as one which the training days show ten times as often, or more."""
    for name in (one for one in (*days, *others) if len(one) <= LONGEST):
        often = [one for one in days if days[one] > 10 * days.get(name, 0) and len(one) <= LONGEST]
        for near in get_close_matches(name, often, 1, 0.8):
            log.warning(
                "the weather '%s' is on %d of the training days and '%s' on %d: if misspelt, mend it in the table",
                name, days.get(name, 0), near, days[near],
            )  # fmt: skip
