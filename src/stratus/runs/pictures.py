"""Which pictures a finished run has, and what they are given."""

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

import numpy as np
import polars as pl
from matplotlib.figure import Figure

from stratus.data.samples import BETWEEN, Array, Samples
from stratus.data.splits import Splits
from stratus.data.targets import Category, Continuous, Target
from stratus.pictures import (
    boundary,
    confusion,
    fit_over_calendar,
    forecast_against_truth,
    largest_weights,
    reliability,
    skill_lost,
    weights,
    worst_days,
)
from stratus.pictures.canvas import MOST_PANELS, named
from stratus.runs import explanation
from stratus.runs.finished import FinishedRun
from stratus.verification.explanation import Explanation
from stratus.verification.model import Model

Drawings: TypeAlias = dict[str, Callable[[], Figure]]

WORST = 10  # so many of the days that were missed worst are shown
POINTS = 141  # of a plane each way
LONGEST = 1100  # so many days fit on a calendar: three years


def drawings(run: FinishedRun) -> Drawings:
    """The pictures that fit a run, by the name of their file, each drawn only when called."""
    found: Drawings = {"weights": partial(_weights, run)}
    if not run.settings.test:
        return found
    found["worst_days"] = partial(_worst_days, run)
    found |= _explained(run, run.explanation) if run.explanation else {}
    if isinstance(run.splits.target, Continuous):
        return _of_values(run) | found
    test, event = run.test["model"], next(iter(run.splits.target.values))
    days, outputs, where = test.days, test.outputs, title(test.days, _test_days(run))
    if (seen := plane(run.model, run.splits)) is not None:
        points = days.x[:, :2], days.y
        found["boundary"] = partial(boundary.draw, *points, seen, outputs=outputs, event=event, place=where)
    return found | {
        "confusion": partial(confusion.draw, days.y, test.decision[0], outputs=outputs, event=event, place=where),
        "reliability": partial(reliability.draw, test.forecast[0], days.y, outputs=outputs, place=where),
    }


def title(days: Samples, what: str = "test days") -> str:
    """Where and when these days were, in words."""
    first, last = (str(day)[:4] for day in (days.dates.min(), days.dates.max()))
    return f"{_places(days)}: {len(days):,} {what}, {first if first == last else f'{first}–{last}'}"


def _test_days(run: FinishedRun) -> str:
    return "test days" if run.splits.foreseen else "test days diagnosed"


def _places(days: Samples) -> str:
    joined = BETWEEN.join(sorted(set(days.stations)))
    return joined if (count := joined.count(BETWEEN) + 1) <= 3 else f"{count} stations"


def plane(model: Model, splits: Splits) -> boundary.Plane | None:
    """A model's probabilities where samples lie; None unless two inputs, or the five of `quadratic`, span a plane."""
    inputs, x = splits.inputs, np.concatenate([splits.train.x, splits.test.x])
    quadratic = list(splits.recipe.features) == ["quadratic"] and len(inputs) == 5
    if len(inputs) != 2 and not quadratic:
        return None
    low, high = np.nanmin(x[:, :2], axis=0), np.nanmax(x[:, :2], axis=0)  # days without a value have no place
    edge = np.maximum(0.04 * (high - low), 1e-6)
    across, up = np.linspace(low - edge, high + edge, POINTS).T
    first, second = (one.ravel() for one in np.meshgrid(across, up))
    products = [first * first, second * second, first * second] if quadratic else []
    p = model.forecast(np.stack([first, second, *products], axis=1))
    axes = [named(name, unit) for name, unit in zip(inputs[:2], splits.units[:2], strict=True)]
    return boundary.Plane(across, up, p.reshape(POINTS, POINTS, -1), (axes[0], axes[1]))


def _of_values(run: FinishedRun) -> Drawings:
    days, target, forecast = run.test.days, run.splits.target, run.test["model"].forecast[0]
    here = np.flatnonzero(days.stations == days.stations[0])[-LONGEST:]
    one = days.where(here)
    usual = run.test["climatology"].forecast[0, here]
    part = title(one, _test_days(run) if len(one) == len(days) else f"of {len(days):,} {_test_days(run)}")
    tolerance = run.settings.task.settings.get("tolerance", 0)
    scatter = partial(forecast_against_truth.draw, tolerance=tolerance, place=title(days, _test_days(run)))
    found: Drawings = {}
    for k, output in enumerate(run.splits.outputs[:MOST_PANELS]):
        look, mark = {"name": output.replace("_", " "), "unit": target.unit}, f"_{output}" if usual.shape[1] > 1 else ""
        lines = {"climatology": usual[:, k], "forecast": forecast[here, k]}
        fit = partial(fit_over_calendar.draw, one.dates, one.y[:, k], lines, place=part, **look)
        known = ~np.isnan(days.y[:, k])
        found |= {f"fit{mark}": fit, f"scatter{mark}": partial(scatter, forecast[known, k], days.y[known, k], **look)}
    return found


