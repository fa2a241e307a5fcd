"""How far scores could have come out otherwise: resampling whole weeks of the scored days.

The circular block bootstrap (Politis & Romano, 1992, after Künsch, 1989): as many days as there are, drawn with
replacement as blocks of seven consecutive ones, the last day followed by the first, so that each day is as likely as
any other. Weather stays for days, so single days drawn apart would make the scores look surer than they are. All
stations of a date are drawn together, and two forecasts of the same days by the same draw. Days without a sample are
passed over: the days beside them count as consecutive.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

import numpy as np

from stratus.data.samples import Array

BLOCK = 7
"""Days of a block: the last days' weather is forgotten after about as many."""

SEED = 0
"""Of the draw: runs scored on the same days have the same days drawn, whatever the seed of their training."""

RESAMPLES = 2000
LEVEL = 0.95

_AT_ONCE = 250  # resamples in memory together: a century of dates is then 70 MB


def circular_blocks(days: int, resamples: int, seed: int, block: int = BLOCK) -> Iterator[Array]:
    """How often each day is in each resample, a part of the resamples at a time [at most 250, days].

    Args:
        days: Number of days n; each resample has as many, its last block cut where n is no multiple.
        resamples: Number of resamples.
        seed: The same seed draws the same days.
        block: Days of a block.
    """
    draw = np.random.default_rng(seed)
    for first in range(0, resamples, _AT_ONCE):
        rows = min(_AT_ONCE, resamples - first)
        starts = draw.integers(0, days, (rows, -(-days // block)))
        cut = days - block * (starts.shape[1] - 1)  # days of the last block
        drawn = _covered(starts[:, :-1], days, block) + _covered(starts[:, -1:], days, cut)
        yield drawn.astype(np.float64)


def _covered(starts: Array, days: int, block: int) -> Array:
    """How often each day is in a block, of blocks that start on the days `starts` [rows, blocks]; [rows, days]."""
    rows = len(starts)
    if block > days:  # then there is none
        return np.zeros((rows, days), np.int32)
    flat = (starts + days * np.arange(rows)[:, None]).ravel()
    begun = np.bincount(flat, minlength=rows * days).reshape(rows, days).astype(np.int32)
    # A day is in the blocks that began on it and on the block - 1 days before; the first follows the last.
    sums = np.cumsum(np.concatenate([begun[:, days - block + 1 :], begun], axis=1), axis=1, dtype=np.int32)
    sums = np.concatenate([np.zeros((rows, 1), np.int32), sums], axis=1)
    return np.asarray(sums[:, block:] - sums[:, :-block])


class Bootstrap:
    """Means of contributions over resampled dates, of samples that come in parts.

    Two forecasts of the same samples have the same dates drawn.

    Args:
        resamples: Number of resamples.
        block: Dates of a block.
    """

    def __init__(self, resamples: int = RESAMPLES, block: int = BLOCK) -> None:
        self.resamples, self.block = resamples, block
        self._dates: list[Array] = []
        self._sums: list[Array] = []
        self._shapes: dict[str, tuple[int, ...]] = {}

    def update(self, dates: Array, contributions: Mapping[str, Array]) -> None:
        """Takes in some samples.

        Args:
            dates: Their dates [n], in any order; samples of one date will be drawn together.
            contributions: By name [n, …], such as those of `contributions.of_values`.
        """
        self._shapes = {name: value.shape[1:] for name, value in contributions.items()}
        columns = (np.reshape(value, (len(dates), -1)) for value in contributions.values())
        unique, sums = _by_date(dates, np.column_stack([np.ones(len(dates)), *columns]))
        self._dates.append(unique)
        self._sums.append(sums)

    def means(self) -> dict[str, Array]:
        """The means [resamples, …]; nan where there are fewer dates than four blocks, too few to differ."""
        dates, sums = _by_date(np.concatenate(self._dates), np.concatenate(self._sums))
        drawn = np.concatenate([counts @ sums for counts in self._draws(len(dates))])
        means = drawn[:, 1:] / drawn[:, :1] if len(dates) >= 4 * self.block else np.full_like(drawn[:, 1:], np.nan)
        widths = [math.prod(shape) for shape in self._shapes.values()]
        parts = np.split(means, np.cumsum(widths)[:-1], axis=1)
        return {
            name: part.reshape(self.resamples, *shape)
            for (name, shape), part in zip(self._shapes.items(), parts, strict=True)
        }

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


def interval(values: Array, level: float = LEVEL) -> Array:
    """Between which two values the middle share `level` of scores' resamples lies; nan where one of them is.

    Args:
        values: The scores [..., resamples].
        level: The share.

    Returns:
        Low and high end [..., 2].
    """
    return np.moveaxis(np.quantile(values, [(1 - level) / 2, (1 + level) / 2], axis=-1), 0, -1)
