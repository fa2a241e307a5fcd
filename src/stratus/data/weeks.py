"""Whole weeks of days drawn at random: a resample of days whose weather hangs together."""

from collections.abc import Iterator

import numpy as np

from stratus.data.samples import Array

BLOCK = 7  # days of a block: the last days' weather is forgotten after about as many
_AT_ONCE = 250  # resamples in memory together: a century of dates is then 70 MB


def circular_blocks(days: int, resamples: int, seed: int, block: int = BLOCK) -> Iterator[Array]:
    """How often each day is in each resample, a part of the resamples at a time [at most 250, days].

    Each resample has as many days as there are; its last block is cut where they are no multiple of `block`.
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
