"""Will it rain on day 2? From the average temperatures of days 1 and 2."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from stratus.data.samples import Array, Samples
from stratus.data.sources import shipped
from stratus.data.splits import Splits
from stratus.lecture.fits import TWO_DAYS, Fit, best_fit, fit_of, own_scores, plane_of, split_like
from stratus.pictures import boundary
from stratus.pictures.canvas import BLACK, BLUE, GREY, ORANGE, heading, legend, panel_row, sheet, styled
from stratus.runs import pictures as of_run
from stratus.runs.finished import FinishedRun
from stratus.runs.lesson import Lesson
from stratus.scores.skill import skill

_ELSEWHERE = "New York"


@dataclass(frozen=True)
class ModelInPlane:
    """One model and its days."""

    title: str  # what it is
    x: Array  # the two inputs of each day [n, 2]
    y: Array  # whether it rained [n]
    plane: boundary.Plane  # the model's probabilities
    line: tuple[Array, float] | None = None  # W [2] and b of z = Wx + b, if W is to be drawn


@dataclass(frozen=True)
class Sigmoid:
    """A model of one input."""

    label: str  # what it is, with its unit
    x: Array  # its value on each day [n]
    grid: Array  # values for the curve [g]
    p: Array  # the model's probability at each of them [g]
    note: str  # what to say of the model


def lesson(run: FinishedRun) -> Lesson:
    """σ(Wx + b): its boundary, the parallel lines of equal probability, W; and what the average throws away."""
    here = fit_of(run)
    elsewhere = best_fit(split_like(run, TWO_DAYS["binary"], table=shipped(_ELSEWHERE)), "binary")
    of_average = best_fit(_of_one(run.splits, "temperature d", lambda days: days.x[:, 1:]), "binary")
    of_range = best_fit(_of_one(run.splits, "range d", partial(_ranges, run)), "binary")
    figures = _figures(run, here, of_range, elsewhere)
    plane, sigmoid = partial(_draw_planes, run, here, elsewhere), partial(_draw_sigmoids, of_average, of_range)
    verdict = "worse" if figures["skill"] < 0 else "better"
    return Lesson(figures, {"plane": plane, "sigmoid": sigmoid}, words={"verdict": verdict, "elsewhere": _ELSEWHERE})


def _figures(run: FinishedRun, here: Fit, of_range: Fit, elsewhere: Fit) -> dict[str, Any]:
    usual, brier = run.references["climatology"]["test/brier"], of_range.scores("test")["brier"]
    (weight,), (bias,) = here.line
    wet, x, test = run.splits.train.y[:, 0] > 0.5, of_range.splits.train.x, elsewhere.splits.test
    return {
        **own_scores(run, "train_loss", "accuracy", "brier", "skill"),
        "climatology_brier": usual,
        "weight": weight.tolist(),
        "bias": float(bias),
        "range_brier": brier,
        "range_skill": skill(brier, usual),
        "range_wet": float(x[wet].mean()),
        "range_dry": float(x[~wet].mean()),
        "elsewhere_accuracy": elsewhere.scores("test")["accuracy"],
        "elsewhere_dry": float(1 - test.y.mean()),
        "elsewhere_most": float(elsewhere.model.forecast(test.x).max()),
    }


def _of_one(splits: Splits, name: str, x: Callable[[Samples], Array]) -> Splits:
    """The same days with one input in °C, which `x` finds [n, 1]."""
    train, test = (replace(days, x=x(days)) for days in (splits.train, splits.test))
    return replace(splits, inputs=[name], units=["°C"], train=train, validation=None, test=test)


def _ranges(run: FinishedRun, days: Samples) -> Array:
    """Maximum less minimum of each day."""
    rows = run.observations.rows(list(days.stations), days.dates)
    return rows.select(pl.col("temperature_max") - pl.col("temperature_min")).to_numpy(writable=True)


def _draw_planes(run: FinishedRun, here: Fit, elsewhere: Fit) -> Figure:
    (weight,), (bias,) = here.line
    panels = []
    for fit, line in ((here, (weight, bias)), (elsewhere, None)):
        days = fit.splits.train
        panels.append(ModelInPlane(str(days.stations[0]), days.x, days.y[:, 0], plane_of(fit), line))
    return draw_planes(panels, place=f"training days, {days.dates[0]} to {days.dates[-1]}")


def _draw_sigmoids(of_average: Fit, of_range: Fit) -> Figure:
    panels = []
    for fit, label in ((of_average, "average temperature"), (of_range, "maximum − minimum")):
        days, note = fit.splits.train, f"log loss {fit.scores('train')['loss']:.3f} nats a day"
        grid = np.linspace(days.x.min(), days.x.max(), 200)
        p = fit.model.forecast(grid[:, None])[:, 0]
        panels.append(Sigmoid(f"{label} of the day (°C)", days.x[:, 0], grid, p, note))
    return draw_sigmoids(days.y[:, 0], panels, width=1.5, place=of_run.title(days, "training days"))


@styled
def draw_planes(panels: Sequence[ModelInPlane], *, place: str) -> Figure:
    """Each model's days, probabilities and boundaries; both axes have the same scale."""
    figure, grid = panel_row(len(panels), width=max(7.0, 4.6 * len(panels)), height=5.5)
    entries: dict[str, Line2D] = {}
    for axes, panel in zip(grid, panels, strict=True):
        handles = boundary.events(axes, panel.x, panel.y, panel.plane, event="rain")
        if panel.line is not None:
            handles.append(_vector(axes, *panel.line, panel.x.mean(axis=0)))
        entries = {str(one.get_label()): one for one in handles} | entries
        axes.set(title=panel.title, xlabel=panel.plane.axes[0], aspect="equal")
        axes.set(xlim=panel.plane.across[[0, -1]], ylim=panel.plane.up[[0, -1]])
    grid[0].set_ylabel(panels[0].plane.axes[1])
    heading(figure, place)
    legend(figure, list(entries.values()))
    return figure


