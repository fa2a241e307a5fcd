"""Average temperature on day x, by a line."""

import numpy as np

from stratus.data.samples import Array
from stratus.lecture.fits import calendar, fit_of
from stratus.lecture.premises import Needs, asks, given
from stratus.lecture.words import training
from stratus.runs.finished import FinishedRun
from stratus.runs.lesson import Lesson

NEEDS = Needs((*asks("regression", "temperature"), *given("day_of_year", {"degree": range(1, 2)})))
YEAR = 350  # different days of the year from which on a year counts as shown


def lesson(run: FinishedRun) -> Lesson:
    """f(x) = wx + b over the day of the year: even the best line explains little of the temperature."""
    days, fit = run.splits.train, fit_of(run)
    explained = 1 - run.metrics["train/loss"] / days.y.var()
    slope, day = fit.line[0].item(), days.x[:, 0]
    figures = {"explained": explained, "slope": slope, "rmse": run.metrics["test/rmse"]}
    line = calendar(days, {"line": fit.model.forecast(days.x)[:, 0]})
    words = {"rises": _rises(slope, day), "training": training(run)}
    wave = "the whole wave of the year, to which a line cannot bend"
    words["rest"] = wave if _whole(day) else "what is left; these days do not show the wave of a whole year"
    worse = "explains nothing of the temperature's variance: the mean temperature would miss by less"
    words["worth"] = f"explains {explained:.0%} of the temperature's variance" if explained >= 0 else worse
    return Lesson(figures, {"fit": line}, words=words)


def _whole(day: Array) -> bool:
    """Whether days of the year [n] are of a whole year, but for a few."""
    return len(np.unique(day)) >= YEAR


def _rises(slope: float, day: Array) -> str:
    """How far the line rises or falls over these days of the year [n]."""
    verb = "rises" if slope >= 0 else "falls"
    if _whole(day):
        return f"{verb} by {abs(365 * slope):.1f} °C until December"
    first, last = day.min(), day.max()
    return f"{verb} by {abs(slope) * (last - first):.1f} °C from day {first:.0f} to day {last:.0f} of the year"
