"""How far scores could have come out otherwise: resampling whole weeks of the scored days.

The circular block bootstrap (Politis & Romano, 1992, after Künsch, 1989): as many days as there are, drawn with
replacement in blocks of seven, the last day followed by the first, so that each day is as likely as any other. Weather
stays for days: days drawn singly would make the scores look surer than they are. All stations of a date are drawn
together, and two forecasts of the same days by the same draw. Days beside a gap count as consecutive.
"""

import math
from collections.abc import Iterable, Mapping
from functools import lru_cache

import numpy as np

from stratus.data.samples import Array
from stratus.data.weeks import BLOCK, circular_blocks

SEED = 0  # of the draw: runs scored on the same days have the same days drawn, whatever the seed of their training
RESAMPLES = 2000
LEVEL = 0.95


class Bootstrap:
    """Means of contributions over resampled dates, in blocks of so many, of samples that come in parts."""

    def __init__(self, resamples: int = RESAMPLES, block: int = BLOCK) -> None:
        self.resamples, self.block = resamples, block
        self._sums: tuple[Array, Array] | None = None  # the dates so far, and the columns' sums over each
        self._shapes: dict[str, tuple[int, ...]] = {}

    def update(self, dates: Array, contributions: Mapping[str, Array]) -> None:
        """Takes in the dates [n] of some samples, and by name what each gives [n, …], as `Scoring.terms` does."""
        self._shapes = {name: value.shape[1:] for name, value in contributions.items()}
        columns = (np.reshape(value, (len(dates), -1)) for value in contributions.values())
        found = _by_date(dates, np.column_stack([np.ones(len(dates)), *columns]))
        if self._sums:
            found = _by_date(*(np.concatenate(both) for both in zip(self._sums, found, strict=True)))
        self._sums = found

    def means(self) -> dict[str, Array]:
        """The means [resamples, …]; nan where there are fewer dates than four blocks, too few to differ."""
        assert self._sums
        dates, sums = self._sums
        drawn = np.concatenate([counts @ sums for counts in self._draws(len(dates))])
        means = drawn[:, 1:] / drawn[:, :1] if len(dates) >= 4 * self.block else np.full_like(drawn[:, 1:], np.nan)
        ends = np.cumsum([math.prod(shape) for shape in self._shapes.values()])
        parts = zip(self._shapes.items(), np.split(means, ends[:-1], axis=1), strict=True)
        return {name: part.reshape(self.resamples, *shape) for (name, shape), part in parts}

    def _draws(self, days: int) -> Iterable[Array]:
        if days * self.resamples > 1 << 20:
            return circular_blocks(days, self.resamples, SEED, self.block)
        return (part.astype(np.float64) for part in _few_days(days, self.resamples, self.block))


@lru_cache(maxsize=32)
def _few_days(days: int, resamples: int, block: int) -> tuple[Array, ...]:
    """`circular_blocks`, kept, at most 2 MB each: many runs of a sweep are scored on the same days."""
    return tuple(part.astype(np.uint16) for part in circular_blocks(days, resamples, SEED, block))


def _by_date(dates: Array, columns: Array) -> tuple[Array, Array]:
    """The dates, each once and in order [d], and the columns' sums [d, c] over the rows [n, c] of each."""
    order = np.argsort(dates, kind="stable")
    unique, starts = np.unique(dates[order], return_index=True)
    return unique, np.add.reduceat(columns[order], starts)


def interval(values: Array) -> Array:
    """Low and high end [..., 2] of the middle share `LEVEL` of a score's resamples [..., resamples]; nan if one is."""
    return np.moveaxis(np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=-1), 0, -1)
