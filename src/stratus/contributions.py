"""What each day contributes to the scores of a forecast, and the scores as functions of the days' means.

A score that can be put so can be had again for any choice of the days, which is what an interval asks for.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from stratus.samples import Array

ROUNDING = 1e-5
"""What float32 may add to a difference of numbers in tenths, which are as often 2.0 as 1.9 apart."""

LEAST = float(np.finfo(np.float32).eps)
"""The least probability that a truth counts as given, so that a day's -log p is finite."""


def of_values(forecast: Array, y: Array, tolerance: float) -> dict[str, Array]:
    """Contributions [n] of a forecast of values [n, k] to accuracy, mae, bias, and rmse as its square.

    Args:
        forecast: What was forecast [n, k].
        y: The truth [n, k].
        tolerance: A forecast within so much of the truth counts as accurate.
    """
    error = forecast - y
    return {
        "accuracy": (np.abs(error) <= tolerance + ROUNDING).mean(1),
        "mae": np.abs(error).mean(1),
        "squares": (error**2).mean(1),
        "bias": error.mean(1),
    }


def of_events(p: Array, decision: Array, y: Array) -> dict[str, Array]:
    """Contributions [n] of the probabilities and decisions of k events, and cells [n, k, 2, 2] for Heidke and Peirce.

    Args:
        p: Probabilities [n, k].
        decision: The answers, 0 or 1 [n, k].
        y: The truth, 0 or 1 [n, k].
    """
    surprise = -np.log(np.maximum(np.where(y > 0.5, p, 1 - p), LEAST))
    return {
        "log_loss": surprise.mean(1),
        "accuracy": (decision == y).mean(1),
        "brier": ((p - y) ** 2).mean(1),
        "cells": np.eye(2)[y.astype(int)][..., :, None] * np.eye(2)[decision.astype(int)][..., None, :],
    }


def of_categories(p: Array, decision: Array, y: Array) -> dict[str, Array]:
    """Contributions [n] of the probabilities and decisions of a category, and cells [n, 1, k, k].

    Args:
        p: Probabilities [n, k].
        decision: The answers, class indices [n].
        y: The truth, class indices [n].
    """
    came, decided = (np.eye(p.shape[1])[one] for one in (y, decision))
    surprise = -np.log(np.maximum((p * came).sum(1), LEAST))
    return {
        "log_loss": surprise,
        "accuracy": (decision == y).astype(float),
        "brier": ((p - came) ** 2).sum(1),
        "cells": (came[:, :, None] * decided[:, None, :])[:, None],
    }


def scores(means: Mapping[str, Array]) -> dict[str, Array]:
    """The scores from means of contributions; whatever axes the means have before a cell's stay."""
    row: dict[str, Array] = {name: value for name, value in means.items() if name not in ("squares", "cells")}
    if "squares" in means:
        row["rmse"] = np.sqrt(means["squares"])
    if "cells" in means:
        with np.errstate(invalid="ignore", divide="ignore"):
            row |= {"heidke": heidke(means["cells"]).mean(-1), "peirce": peirce(means["cells"]).mean(-1)}
    return row


def heidke(cells: Any) -> Any:
    """Heidke skill score (s - Σ fᵢoᵢ) / (1 - Σ fᵢoᵢ) of tables [..., truth, decision] (Heidke, 1926).

    Args:
        cells: Counts or shares, in numpy or torch.
    """
    right, truth, decision = _shares(cells)
    chance = (truth * decision).sum(-1)
    return _skill(right - chance, 1 - chance)


def peirce(cells: Any) -> Any:
    """Peirce skill score (s - Σ fᵢoᵢ) / (1 - Σ oᵢ²) of tables [..., truth, decision], in numpy or torch."""
    right, truth, decision = _shares(cells)
    return _skill(right - (truth * decision).sum(-1), 1 - (truth * truth).sum(-1))


def _skill(gained: Any, possible: Any) -> Any:
    # Where rounding alone keeps the divisor from 0, there is nothing to gain: 0/0.
    real = possible > 1e-12
    return (gained * real) / (possible * real)


def _shares(cells: Any) -> tuple[Any, Any, Any]:
    """The share of right answers [...], and how often each class comes and is answered [..., k]."""
    shares = cells / cells.sum((-2, -1))[..., None, None]
    classes = range(cells.shape[-1])
    return shares[..., classes, classes].sum(-1), shares.sum(-1), shares.sum(-2)
