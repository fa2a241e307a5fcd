"""What is usual on a day of the year: two waves of the year, fitted to sums by day of the year."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from stratus.data.features.input import YEAR

Array = NDArray[Any]

YEAR_OF_DAYS = 365  # a station with fewer days is given what all stations together give
DAYS = 366  # of a leap year
PRIOR = np.array([0.0, 2.0, 2.0, 8.0, 8.0])  # 1/σ² of a class's waves: those of log-odds have σ = 1, and 1/2
_ANGLE = 2 * np.pi * np.arange(1, DAYS + 1) / YEAR
WAVES = np.stack([np.ones(DAYS), *(wave(j * _ANGLE) for j in (1, 2) for wave in (np.cos, np.sin))], axis=1)


def day_of_year(dates: Array) -> Array:
    """0 on the first of January."""
    return np.asarray((dates - dates.astype("datetime64[Y]")).astype(int))


def least_squares(y: Array, known: Array) -> Array:
    """Coefficients [rows, 5, k] from the normal equations, given sums of y and how many are known [rows, 366, k]."""
    squares = np.einsum("di,rdk,dj->rkij", WAVES, known, WAVES, optimize=True)
    return np.asarray(np.einsum("rkij,rjk->rik", np.linalg.pinv(squares, hermitian=True), WAVES.T @ y))


def log_odds(counts: Array) -> Array:
    """Coefficients [rows, 5, c] of c classes, given how often each came on a day of the year [rows, 366, c].

    The probabilities are softmax(WAVES @ θ); Newton's method on the log-likelihood, all rows side by side.
    """
    counts = counts + 0.5 / DAYS
    rows, _, c = counts.shape
    n, prior = counts.sum(axis=2, keepdims=True), np.repeat(PRIOR[:, None], c, axis=1)
    theta = np.zeros((rows, 5, c))
    theta[:, 0] = np.log(counts.sum(axis=1) / n.sum(axis=1))
    for _ in range(50):
        p = softmax(WAVES @ theta)
        gradient = WAVES.T @ (n * p - counts) + prior * theta
        curved = n[..., None] * (p[..., None] * np.eye(c) - p[..., None] * p[:, :, None])
        hessian = np.einsum("di,rdab,dj->riajb", WAVES, curved, WAVES, optimize=True).reshape(rows, 5 * c, 5 * c)
        # A constant added to all classes' log-odds changes nothing: the mean over classes stays what it is.
        step = np.linalg.pinv(hessian + np.diag(prior.ravel()), hermitian=True) @ gradient.reshape(rows, -1, 1)
        theta = theta - step.reshape(theta.shape)
        if np.abs(step).max() < 1e-10:
            break
    return theta


def softmax(logits: Array) -> Array:
    """Probabilities [..., c] from logits [..., c]."""
    odds = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=-1, keepdims=True))
