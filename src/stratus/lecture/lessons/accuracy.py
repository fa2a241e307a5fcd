"""How good is a regression? Its accuracy is never "equal", and cannot be descended on."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from stratus.data.samples import Array
from stratus.lecture.fits import Fit, fit_of
from stratus.lecture.premises import AHEAD, Needs, asks, given
from stratus.lecture.words import listed, when
from stratus.pictures.canvas import BLUE, GREY, RED, sheet, styled
from stratus.runs import pictures as of_run
from stratus.runs.finished import FinishedRun
from stratus.runs.lesson import Lesson

FORECASTERS = {"model": "model", "the same as today": "persistence", "usual on this day": "climatology"}
NEEDS = Needs((*asks("regression", "temperature"), *given("two_days"), AHEAD))
TOLERANCES = (0, 1, 2, 3)  # °C
HALF = 0.5  # the tolerance to try next, °C


def lesson(run: FinishedRun) -> Lesson:
    """Share of exact hits, and within some tolerances; and why no gradient leads to a better share."""
    test, fit, scores = run.test, fit_of(run), {"model": run.metrics, **run.references}
    # Rounded so that two readings 2.0 apart count as within 2.
    misses = {said: abs(test[one].forecast - test.y)[0, :, 0].round(6) for said, one in FORECASTERS.items()}
    tolerance = run.settings.task.settings["tolerance"]
    marks = sorted({*TOLERANCES, tolerance})
    weight = fit.line[0][0, 1]
    wide, near = weight + np.linspace(-1, 1, 401), weight + np.linspace(-0.004, 0.004, 801)
    (loss, share), (_, share_near) = (along(fit, some, tolerance) for some in (wide, near))
    figures = {
        "within": {name: {t: float(np.mean(miss <= t)) for t in marks} for name, miss in misses.items()},
        "mae": run.metrics["test/mae"],
        "rmse": {said: scores[one]["test/rmse"] for said, one in FORECASTERS.items()},
        "persistence_exact_hits": int(np.sum(misses["the same as today"] == 0)),
        "flat": float(np.mean(np.diff(share_near) == 0)),
    }
    ahead = when(run.settings.features.lead_days)
    within = partial(draw_within, misses, marks, place=f"{ahead}, {of_run.title(test.days)}")
    staircase = partial(draw_staircase, wide, loss, share, near, share_near, chosen=weight, tolerance=tolerance)
    pictures = {"within": within, "staircase": staircase}
    words = {"ahead": ahead, "half": HALF, "tolerance": tolerance, **_words(figures, tolerance)}
    return Lesson(figures, pictures, words=words, tried=int(tolerance == HALF))


def _words(figures: Mapping[str, Any], tolerance: float) -> dict[str, str]:
    """The model's shares by tolerance, "the same as today" at the run's own, and which of the two is ahead."""
    within, rmse = figures["within"], figures["rmse"]
    model, today = within["model"], within["the same as today"]
    shares = listed([f"within {t:g} °C on {share:.1%}" for t, share in model.items() if t > 0])
    ahead = {t: model[t] > today[t] for t in model if t > 0 and model[t] != today[t]}
    better = "Which of two forecasts is better can depend on where the tolerance is put"
    if len({*ahead.values()}) == 1:
        name = "the model" if all(ahead.values()) else "“the same as today”"
        closer = (rmse["model"] < rmse["the same as today"]) == all(ahead.values())
        better = f"At each of these tolerances {name} is ahead" + (
            "" if closer else ", though not by its squared error"
        )
    return {"shares": shares, "today": f"{today[tolerance]:.1%}", "own": f"{model[tolerance]:.1%}", "better": better}


def along(fit: Fit, weights: Array, tolerance: float = 2.0) -> tuple[Array, Array]:
    """Mean squared error and share within a tolerance (°C) over the training days, by yesterday's weight [w]."""
    days = fit.splits.train
    yesterday = days.x[:, 1:] - days.x[:, 1:].mean()
    change = yesterday * (weights - fit.line[0][0, 1])
    error = fit.model.forecast(days.x) + change - days.y
    return (error**2).mean(axis=0), (np.abs(error) <= tolerance).mean(axis=0)


@styled
def draw_within(misses: Mapping[str, Array], marks: Sequence[float], *, place: str) -> Figure:
    """By the forecast's name |forecast - truth| [n]: the share of days missed by no more than x, written at `marks`."""
    figure, axes = sheet()
    for (label, miss), line in zip(misses.items(), ("-", "--", ":", "-."), strict=False):
        axes.ecdf(miss, label=label, linestyle=line, linewidth=2)
    first = next(iter(misses.values()))
    for mark in marks:
        share = float(np.mean(first <= mark))
        axes.plot(mark, share, "o", color=GREY, markersize=7, markerfacecolor="white", markeredgewidth=1.8, zorder=5)
        axes.annotate(f"{share:.1%}", (mark, share), (9, -6), textcoords="offset points", va="center")
    axes.set(title=f"average temperature {place}", xlabel="tolerance (°C)")
    axes.set_ylabel("share of days missed by no more")
    axes.set(xlim=(-0.15, 1.05 * max(np.quantile(miss, 0.99) for miss in misses.values())), ylim=(-0.06, 1.02))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.legend(loc="lower right")
    return figure


@styled
def draw_staircase(
    weight: Array, loss: Array, share: Array, near: Array, zoomed: Array, *, chosen: float, tolerance: float = 2.0
) -> Figure:
    """Loss (°C²) and accuracy against a weight [n], the accuracy in a narrow span [k]; dashed, the trained weight."""
    figure, (left, middle, right) = sheet(1, 3, width=9.2, height=3.6)
    left.plot(weight, loss, color=BLUE)
    left.set(title="the loss is a bowl", ylabel="mean squared error (°C²)")
    middle.plot(weight, share, color=RED)
    middle.set(title="the accuracy looks like a hill …", ylabel=f"share within {tolerance:g} °C")
    right.plot(near, zoomed, color=RED, drawstyle="steps-mid")
    right.set(title="… but is a staircase", ylabel=f"share within {tolerance:g} °C")
    middle.axvspan(near[0], near[-1], color=GREY, alpha=0.5, linewidth=3)
    for axes in (left, middle, right):
        axes.set_xlabel("weight of the last day (°C per °C)")
        axes.axvline(chosen, color=GREY, linestyle="--", linewidth=1)
        axes.locator_params(axis="x", nbins=4)
    middle.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    right.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=2))
    return figure
