"""How far scores could have come out otherwise: resampling whole weeks of the scored days.

The circular block bootstrap (Politis & Romano, 1992, after Künsch, 1989): as many days as there are, drawn with
replacement as blocks of seven consecutive ones, the last day followed by the first, so that each day is as likely as
any other. Weather stays for days, so single days drawn apart would make the scores look surer than they are. All
stations of a date are drawn together, and two forecasts of the same days by the same draw.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from stratus.samples import Array

BLOCK = 7
"""Days of a block: the last days' weather is forgotten after about as many."""

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
        starts = draw.integers(0, days, (rows, -(-days // block), 1))
        chosen = ((starts + np.arange(block)) % days).reshape(rows, -1)[:, :days]
        flat = (chosen + days * np.arange(rows)[:, None]).ravel()
        yield np.bincount(flat, minlength=rows * days).reshape(rows, days).astype(np.float64)


def resampled_means(
    dates: Array, contributions: Mapping[str, Array], seed: int, resamples: int = RESAMPLES, block: int = BLOCK
) -> dict[str, Array]:
    """Means [resamples, …] of contributions [n, …] over resampled dates, nan where there are fewer than four blocks.

    Args:
        dates: Date of each of the n samples, in any order; samples of one date are drawn together.
        contributions: By name, such as those of `contributions.of_values`; of several forecasts of the same samples
            in one call, or with the same seed, for their differences.
        seed: Of the draw.
        resamples: Number of resamples.
        block: Dates of a block.
    """
    columns = [np.reshape(value, (len(dates), -1)) for value in contributions.values()]
    unique, place = np.unique(dates, return_inverse=True)
    sums = np.zeros((len(unique), 1 + sum(one.shape[1] for one in columns)))
    np.add.at(sums, place, np.column_stack([np.ones(len(dates)), *columns]))
    drawn = np.concatenate([counts @ sums for counts in circular_blocks(len(unique), resamples, seed, block)])
    means = drawn[:, 1:] / drawn[:, :1] if len(unique) >= 4 * block else np.full_like(drawn[:, 1:], np.nan)
    parts = np.split(means, np.cumsum([one.shape[1] for one in columns])[:-1], axis=1)
    return {
        name: part.reshape(resamples, *value.shape[1:])
        for (name, value), part in zip(contributions.items(), parts, strict=True)
    }


def interval(values: Array, level: float = LEVEL) -> tuple[float, float]:
    """Between which two values the middle share `level` of a score's resamples lies; nan where one of them is."""
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
