"""Will it rain on day 2? From the average temperatures of days 1 and 2."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import polars as pl
from matplotlib.figure import Figure

from stratus.data.samples import Array, Samples
from stratus.data.sources import shipped
from stratus.data.splits import Splits
from stratus.lecture.fits import TWO_DAYS, Fit, best_fit, fit_of, plane_of, split_like
from stratus.lecture.pictures.rain import ModelInPlane, Sigmoid, draw_planes, draw_sigmoids
from stratus.runs import pictures as of_run
from stratus.runs.finished import FinishedRun
from stratus.runs.lesson import Lesson

_ELSEWHERE = "New York"


def lesson(run: FinishedRun) -> Lesson:
    """σ(Wx + b): its boundary, the parallel lines of equal probability, W; and what the average throws away."""
    here = fit_of(run)
    elsewhere = best_fit(split_like(run, TWO_DAYS["binary"], table=shipped(_ELSEWHERE)), "binary")
    of_average = best_fit(_of_one(run.splits, "temperature d", lambda days: days.x[:, 1:]), "binary")
    of_range = best_fit(_of_one(run.splits, "range d", partial(_ranges, run)), "binary")
    figures = _figures(run, here, of_range, elsewhere)
    pictures = {
        "plane": partial(_draw_planes, run, here, elsewhere),
        "sigmoid": partial(_draw_sigmoids, of_average, of_range),
    }
    verdict = "worse" if figures["skill"] < 0 else "better"
    return Lesson(figures, pictures, words={"verdict": verdict, "elsewhere": _ELSEWHERE})


def _figures(run: FinishedRun, here: Fit, of_range: Fit, elsewhere: Fit) -> dict[str, Any]:
    usual, brier = run.references["climatology"]["test/brier"], of_range.scores("test")["brier"]
    (weight,), (bias,) = here.line
    wet = run.splits.train.y[:, 0] > 0.5
    test = elsewhere.splits.test
    return {
        "train_loss": run.metrics["train/loss"],
        "accuracy": run.metrics["test/accuracy"],
        "brier": run.metrics["test/brier"],
        "climatology_brier": usual,
        "skill": run.metrics["test/skill"],
        "weight": weight.tolist(),
        "bias": float(bias),
        "range_brier": brier,
        "range_skill": 1 - brier / usual,
        "range_wet": float(of_range.splits.train.x[wet].mean()),
        "range_dry": float(of_range.splits.train.x[~wet].mean()),
        "elsewhere_accuracy": elsewhere.scores("test")["accuracy"],
        "elsewhere_dry": float(1 - test.y.mean()),
        "elsewhere_most": float(elsewhere.model.forecast(test.x).max()),
    }


def _of_one(splits: Splits, name: str, x: Callable[[Samples], Array]) -> Splits:
    """The same days with one input in °C, which `x` finds [n, 1]."""
    train, test = (replace(days, x=x(days)) for days in (splits.train, splits.test))
    return replace(splits, inputs=[name], units=["°C"], train=train, validation=None, test=test)


def _ranges(run: FinishedRun, days: Samples) -> Array:
    """Maximum less minimum of each day."""
    rows = run.observations.rows(list(days.stations), days.dates)
    return rows.select(pl.col("temperature_max") - pl.col("temperature_min")).to_numpy(writable=True)


def _draw_planes(run: FinishedRun, here: Fit, elsewhere: Fit) -> Figure:
    (weight,), (bias,) = here.line
    panels = []
    for fit, line in ((here, (weight, bias)), (elsewhere, None)):
        days = fit.splits.train
        panels.append(ModelInPlane(str(days.stations[0]), days.x, days.y[:, 0], plane_of(fit), line))
    return draw_planes(panels, place=f"training days, {days.dates[0]} to {days.dates[-1]}")


def _draw_sigmoids(of_average: Fit, of_range: Fit) -> Figure:
    panels = []
    for fit, label in ((of_average, "average temperature"), (of_range, "maximum − minimum")):
        days, note = fit.splits.train, f"log loss {fit.scores('train')['loss']:.3f} nats a day"
        grid = np.linspace(days.x.min(), days.x.max(), 200)
        p = fit.model.forecast(grid[:, None])[:, 0]
        panels.append(Sigmoid(f"{label} of the day (°C)", days.x[:, 0], grid, p, note))
    place = of_run.title(days, "training days")
    return draw_sigmoids(days.y[:, 0], panels, width=1.5, place=place)
