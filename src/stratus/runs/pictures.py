"""Which pictures a finished run has, and what they are given."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias

import numpy as np
import polars as pl
import torch
from matplotlib.figure import Figure

from stratus.data.samples import Array, Samples
from stratus.pictures import (
    boundary,
    confusion,
    fit_over_calendar,
    forecast_against_truth,
    reliability,
    weights,
    worst_days,
)
from stratus.pictures.canvas import named
from stratus.runs.finished import FinishedRun
from stratus.verification.references import Weights, climatology

Drawings: TypeAlias = dict[str, Callable[[], Figure]]

WORST = 10
"""So many of the days that were missed worst are shown."""

LONGEST = 1100
"""So many days fit on a calendar, three years."""


def drawings(run: FinishedRun, best: Weights | None) -> Drawings:
    """The pictures that fit a run, by the name of their file, each drawn only when called.

    Args:
        run: The finished run.
        best: The exact optimum; None where there is none.
    """
    forecast, decision = forecasts(run, run.splits.test.x)
    found: Drawings = {"weights": partial(_weights, run, best), "worst_days": partial(_worst_days, run, forecast)}
    if run.splits.target.kind == "continuous":
        return _of_values(run, forecast) | found
    days, outputs = run.splits.test, run.splits.outputs
    where = title(days)
    event = next(iter(run.splits.target.values))
    if (seen := plane(run)) is not None:
        found["boundary"] = partial(
            boundary.draw, days.x[:, :2], days.y, seen, outputs=outputs, event=event, place=where
        )
    return found | {
        "confusion": partial(confusion.draw, days.y, decision, outputs=outputs, event=event, place=where),
        "reliability": partial(reliability.draw, forecast, days.y, outputs=outputs, place=where),
    }


def forecasts(run: FinishedRun, x: Array) -> tuple[Array, Array]:
    """The kept weights' forecast [n, k] and decision, in the form of y, for inputs [n, m] in their own units."""
    with torch.inference_mode():
        logits = Weights.of(run.task).logits(run.task, x)
        return run.task.activation(logits).numpy(), run.task.decide(logits).numpy()


def title(days: Samples, what: str = "test days") -> str:
    """Where and when these days were, in words."""
    first, last = (str(day)[:4] for day in (days.dates.min(), days.dates.max()))
    return f"{_places(days)}: {len(days):,} {what}, {first if first == last else f'{first}–{last}'}"


def _places(days: Samples) -> str:
    stations = sorted(set(days.stations))
    return " + ".join(stations) if len(stations) <= 3 else f"{len(stations)} stations"


def plane(run: FinishedRun, points: int = 141) -> boundary.Plane | None:
    """The kept weights' probabilities wherever a sample lies; None where more than two numbers decide.

    Two inputs span a plane. So do the five of `quadratic`: two temperatures with their squares and product.
    """
    inputs, x = run.splits.inputs, np.concatenate([run.splits.train.x, run.splits.test.x])
    quadratic = list(run.splits.recipe.features) == ["quadratic"] and len(inputs) == 5
    if len(inputs) != 2 and not quadratic:
        return None
    low, high = x[:, :2].min(axis=0), x[:, :2].max(axis=0)
    edge = np.maximum(0.04 * (high - low), 1e-6)
    across, up = np.linspace(low - edge, high + edge, points).T
    first, second = (one.ravel() for one in np.meshgrid(across, up))
    products = [first * first, second * second, first * second] if quadratic else []
    p, _ = forecasts(run, np.stack([first, second, *products], axis=1))
    axes = [named(name, unit) for name, unit in zip(inputs[:2], run.splits.units[:2], strict=True)]
    return boundary.Plane(across, up, p.reshape(points, points, -1), (axes[0], axes[1]))


def _of_values(run: FinishedRun, forecast: Array) -> Drawings:
    days, target = run.splits.test, run.splits.target
    here = np.flatnonzero(days.stations == days.stations[0])[-LONGEST:]
    one = days.where(np.isin(np.arange(len(days)), here))
    usual = climatology(run.splits)(one)
    found: Drawings = {}
    for k, output in enumerate(run.splits.outputs):
        name, mark = output.replace("_", " "), f"_{output}" if len(run.splits.outputs) > 1 else ""
        found[f"fit{mark}"] = partial(
            fit_over_calendar.draw,
            one.dates,
            one.y[:, k],
            {"climatology": usual[:, k], "forecast": forecast[here, k]},
            name=name,
            unit=target.unit,
            place=title(one, "test days" if len(one) == len(days) else f"of {len(days):,} test days"),
        )
        found[f"scatter{mark}"] = partial(
            forecast_against_truth.draw,
            forecast[:, k],
            days.y[:, k],
            tolerance=run.settings.task.settings.get("tolerance", 0),
            name=name,
            unit=target.unit,
            place=title(days),
        )
    return found


