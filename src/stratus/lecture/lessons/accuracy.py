"""How good is a regression? Its accuracy is never "equal", and cannot be descended on."""

from functools import partial

import numpy as np

from stratus.data.samples import Array
from stratus.lecture.fits import Fit, fit_of
from stratus.lecture.pictures.accuracy import draw_staircase, draw_within
from stratus.runs import pictures as of_run
from stratus.runs.finished import FinishedRun
from stratus.runs.lesson import Lesson
from stratus.verification.references import Climatology

TOLERANCES = (0, 1, 2, 3)
"""In °C."""


def lesson(run: FinishedRun) -> Lesson:
    """Share of exact hits, and within 1, 2 and 3 °C; and why no gradient leads to a better share."""
    test, fit = run.splits.test, fit_of(run)
    misses = {
        "model": _miss(fit.model.forecast(test.x), test.y),
        "the same as today": _miss(test.last, test.y),
        "usual on this day": _miss(Climatology.fit(run.splits).forecast(test), test.y),
    }
    weight = fit.line[0][0, 1]
    wide, near = weight + np.linspace(-1, 1, 401), weight + np.linspace(-0.004, 0.004, 801)
    (loss, share), (_, share_near) = along(fit, wide), along(fit, near)
    figures = {
        "within": {name: {t: float(np.mean(miss <= t)) for t in TOLERANCES} for name, miss in misses.items()},
        "mae": float(misses["model"].mean()),
        "rmse": {name: float(np.sqrt(np.mean(miss**2))) for name, miss in misses.items()},
        "persistence_exact_hits": int(np.sum(misses["the same as today"] == 0)),
        "flat": float(np.mean(np.diff(share_near) == 0)),
    }
    within = partial(draw_within, misses, TOLERANCES, place=of_run.title(test))
    staircase = partial(draw_staircase, wide, loss, share, near, share_near, chosen=weight)
    return Lesson(figures, {"within": within, "staircase": staircase})


def _miss(forecast: Array, truth: Array) -> Array:
    """|forecast - truth| [n] in °C, rounded so that two readings 2.0 apart count as within 2."""
    return np.asarray(np.abs(forecast - truth)[:, 0].round(6))


def along(fit: Fit, weights: Array) -> tuple[Array, Array]:
    """Mean squared error and share within 2 °C over the training days, by yesterday's weight [w] per degree."""
    days = fit.splits.train
    yesterday = days.x[:, 1:] - days.x[:, 1:].mean()
    change = yesterday * (weights - fit.line[0][0, 1])
    error = fit.model.forecast(days.x) + change - days.y
    return (error**2).mean(axis=0), (np.abs(error) <= 2).mean(axis=0)
