"""Average temperature on day x, by a line."""

from stratus.lecture.fits import calendar, fit_of
from stratus.runs.finished import FinishedRun
from stratus.runs.lesson import Lesson


def lesson(run: FinishedRun) -> Lesson:
    """f(x) = wx + b over the day of the year: even the best line explains little of the temperature."""
    days, fit = run.splits.train, fit_of(run)
    explained = 1 - run.metrics["train/loss"] / days.y.var()
    slope = fit.line[0].item()
    figures = {"explained": explained, "slope": slope, "rmse": run.metrics["test/rmse"]}
    line = calendar(days, {"line": fit.model.forecast(days.x)[:, 0]})
    return Lesson(figures, {"fit": line}, words={"rise": 365 * slope})