def _vector(axes: Axes, weight: Array, bias: float, near: Array) -> Line2D:
    """An arrow along W, from the boundary's point nearest to `near` to where P = 0.7; its legend's entry."""
    square = weight @ weight
    start = near - weight * (weight @ near + bias) / square
    end = start + weight * np.log(0.7 / 0.3) / square
    look = {"arrowstyle": "-|>", "linewidth": 2.5, "color": BLACK, "mutation_scale": 18, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", end, start, arrowprops=look)
    return Line2D([], [], color=BLACK, marker=r"$\rightarrow$", markersize=16, linestyle="", label="W")


@styled
def draw_sigmoids(came: Array, panels: Sequence[Sigmoid], *, width: float, place: str) -> Figure:
    """The share of days [n] when rain came by bins of an input, ± 2 standard errors, and the curve; below, the days."""
    shared = {"sharex": "col", "sharey": "row", "height_ratios": [3, 1]}
    figure, grid = sheet(2, len(panels), width=4.4 * len(panels), height=4.8, squeeze=False, **shared)
    for (above, below), panel in zip(grid.T, panels, strict=True):
        above.axhline(came.mean(), color=GREY, linewidth=1, linestyle=":", label=f"all days, {came.mean():.0%}")
        bins, index, days = np.unique(np.floor(panel.x / width), return_inverse=True, return_counts=True)
        share, middle = np.bincount(index, weights=came) / days, (bins + 0.5) * width
        error = 2 * np.sqrt(share * (1 - share) / days)
        look = {"fmt": "o", "color": BLUE, "markersize": 4}
        above.errorbar(middle, share, error, label="share of days ± 2 standard errors", **look)
        below.bar(middle, days, width=0.9 * width, color=GREY)
        above.plot(panel.grid, panel.p, color=ORANGE, linewidth=2.5, label="σ(wx + b)")
        above.set_title(panel.note, size=10)
        below.set_xlabel(panel.label)
    grid[0, 0].set(ylabel="share of days with rain, P(rain)", ylim=(-0.03, 1.03))
    grid[0, 0].yaxis.set_major_formatter(PercentFormatter(1.0))
    grid[1, 0].set_ylabel("days")
    legend(figure, grid[0, 0].get_legend_handles_labels()[0])
    heading(figure, place)
    return figure
