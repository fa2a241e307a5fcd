"""Will it rain on day 2? From the average temperatures of days 1 and 2."""

import math
from collections.abc import Callable, Mapping, Sequence
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
from stratus.lecture.premises import CITIES, Needs, asks, given
from stratus.lecture.words import when
from stratus.pictures import boundary
from stratus.pictures.canvas import BLACK, BLUE, GREY, ORANGE, heading, legend, panel_row, sheet, styled
from stratus.runs import pictures as of_run
from stratus.runs.finished import FinishedRun
from stratus.runs.lesson import Lesson
from stratus.scores.skill import skill

NEEDS = Needs((*asks("binary", "rain"), *given("two_days")), cities=True)

# Where W points, by eighths of a turn.
DOWN = ("down and to the left", "down", "down and to the right")
COMPASS = ("to the right", "up and to the right", "up", "up and to the left", "to the left", *DOWN)


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
    here, day = fit_of(run), run.splits.inputs[1].removeprefix("temperature ")
    city = next(name for name in CITIES if name != run.splits.train.stations[0])
    recipe = replace(TWO_DAYS["binary"], lead_days=run.settings.features.lead_days)
    elsewhere = best_fit(split_like(run, recipe, table=shipped(city)), "binary")
    of_average = best_fit(_of_one(run.splits, f"temperature {day}", lambda days: days.x[:, 1:]), "binary")
    of_range = best_fit(_of_one(run.splits, f"range {day}", partial(_ranges, run)), "binary")
    figures = _figures(run, here, of_range, elsewhere)
    plane, sigmoid = partial(_draw_planes, run, here, elsewhere), partial(_draw_sigmoids, of_average, of_range, day)
    return Lesson(figures, {"plane": plane, "sigmoid": sigmoid}, words=_words(run, here, figures, city))


def _words(run: FinishedRun, here: Fit, figures: Mapping[str, Any], city: str) -> dict[str, str]:
    """Where W points, whether the model loses to the calendar, what the range tells, how it is elsewhere."""
    (first, second), lead = figures["weight"], run.settings.features.lead_days
    day_1, day_2 = (name.removeprefix("temperature ") for name in run.splits.inputs)
    known = (
        f"the temperatures are known {when(lead)}" if lead else "day 2's temperature is known only when day 2 is over"
    )
    return {
        "day_1": day_1,
        "day_2": day_2,
        "boundary": _of_the_boundary(plane_of(here)),
        "points": COMPASS[round(math.atan2(second, first) / (math.pi / 4)) % 8],
        "likelier": "colder" if second < 0 else "warmer",
        "verdict": _verdict(run, figures["skill"]),
        "range": _of_the_range(figures, lead, guessed=run.rivals.unseen_days() > 0),
        "kind": f"a {'forecast, not a diagnosis' if lead else 'diagnosis, not a forecast'}: {known}",
        "there": _there(figures, city),
    }


def _verdict(run: FinishedRun, skill: float) -> str:
    """Whether it beats the calendar, where there is one."""
    if run.rivals.unseen_days():
        return "Which of them is better cannot be told from these days"
    return f"It is {'worse' if skill < 0 else 'better'} than the calendar (skill {skill:+.3f})"


def _of_the_boundary(plane: boundary.Plane) -> str:
    """Whether the plane has a decision boundary, and what is parallel to it."""
    least, most = plane.p.min(), plane.p.max()
    if least < 0.5 < most:
        return (
            "The full line is the decision boundary, P(rain) = 0.5. The dashed lines, of other probabilities, are "
            "parallel to it, and the arrow W stands at right angles to them all."
        )
    return (
        f"There is no decision boundary among them: P(rain) is between {least:.2f} and {most:.2f} and never 0.5. "
        "Dashed lines, of other probabilities, are parallel, and W stands at right angles to them."
    )


def _of_the_range(figures: Mapping[str, Any], lead: int, *, guessed: bool) -> str:
    wet, dry, tells = (figures[name] for name in ("range_wet", "range_dry", "range_skill"))
    brier = f"a Brier score of {figures['range_brier']:.4f}"
    worth = f"{brier if guessed else f'a skill of {tells:+.2f}'} (second picture)"
    if lead == 0 and wet < dry and tells > figures["skill"]:
        return (
            "The average of maximum and minimum throws away what tells: clouds keep the day cool and the night warm, "
            f"so that the day's range is {wet:.1f} °C when it rains and {dry:.1f} °C when it does not. "
            f"A sigmoid of the range alone has {worth}."
        )
    after = ("before a day with rain", "before one without") if lead else ("when it rains", "when it does not")
    return (
        f"The average hides the range, maximum less minimum: that of day 2 is {wet:.1f} °C {after[0]} and {dry:.1f} °C "
        f"{after[1]}. A sigmoid of it alone has {worth}."
    )


def _there(figures: Mapping[str, Any], city: str) -> str:
    """What became of the same model elsewhere."""
    most, right, dry = (figures[f"elsewhere_{name}"] for name in ("most", "accuracy", "dry"))
    model = f"The same model fitted in {city}, on the right, gives rain"
    if most > 0.5:
        return (
            f"{model} up to {most:.2f} on the test days there and is right on {right:.1%} of them; {dry:.1%} are dry."
        )
    return (
        f"{model} no more than {most:.2f} on any test day there. So it never says rain, and is right on {right:.1%}: "
        f"the share of dry days, {dry:.1%}."
    )


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
    """Maximum less minimum of the last day known."""
    dates = days.dates - np.timedelta64(run.settings.features.lead_days, "D")
    rows = run.observations.rows(list(days.stations), dates)
    return rows.select(pl.col("temperature_max") - pl.col("temperature_min")).to_numpy(writable=True)


def _draw_planes(run: FinishedRun, here: Fit, elsewhere: Fit) -> Figure:
    (weight,), (bias,) = here.line
    panels = []
    for fit, line in ((here, (weight, bias)), (elsewhere, None)):
        days = fit.splits.train
        panels.append(ModelInPlane(str(days.stations[0]), days.x, days.y[:, 0], plane_of(fit), line))
    return draw_planes(panels, place=f"training days, {days.dates[0]} to {days.dates[-1]}")


def _draw_sigmoids(of_average: Fit, of_range: Fit, day: str) -> Figure:
    panels = []
    for fit, label in ((of_average, "average temperature"), (of_range, "maximum − minimum")):
        days, note = fit.splits.train, f"log loss {fit.scores('train')['loss']:.3f} nats a day"
        grid = np.linspace(days.x.min(), days.x.max(), 200)
        p = fit.model.forecast(grid[:, None])[:, 0]
        panels.append(Sigmoid(f"{label} of {day} (°C)", days.x[:, 0], grid, p, note))
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
