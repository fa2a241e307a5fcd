"""Scores of probabilities, a day at a time: the mean over the days is the score. Each is proper: honesty pays best.

Of numpy arrays or torch tensors; axes before those named stay. Truth y is events [..., n, k] as 0 or 1, or class
indices [..., n] with as many leading axes as the probabilities.
"""

from typing import Any

from array_api_compat import array_namespace

LEAST = 2.0**-23  # the least probability that the truth counts as given (float32's epsilon): -log p stays finite


def indicators(p: Any, y: Any) -> Any:
    """Truth as zeros and ones of the shape of p: class indices [..., n] become unit vectors [..., n, k]."""
    xp = array_namespace(p)
    came = y[..., None] == xp.arange(p.shape[-1]) if y.ndim < p.ndim else y
    return xp.astype(came, p.dtype)


def log_loss(p: Any, y: Any) -> Any:
    """-log of the probability given to the truth [..., n]; the mean over the labels where y are events."""
    xp = array_namespace(p)
    came = indicators(p, y)
    if y.ndim < p.ndim:
        return -xp.log(xp.clip((p * came).sum(-1), min=LEAST))
    return -xp.log(xp.clip(xp.where(came > 0.5, p, 1 - p), min=LEAST)).mean(-1)


def brier(p: Any, y: Any) -> Any:
    """(p - y)² [..., n]: the mean over the labels of events, the sum over the classes of a category (Brier, 1950)."""
    squares = (p - indicators(p, y)) ** 2
    return squares.sum(-1) if y.ndim < p.ndim else squares.mean(-1)
