"""Average temperature on day x, by a line, a parabola, and waves of the year."""

from functools import partial
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from stratus.data.recipe import Recipe
from stratus.data.samples import Array
from stratus.lecture.fits import Fit, best_fit, fit_of, split_like
from stratus.lecture.pictures.temperature_cycle import draw_fits
from stratus.pictures import fit_over_calendar
from stratus.runs import pictures as of_run
from stratus.runs.finished import FinishedRun
from stratus.runs.lesson import Lesson


def lesson(run: FinishedRun) -> Lesson:
    """f = Wφ(x) + b: linear in W, with inputs φ that bend."""
    days, fits = run.splits.train, _fits(run)
    values = {name: fit.model.forecast(fit.splits.train.x)[:, 0] for name, fit in fits.items()}
    mse = {name: float(np.mean((days.y[:, 0] - fitted) ** 2)) for name, fitted in values.items()}
    first, last = fits["parabola"].model.forecast(np.array([[1.0, 1.0], [365.0, 365.0**2]]))[:, 0]
    jump = float(last - first)
    figures = {
        "train_mse": mse,
        "explained": {name: 1 - one / float(days.y.var()) for name, one in mse.items()},
        "test_rmse": {name: fit.scores("test")["rmse"] for name, fit in fits.items()},
        "parabola_new_year_jump": jump,
    }
    calendar = partial(
        fit_over_calendar.draw,
        days.dates,
        days.y[:, 0],
        {name: values[name] for name in ("line", "two waves")},
        name="average temperature",
        unit="°C",
        place=of_run.title(days, "training days"),
    )
    pictures = {"fits": partial(_draw_fits, run, values, figures), "calendar": calendar}
    return Lesson(figures, pictures, words={"jump": abs(jump)})


def _draw_fits(run: FinishedRun, values: dict[str, Array], figures: dict[str, Any]) -> Figure:
    days = run.splits.train
    explained, rmse = figures["explained"], figures["test_rmse"]
    return draw_fits(
        (days.dates - days.dates.astype("datetime64[Y]")).astype(int) + 1,
        days.y[:, 0],
        {name: (fit, f"R² {explained[name]:.2f}, test RMSE {rmse[name]:.2f} °C") for name, fit in values.items()},
        place=of_run.title(days, "training days"),
    )


def _fits(run: FinishedRun) -> dict[str, Fit]:
    """The fits by name: the last is the run's own, the others are exact."""
    inputs = {
        "line": {"day_of_year": {"degree": 1}},
        "parabola": {"day_of_year": {"degree": 2}},
        "one wave": {"harmonics": {"k": 1}},
    }
    recipes = {name: Recipe("temperature", features) for name, features in inputs.items()}
    exact = {name: best_fit(split_like(run, recipe), "regression") for name, recipe in recipes.items()}
    return exact | {"two waves": fit_of(run)}
