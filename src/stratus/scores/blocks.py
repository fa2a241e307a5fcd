"""How many days hang together: the length of the blocks in which days are resampled, from the scores' own series."""

import math

import numpy as np

from stratus.data.samples import Array
from stratus.data.weeks import BLOCK

FEWEST = 10  # blocks; days of fewer may hang together for longer than they tell, and intervals be too short
_AMPLE = 2  # such multiples of the block that is best for a variance


def block_length(series: Array) -> Array:
    """Days of a block for each series [days, c], whole numbers [c]: twice the `optimal_block`, a week at least.

    Twice, since that block is best for a variance; an interval suffers more from blocks too short to show how the mean
    varies than from few blocks, for which it is widened (Sun, Phillips & Jin, 2008).
    """
    if (most := longest(len(series))) == BLOCK:
        return np.full(series.shape[1], BLOCK)
    return np.asarray(np.clip(np.ceil(_AMPLE * optimal_block(series)), BLOCK, most), int)


def longest(days: int) -> int:
    """The most days of a block: 3√days, the rule's own bound, so that there are four blocks, but a week at least."""
    return max(BLOCK, min(math.ceil(3 * math.sqrt(days)), days // 4))


def optimal_block(series: Array) -> Array:
    """The circular bootstrap's block that tells the variance of a series' mean best, [c] of series [days, c].

    By Politis & White (2004), corrected by Patton, Politis & White (2009): from the autocovariances up to twice the lag
    after which they are nothing but noise, the farther half of them weighed down to 0. No whole numbers, and at most
    3√days; 0 where a series does not vary. There must be ten days or more.
    """
    days, x = len(series), series - series.mean(0)
    run = max(5, int(math.log10(days)))  # so many autocorrelations in a row are noise
    lags = np.arange(math.ceil(math.sqrt(days)) + run + 1)
    covariance = np.stack([np.einsum("ij,ij->j", x[lag:], x[: days - lag]) for lag in lags]) / days
    with np.errstate(invalid="ignore", divide="ignore"):
        squares = np.cumsum(x * x, axis=0)
        spread = np.sqrt((squares[-1] - squares[lags]) * squares[days - 2 - lags]) / days
        noise = abs(covariance / spread) < 2 * math.sqrt(math.log10(days) / days)
        quiet = np.lib.stride_tricks.sliding_window_view(noise[:-1], run, axis=0).all(-1)
        last = np.where(quiet.any(0), np.minimum(2 * np.maximum(quiet.argmax(0), 1), lags[-1]), lags[-1])
        weighed = 2 * np.clip(2 * (1 - lags[:, None] / last), 0, 1) * covariance
        # The bias of the variance from blocks of b days is Σ|k|γₖ / b, its own variance grows with b.
        ratio = (lags[:, None] * weighed).sum(0) / (weighed.sum(0) - covariance[0])
        best = np.cbrt(1.5 * ratio**2 * days)
    return np.asarray(np.minimum(np.nan_to_num(best), math.ceil(min(3 * math.sqrt(days), days / 3))))
