"""Average temperature on day x, by a line, a parabola, and waves of the year."""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
from matplotlib.figure import Figure

from stratus.data.recipe import Recipe
from stratus.data.samples import Array
from stratus.lecture.fits import best_fit, calendar, fit_of, split_like
from stratus.lecture.premises import Needs, asks, given
from stratus.lecture.words import count
from stratus.pictures.canvas import GREY, ORANGE, heading, panel_grid, styled
from stratus.runs import pictures as of_run
from stratus.runs.finished import FinishedRun
from stratus.runs.lesson import Lesson

NEEDS = Needs((*asks("regression", "temperature"), *given("harmonics", {"k": range(2, 184)})))
_MONTHS = np.arange("2015-01", "2016-01", dtype="datetime64[M]").astype("datetime64[D]")


def lesson(run: FinishedRun) -> Lesson:
    """f = Wφ(x) + b: linear in W, with inputs φ that bend."""
    days, own = run.splits.train, f"{count(run.settings.features.chosen['harmonics']['k'])} waves"
    inputs = {name: {"day_of_year": {"degree": degree}} for name, degree in (("line", 1), ("parabola", 2))}
    inputs["one wave"] = {"harmonics": {"k": 1}}
    recipes = {name: Recipe("temperature", features) for name, features in inputs.items()}
    fits = {name: best_fit(split_like(run, recipe), "regression") for name, recipe in recipes.items()}
    fits[own] = fit_of(run)
    values = {name: fit.model.forecast(fit.splits.train.x)[:, 0] for name, fit in fits.items()}
    mse = {name: float(np.mean((days.y[:, 0] - fitted) ** 2)) for name, fitted in values.items()}
    first, last = fits["parabola"].model.forecast(np.array([[1.0, 1.0], [365.0, 365.0**2]]))[:, 0].tolist()
    explained = {name: 1 - one / float(days.y.var()) for name, one in mse.items()}
    rmse = {name: fit.scores("test")["rmse"] for name, fit in fits.items()}
    figures = {"train_mse": mse, "explained": explained, "test_rmse": rmse, "parabola_new_year_jump": last - first}
    year = (days.dates - days.dates.astype("datetime64[Y]")).astype(int) + 1
    remarks = {name: f"R² {explained[name]:.2f}, test RMSE {rmse[name]:.2f} °C" for name in values}
    panels = {name: (fitted, remarks[name]) for name, fitted in values.items()}
    pictures: Mapping[str, Callable[[], Figure]] = {
        "fits": partial(draw_fits, year, days.y[:, 0], panels, place=of_run.title(days, "training days")),
        "calendar": calendar(days, {name: values[name] for name in ("line", own)}),
    }
    words = {"jump": abs(last - first), "waves": own, "own_explained": explained[own], "own_rmse": rmse[own]}
    return Lesson(figures, pictures, words=words)


@styled
def draw_fits(day: Array, truth: Array, fits: Mapping[str, tuple[Array, str]], *, place: str) -> Figure:
    """A panel a fit: truth [n] by day of the year [n] as points; by title the fitted values as a line, and a remark."""
    figure, panels = panel_grid(len(fits), each=(3.7, 2.3), edge=(0, 0.6), sharex=True, sharey=True)
    order = np.argsort(day, kind="stable")
    for axes, (title, (values, remark)) in zip(panels.flat, fits.items(), strict=True):
        axes.plot(day, truth, ".", color=GREY, markersize=1.5, alpha=0.6)
        axes.plot(day[order], values[order], color=ORANGE, linewidth=2.5)
        axes.set_title(title)
        axes.text(0.03, 0.96, remark, transform=axes.transAxes, va="top", fontsize=9)
    first = (_MONTHS - _MONTHS[0]).astype(int) + 1
    axes.set_xticks(first[::2], [f"{month.astype(object):%b}" for month in _MONTHS[::2]])
    axes.set_ylim(truth.min() - 1, truth.max() + 0.25 * np.ptp(truth))
    heading(figure, f"average temperature, {place}")
    figure.supylabel("average temperature (°C)", fontsize=10)
    figure.supxlabel("day of the year", fontsize=10)
    return figure