def _weights(run: FinishedRun, best: Weights | None) -> Figure:
    weight = np.stack([one.double().cpu().numpy() for one in run.trace.weight])
    bias = np.stack([one.double().cpu().numpy() for one in run.trace.bias])
    optimum = None if best is None else (best.weight.numpy(), best.bias.numpy())
    scale = "weights on standardised inputs" if run.splits.standardise else "weights on raw inputs, per unit of each"
    note = ""
    if run.splits.target.kind == "category":
        # Softmax does not change when every class gets the same addition: the mean over the classes is free.
        weight, bias = weight - weight.mean(axis=1, keepdims=True), bias - bias.mean(axis=1, keepdims=True)
        optimum = optimum and (optimum[0] - optimum[0].mean(axis=0), optimum[1] - optimum[1].mean())
        note = ", less their mean over the classes"
    return weights.draw(
        run.trace.steps,
        weight,
        bias,
        optimum,
        inputs=run.splits.inputs,
        outputs=run.splits.outputs,
        unit=run.splits.target.unit if run.splits.target.kind == "continuous" else "log-odds",
        place=f"{_places(run.splits.train)}: {scale}{note}",
    )


def _worst_days(run: FinishedRun, forecast: Array) -> Figure:
    """Of all days and outputs those with the largest error, or the least probability of what came."""
    days, outputs, target = run.splits.test, run.splits.outputs, run.splits.target
    numbers = target.kind == "continuous"
    given = forecast if numbers else _given_to_truth(forecast, days.y)
    loss = np.abs(forecast - days.y) if numbers else -given
    row, column = np.divmod(np.argsort(-loss, axis=None, kind="stable")[:WORST], loss.shape[1])
    worst = list(zip(row, column, strict=True))
    places = [outputs[k] if target.everywhere else days.stations[i] for i, k in worst]
    names = [f", {outputs[k].replace('_', ' ')}" if numbers and len(outputs) > 1 else "" for k in column]
    label = "probability given to what came" + (" (and to the likeliest)" if target.kind == "category" else "")
    return worst_days.draw(
        days.dates[row],
        [place + name for place, name in zip(places, names, strict=True)],
        given[row, column],
        days.y[row, column] if numbers else None,
        _weather(run.table, days.dates[row], places),
        said=[] if numbers else [_said(run, forecast[i], days.y[i], k) for i, k in worst],
        label=named("forecast and truth", target.unit) if numbers else label,
        place=f"{title(days)}, the {len(row)} missed worst",
    )


def _given_to_truth(p: Array, y: Array) -> Array:
    """The probability that was given to what came: [n, 1] of class indices [n], [n, k] of events [n, k]."""
    return np.take_along_axis(p, y[:, None], axis=1) if y.ndim == 1 else np.where(y > 0.5, p, 1 - p)


def _said(run: FinishedRun, forecast: Array, truth: Array, k: int) -> str:
    """What was forecast on one day, in words: the probability of what came, and of the likeliest class."""
    outputs, target = run.splits.outputs, run.splits.target
    if target.kind == "category":
        likeliest = int(forecast.argmax())
        return f"{outputs[truth]} {forecast[truth]:.2g} ({outputs[likeliest]} {forecast[likeliest]:.2f})"
    (event,) = target.values
    return f"{event} {forecast[k]:.2g}" if truth[k] > 0.5 else f"no {event} {1 - forecast[k]:.2g}"


_MEASURED = {
    "weather": "{}",
    "temperature_min": "min {:.1f}",
    "temperature_max": "max {:.1f} °C",
    "precipitation": "{:.1f} mm",
    "wind": "wind {:.1f} m/s",
}
"""How a day's weather is told, from the columns of the daily table."""


def _weather(table: pl.DataFrame, dates: Array, places: Sequence[str]) -> list[str]:
    asked = pl.DataFrame({"station": list(places), "date": dates}, schema_overrides={"date": pl.Date})
    rows = asked.join(table, on=["station", "date"], how="left", maintain_order="left").iter_rows(named=True)
    return [
        ", ".join(said.format(row[column]) for column, said in _MEASURED.items() if row.get(column) is not None)
        for row in rows
    ]
