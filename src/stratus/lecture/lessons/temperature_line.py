"""Average temperature on day x, by a line."""

from stratus.lecture.fits import calendar, fit_of
from stratus.lecture.premises import Needs, asks, given
from stratus.lecture.words import training
from stratus.runs.finished import FinishedRun
from stratus.runs.lesson import Lesson

NEEDS = Needs((*asks("regression", "temperature"), given("day_of_year", {"degree": range(1, 2)})))


def lesson(run: FinishedRun) -> Lesson:
    """f(x) = wx + b over the day of the year: even the best line explains little of the temperature."""
    days, fit = run.splits.train, fit_of(run)
    explained = 1 - run.metrics["train/loss"] / days.y.var()
    slope = fit.line[0].item()
    figures = {"explained": explained, "slope": slope, "rmse": run.metrics["test/rmse"]}
    line = calendar(days, {"line": fit.model.forecast(days.x)[:, 0]})
    words = {"rise": abs(365 * slope), "rises": "rises" if slope >= 0 else "falls", "training": training(run)}
    worse = "explains nothing of the temperature's variance: the mean temperature would miss by less"
    words["worth"] = f"explains {explained:.0%} of the temperature's variance" if explained >= 0 else worse
    return Lesson(figures, {"fit": line}, words=words)
