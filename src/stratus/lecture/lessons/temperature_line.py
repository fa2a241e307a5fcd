"""Average temperature on day x, by a line."""

from functools import partial

from stratus.lecture.fits import fit_of
from stratus.pictures import fit_over_calendar
from stratus.runs import pictures as of_run
from stratus.runs.finished import FinishedRun
from stratus.runs.lesson import Card, Lesson


def lesson(run: FinishedRun) -> Lesson:
    """f(x) = wx + b over the day of the year: even the best line explains little of the temperature."""
    days, fit = run.splits.train, fit_of(run)
    explained = 1 - run.metrics["train/loss"] / days.y.var()
    slope = fit.line[0].item()
    figures = {"explained": explained, "slope": slope, "rmse": run.metrics["test/rmse"]}
    card = Card(
        title="The temperature of a day, by a line",
        see=f"A line through {len(days)} days of {days.stations[0]}, begun anew each January. It rises by "
        f"{365 * slope:.1f} °C until December and explains {explained:.0%} of the temperature's variance; the "
        "residuals below it are the whole wave of the year, to which a line cannot bend.",
        why="f(x) = wx + b with the day of the year as x can only rise or fall. The year does both. Training is not at "
        f"fault: its loss of {run.metrics['train/loss']:.4g} °C² is that of this model's exact optimum, "
        f"{run.references['optimum']['train/loss']:.4g} °C².",
        next="Give the same linear model other inputs: the square of the day, or a wave of the year.",
        command="python train.py experiment=lecture/temperature_cycle",
    )
    draw = partial(
        fit_over_calendar.draw,
        days.dates,
        days.y[:, 0],
        {"line": fit.model.forecast(days.x)[:, 0]},
        name="average temperature",
        unit="°C",
        place=of_run.title(days, "training days"),
    )
    return Lesson(card, figures, {"fit": draw})
