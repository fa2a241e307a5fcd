"""What the Brier score is made of, from sums over bins of forecasts that are nearly the same."""

import math
from collections.abc import Mapping
from typing import Any

from array_api_compat import array_namespace

BINS = 10
SUMS = ("n", "p", "y", "pp", "py")  # what `bin_sums` sums: 1, p, y, p² and py


def bin_sums(p: Any, y: Any, bins: int = BINS) -> dict[str, Any]:
    """Sums of 1, p, y, p² and py over bins of equal width of p, by the names of `SUMS` [..., bins, k].

    p are probabilities of k labels or classes [..., n, k], numpy or torch; y, whether each came, has a shape that fits.
    A border belongs to the bin above it, 1 to the last, in the precision of p (0.7 may be rounded); sums are float64.
    Where y is nan it is not known, and in no bin.
    """
    xp = array_namespace(p)
    place = sum(xp.astype(p >= border / bins, xp.uint8) for border in range(1, bins)) if bins > 1 else p * 0
    p, y = (xp.astype(one, xp.float64, copy=False) for one in (p, y))
    if xp.any(unknown := xp.isnan(y)):
        place, y = xp.where(unknown, xp.asarray(bins, dtype=xp.uint8), place), xp.where(unknown, 0.0, y)
    columns = xp.stack([xp.ones_like(p), p, y + xp.zeros_like(p), p * p, p * y], axis=-1)
    columns, place = xp.moveaxis(columns, -3, -2), xp.moveaxis(place, -2, -1)[..., None, :]  # [..., k, n, 5] and 1, n
    # A product of matrices for each bin: far faster than sums over masked days.
    sums = xp.stack([(xp.astype(place == one, p.dtype) @ columns)[..., 0, :] for one in range(bins)], axis=-3)
    return {name: sums[..., place] for place, name in enumerate(SUMS)}


def points(sums: Mapping[str, Any]) -> dict[str, Any]:
    """The points of a reliability diagram [..., bins, k]: days, mean forecast, observed frequency; nan without days."""
    days = sums["n"]
    some = array_namespace(days).where(days > 0, days, math.nan)
    return {"days": days, "forecast": sums["p"] / some, "observed": sums["y"] / some}


def parts(sums: Mapping[str, Any], forecasts: Any) -> dict[str, Any]:
    """Brier = reliability - resolution + uncertainty, exactly [...] (Murphy, 1973), from the sums of `bin_sums`.

    Reliability is Σ n (p̄ - ȳ)² / N over the bins: how far mean probabilities are from the frequencies, 0 is best.
    Uncertainty is ȳ (1 - ȳ) of all days: no forecast changes it. Murphy's resolution, Σ n (ȳ - mean y)² / N, makes the
    three add up only where forecasts in a bin are equal. So this is the generalised one of Stephenson, Coelho &
    Jolliffe (2008): it adds twice the forecasts' covariance with y inside the bins, less their variance there, and may
    be below 0. N, `forecasts` [...], is what Brier's mean is over: known events, or days of a category.
    """
    days, p, y = (sums[name] for name in ("n", "p", "y"))
    n = days + (days == 0)  # an empty bin's sums are 0
    every = days.sum(-2)
    mean = (y.sum(-2) / (every + (every == 0)))[..., None, :]
    within = sums["pp"] - p**2 / n - 2 * (sums["py"] - p * y / n)
    terms = {
        "reliability": (p - y) ** 2 / n,
        "resolution": (y - days * mean) ** 2 / n - within,
        "uncertainty": days * mean * (1 - mean),
    }
    return {name: term.sum(-1).sum(-1) / forecasts for name, term in terms.items()}


def calibration_error(sums: Mapping[str, Any]) -> Any:
    """Class-wise calibration error [...]: mean over classes of Σ days/N · |mean p - frequency| (Kull et al., 2019)."""
    return (abs(sums["p"] - sums["y"]).sum(-2) / sums["n"].sum(-2)).mean(-1)
