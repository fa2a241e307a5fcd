"""How far scores could have come out otherwise: resampling the scored days in blocks.

The circular block bootstrap (Politis & Romano, 1992, after Künsch, 1989): as many days as there are, drawn with
replacement in blocks, the last day followed by the first, so that each day is as likely as any other. Weather stays for
days: days drawn singly would make the scores look surer than they are. `blocks` says how long blocks are. All stations
of a date are drawn together, and two forecasts of the same days by the same draw. Days beside a gap count as
consecutive.
"""

import math
from collections.abc import Iterable, Mapping
from functools import lru_cache

import numpy as np

from stratus.data.samples import Array
from stratus.data.weeks import circular_blocks

SEED = 0  # of the draw: runs scored on the same days have the same days drawn, whatever the seed of their training
RESAMPLES = 2000
LEVEL = 0.95
LACKING = 0.05  # the share of resamples without a score from which there is no interval
EVERY = slice(None)


class Bootstrap:
    """Means of contributions over resampled dates, of samples that come in parts."""

    def __init__(self, resamples: int = RESAMPLES) -> None:
        self.resamples = resamples
        self._dates = np.empty(0, "datetime64[D]")  # so far, each once
        self._sums: Array = np.empty((0, 0))  # over each of them, of ones and of the columns
        self._shapes: dict[str, tuple[int, ...]] = {}

    def update(self, dates: Array, contributions: Mapping[str, Array]) -> None:
        """Takes in the dates [n] of some samples, and by name what each gives [n, …], as `Scoring.terms` does."""
        self._shapes = {name: value.shape[1:] for name, value in contributions.items()}
        columns = (np.reshape(value, (len(dates), -1)) for value in contributions.values())
        found = by_date(dates, np.column_stack([np.ones(len(dates)), *columns]))
        if len(self._dates):
            found = by_date(np.concatenate([self._dates, found[0]]), np.concatenate([self._sums, found[1]]))
        self._dates, self._sums = found

    @property
    def days(self) -> int:
        """How many dates there are."""
        return len(self._dates)

    def departures(self, share: str = "") -> dict[str, Array]:
        """How far each date's sum [days, …] is from that of as many samples that give what all give on average.

        A sample counts as much as it gives on average under the name `share`, or 1.
        """
        count, named = self._sums[:, :1], self._named(self._sums)
        if share in named:
            count = named[share].reshape(self.days, -1).mean(1, keepdims=True)
        return self._named(self._sums - count * (self._sums.sum(0) / count.sum()))

    def means(self, block: int, places: slice | Array = EVERY) -> dict[str, Array]:
        """The means [resamples, …] in blocks of so many days; of contributions [n, F, …], F > 1, of some places in F.

        nan where there are fewer dates than four blocks, too few to differ.
        """
        named = self._named(self._sums).items()
        parts = {name: part[:, places] if part.shape[1:2] > (1,) else part for name, part in named}
        sums = np.column_stack([self._sums[:, 0], *(part.reshape(self.days, -1) for part in parts.values())])
        drawn = np.concatenate([counts @ sums for counts in self._draws(block)])
        means = drawn[:, 1:] / drawn[:, :1] if self.days >= 4 * block else np.full_like(drawn[:, 1:], np.nan)
        ends = np.cumsum([part[0].size for part in parts.values()])
        split = zip(parts.items(), np.split(means, ends[:-1], axis=1), strict=True)
        return {name: values.reshape(self.resamples, *part.shape[1:]) for (name, part), values in split}

    def _named(self, sums: Array) -> dict[str, Array]:
        ends = np.cumsum([1, *(math.prod(shape) for shape in self._shapes.values())])
        parts = zip(self._shapes.items(), np.split(sums, ends[:-1], axis=1)[1:], strict=True)
        return {name: part.reshape(-1, *shape) for (name, shape), part in parts}

    def _draws(self, block: int) -> Iterable[Array]:
        if self.days * self.resamples > 1 << 20:
            return circular_blocks(self.days, self.resamples, SEED, block)
        return (part.astype(np.float64) for part in _few_days(self.days, self.resamples, block))


@lru_cache(maxsize=64)
def _few_days(days: int, resamples: int, block: int) -> tuple[Array, ...]:
    """`circular_blocks`, kept, at most 2 MB each: many runs of a sweep are scored on the same days."""
    return tuple(part.astype(np.uint16) for part in circular_blocks(days, resamples, SEED, block))


def by_date(dates: Array, columns: Array) -> tuple[Array, Array]:
    """The dates, each once and in order [d], and the columns' sums [d, c] over the rows [n, c] of each."""
    order = np.argsort(dates, kind="stable")
    unique, starts = np.unique(dates[order], return_index=True)
    return unique, np.add.reduceat(columns[order], starts)


def level(block: int, days: int) -> float:
    """The share of resamples between the ends of an interval that is to hold the truth `LEVEL` of the time.

    It is above `LEVEL`, since few blocks tell the spread of a mean roughly, and too small. The bootstrap's variance is
    Bartlett's estimate over as many lags as a block has days, with which normal quantiles become those of Kiefer &
    Vogelsang (2005), a polynomial of the block's share of the days. They know nothing of the memory beyond a block:
    the factor √(days / (days - block)) makes good for much of it, chosen by what `tests/benchmarks/coverage.py` shows.
    """
    return math.erf(quantile(block, days) / math.sqrt(2))


def quantile(block: int, days: int) -> float:
    """How many of the bootstrap's standard errors an interval of that `level` reaches each way."""
    part = min(block / days, 1 / 4)  # of fewer than four blocks there is no interval
    return float(np.polynomial.Polynomial([1.96, 2.9694, 0.4160, -0.5324])(part)) / math.sqrt(1 - part)


def interval(values: Array, share: float = LEVEL) -> Array:
    """Low and high end [..., 2] of the middle share of a score's resamples [..., resamples].

    Resamples where the score is nan, such as those without any day of a class, are left out; both ends are nan where
    these are `LACKING` of them or more.
    """
    ends = [(1 - share) / 2, (1 + share) / 2]
    found, lacking = np.moveaxis(np.quantile(values, ends, axis=-1), 0, -1), np.isnan(values).mean(-1)
    some = (lacking > 0) & (lacking < LACKING)
    if some.any():
        found[some] = np.nanquantile(values[some], ends, axis=-1).T
    return found
