"""What each day contributes to the scores of a forecast, and the scores as functions of the days' means.

A score that can be put so can be had again for any choice of the days, which is what an interval asks for.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from stratus.data.samples import Array

ROUNDING = 1e-5
"""What float32 may add to a difference of numbers in tenths, which are as often 2.0 as 1.9 apart."""

LEAST = float(np.finfo(np.float32).eps)
"""The least probability that a truth counts as given, so that a day's -log p is finite."""


def of_values(forecast: Array, y: Array, tolerance: float) -> dict[str, Array]:
    """Contributions [..., n] of a forecast of values to accuracy, mae, bias, and rmse as its square.

    Args:
        forecast: What was forecast [..., n, k].
        y: The truth, of a shape that fits.
        tolerance: A forecast within so much of the truth counts as accurate.
    """
    error = forecast - y
    return {
        "accuracy": (np.abs(error) <= tolerance + ROUNDING).mean(-1),
        "mae": np.abs(error).mean(-1),
        "squares": (error**2).mean(-1),
        "bias": error.mean(-1),
    }


def of_events(p: Array, decision: Array, y: Array) -> dict[str, Array]:
    """Contributions of the probabilities and decisions of k events.

    Args:
        p: Probabilities [..., n, k].
        decision: The answers, 0 or 1, of the same shape.
        y: The truth, 0 or 1, of a shape that fits.

    Returns:
        [..., n] each, but of each event [..., n, k] whether the answer is right, and what came and was decided.
    """
    surprise = -np.log(np.maximum(np.where(y > 0.5, p, 1 - p), LEAST))
    return {
        "log_loss": surprise.mean(-1),
        "accuracy": decision == y,
        "brier": ((p - y) ** 2).mean(-1),
        "came": y,
        "decided": decision,
    }


def of_categories(p: Array, decision: Array, y: Array) -> dict[str, Array]:
    """Contributions of the probabilities and decisions of a category.

    Args:
        p: Probabilities [..., n, k].
        decision: The answers, class indices [..., n].
        y: The truth, class indices, of a shape that fits.

    Returns:
        [..., n] each, but of each class [..., n, k] whether it came and was decided.
    """
    came, decided = (one[..., None] == np.arange(p.shape[-1]) for one in (y, decision))
    surprise = -np.log(np.maximum((p * came).sum(-1), LEAST))
    return {
        "log_loss": surprise,
        "accuracy": decision == y,
        "brier": ((p - came) ** 2).sum(-1),
        "came": came,
        "decided": decided,
    }


def scores(means: Mapping[str, Array]) -> dict[str, Array]:
    """The scores from means of contributions; whatever axes the means have before those of events or classes stay."""
    row: dict[str, Array] = {name: one for name, one in means.items() if name not in ("squares", "came", "decided")}
    if "squares" in means:
        row["rmse"] = np.sqrt(means["squares"])
    if "came" in means:
        right, came, decided = (means[name] for name in ("accuracy", "came", "decided"))
        with np.errstate(invalid="ignore", divide="ignore"):
            if came.ndim > right.ndim:
                return row | {"heidke": heidke(right, came, decided), "peirce": peirce(right, came, decided)}
            came, decided = (np.stack([1 - one, one], axis=-1) for one in (came, decided))
            row["accuracy"] = right.mean(-1)
            row |= {
                name: one(right, came, decided).mean(-1) for name, one in {"heidke": heidke, "peirce": peirce}.items()
            }
    return row


def heidke(right: Any, came: Any, decided: Any) -> Any:
    """Heidke skill score (s - Σ fᵢoᵢ) / (1 - Σ fᵢoᵢ) (Heidke, 1926), in numpy or torch.

    Args:
        right: The share s of right answers [...].
        came: How often each class came, o [..., k].
        decided: How often each was the answer, f [..., k].
    """
    chance = (came * decided).sum(-1)
    return _skill(right - chance, 1 - chance)


def peirce(right: Any, came: Any, decided: Any) -> Any:
    """Peirce skill score (s - Σ fᵢoᵢ) / (1 - Σ oᵢ²) (Peirce, 1884) of the same."""
    return _skill(right - (came * decided).sum(-1), 1 - (came * came).sum(-1))


def _skill(gained: Any, possible: Any) -> Any:
    # Where rounding alone keeps the divisor from 0, there is nothing to gain: 0/0.
    real = possible > 1e-12
    return (gained * real) / (possible * real)
