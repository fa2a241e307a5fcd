"""Average temperature on day x, by a line."""

from functools import partial

import numpy as np
import torch

from stratus.lecture import Card, Lesson, Run
from stratus.pictures import fit_over_calendar


def lesson(run: Run) -> Lesson:
    """f(x) = wx + b over the day of the year: the best line explains hardly any of the temperature."""
    days = run.splits.train
    with torch.inference_mode():
        forecast = run.task(torch.as_tensor(days.x, dtype=torch.float32)).numpy()[:, 0]
    explained = 1 - run.metrics["train/loss"] / days.y.var()
    slope = (run.task.linear.weight[0, 0] / run.task.scale[0]).item()
    figures = {"explained": explained, "slope": slope, "rmse": run.metrics["test/rmse"]}
    card = Card(
        title="The temperature of a day, by a line",
        see=f"A line through {len(days)} days of {days.stations[0]}. It rises by {365 * slope:.1f} °C from January to "
        f"December and explains {explained:.0%} of the temperature's variance; the residuals below it are the year's "
        "whole wave, which the line cannot bend to.",
        why="f(x) = wx + b with the day of the year as x can only rise or fall. The year does both. Training is not at "
        f"fault: the exact optimum of this model, {run.references['optimum']['train/loss']:.4g} °C², was reached "
        f"({run.metrics['train/loss']:.4g} °C²).",
        next="Give the same linear model other inputs: the square of the day, or a wave of the year.",
        command="python train.py experiment=lecture/temperature_cycle",
    )
    draw = partial(
        fit_over_calendar.draw,
        days.dates,
        days.y[:, 0],
        {"line": forecast},
        name="average temperature",
        unit="°C",
        place=str(np.unique(days.stations)[0]),
    )
    return Lesson(card, figures, {"fit": draw})
