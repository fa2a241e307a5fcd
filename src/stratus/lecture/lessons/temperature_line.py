"""Average temperature on day x, by a line."""

from functools import partial

from stratus.lecture.fits import fit_of
from stratus.pictures import fit_over_calendar
from stratus.runs import pictures as of_run
from stratus.runs.finished import FinishedRun
from stratus.runs.lesson import Lesson


def lesson(run: FinishedRun) -> Lesson:
    """f(x) = wx + b over the day of the year: even the best line explains little of the temperature."""
    days, fit = run.splits.train, fit_of(run)
    explained = 1 - run.metrics["train/loss"] / days.y.var()
    slope = fit.line[0].item()
    figures = {"explained": explained, "slope": slope, "rmse": run.metrics["test/rmse"]}
    draw = partial(
        fit_over_calendar.draw,
        days.dates,
        days.y[:, 0],
        {"line": fit.model.forecast(days.x)[:, 0]},
        name="average temperature",
        unit="°C",
        place=of_run.title(days, "training days"),
    )
    return Lesson(figures, {"fit": draw}, words={"rise": 365 * slope})