def _weights(run: FinishedRun) -> Figure:
    weight, bias = (np.stack([one.double().cpu() for one in each]) for each in (run.trace.weight, run.trace.bias))
    best = run.optimum.weights
    optimum = (best.weight.numpy(), best.bias.numpy()) if run.optimum.attained else None
    scale = "weights on standardised inputs" if run.splits.standardise else "weights on raw inputs, per unit of each"
    note = ""
    if isinstance(run.splits.target, Category):
        # Softmax does not change when every class gets the same addition: the mean over the classes is free.
        weight, bias = weight - weight.mean(axis=1, keepdims=True), bias - bias.mean(axis=1, keepdims=True)
        optimum = optimum and (optimum[0] - optimum[0].mean(axis=0), optimum[1] - optimum[1].mean())
        note = ", less their mean over the classes"
    steps, since = run.trace.steps, run.result.epochs + 1 - len(run.trace.steps)  # a resumed run begins later
    kept = run.result.best_epoch - since
    return weights.draw(
        steps,
        weight,
        bias,
        optimum,
        inputs=run.splits.inputs,
        outputs=run.splits.outputs,
        unit=_unit(run.splits.target),
        place=f"{_places(run.splits.train)}: {scale}{note}",
        kept=steps[kept] if kept >= 0 else None,
    )


def _unit(target: Target) -> str:
    return target.unit if isinstance(target, Continuous) else "log-odds"


def _explained(run: FinishedRun, found: Explanation) -> Drawings:
    rows = explanation.largest(found.weights)
    weights_drawn = partial(
        largest_weights.draw,
        [run.splits.inputs[j] for j in rows],
        found.weights[:, rows],
        outputs=run.splits.outputs,
        unit=_unit(run.splits.target),
        every=len(run.splits.inputs),
        place=title(run.splits.train, "training days"),
    )
    groups, lost = [one.group for one in found.groups], np.array([one.lost for one in found.groups])
    place = title(run.test.days, _test_days(run))
    return {
        "skill_lost": partial(skill_lost.draw, groups, lost, skill=found.skill, place=place),
        "largest_weights": weights_drawn,
    }


def _worst_days(run: FinishedRun) -> Figure:
    """Of all days and outputs those with the largest error, or the least probability of what came."""
    days, outputs, target = run.test.days, run.test.outputs, run.splits.target
    forecast = run.test["model"].forecast[0]
    numbers = isinstance(target, Continuous)
    given = forecast if numbers else _given_to_truth(target, forecast, days.y)
    loss = np.abs(forecast - days.y) if numbers else -given
    row, column = np.divmod(np.argsort(-loss, axis=None, kind="stable")[:WORST], loss.shape[1])
    worst = list(zip(row, column, strict=True))
    places = [outputs[k] if target.everywhere else days.stations[i] for i, k in worst]
    names = [f", {outputs[k].replace('_', ' ')}" if numbers and len(outputs) > 1 else "" for k in column]
    label = "probability given to what came" + (" (and to the likeliest)" if isinstance(target, Category) else "")
    return worst_days.draw(
        days.dates[row],
        [place + name for place, name in zip(places, names, strict=True)],
        given[row, column],
        days.y[row, column] if numbers else None,
        _weather(run.observations.rows(places, days.dates[row])),
        said=[] if numbers else [_said(run, forecast[i], days.y[i], k) for i, k in worst],
        label=named("forecast and truth", target.unit) if numbers else label,
        place=f"{title(days, _test_days(run))}, the {len(row)} missed worst",
    )


def _given_to_truth(target: Target, p: Array, y: Array) -> Array:
    """The probability that was given to what came: [n, 1] of class indices [n], [n, k] of events, nan where unknown."""
    if isinstance(target, Category):
        return np.take_along_axis(p, y[:, None], axis=1)
    return np.where(np.isnan(y), np.nan, np.where(y > 0.5, p, 1 - p))


def _said(run: FinishedRun, forecast: Array, truth: Array, k: int) -> str:
    """What was forecast on one day, in words: the probability of what came, and of the likeliest class."""
    outputs, target = run.test.outputs, run.splits.target
    if isinstance(target, Category):
        likeliest = int(forecast.argmax())
        return f"{outputs[truth]} {forecast[truth]:#.2g} ({outputs[likeliest]} {forecast[likeliest]:.2f})"
    (event,) = target.values
    return f"{event} {forecast[k]:#.2g}" if truth[k] > 0.5 else f"no {event} {1 - forecast[k]:#.2g}"


_MEASURED = {  # how a day's weather is told, from the columns of the daily table
    "weather": "{}",
    "temperature_min": "min {:.1f}",
    "temperature_max": "max {:.1f} °C",
    "precipitation": "{:.1f} mm",
    "wind": "wind {:.1f} m/s",
}


def _weather(rows: pl.DataFrame) -> list[str]:
    return [
        ", ".join(said.format(row[column]) for column, said in _MEASURED.items() if row.get(column) is not None)
        for row in rows.iter_rows(named=True)
    ]
