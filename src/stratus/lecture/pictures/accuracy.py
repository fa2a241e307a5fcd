"""The share of forecasts within a tolerance, and why it cannot be descended on."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from stratus.data.samples import Array
from stratus.pictures.canvas import BLUE, GREY, RED, sheet, styled

_LINES = ("-", "--", ":", "-.")


@styled
def draw_within(misses: Mapping[str, Array], marks: Sequence[float], *, name: str, unit: str, place: str) -> Figure:
    """A staircase a forecast: the share of days that it misses by no more than x.

    Args:
        misses: By the forecast's name, |forecast - truth| of each day [n].
        marks: Tolerances at which the first forecast's share is written.
        name: What is forecast.
        unit: Its unit.
        place: Where, and which days.
    """
    figure, axes = sheet()
    for (label, miss), line in zip(misses.items(), _LINES, strict=False):
        axes.ecdf(miss, label=label, linestyle=line, linewidth=2)
    first = next(iter(misses.values()))
    for mark in marks:
        share = float(np.mean(first <= mark))
        axes.plot(mark, share, "o", color=GREY, markersize=7, markerfacecolor="white", markeredgewidth=1.8, zorder=5)
        axes.annotate(f"{share:.1%}", (mark, share), (9, -6), textcoords="offset points", va="center")
    axes.set(title=f"{name}, {place}", xlabel=f"tolerance ({unit})", ylabel="share of days missed by no more")
    axes.set(xlim=(-0.15, 1.05 * max(np.quantile(miss, 0.99) for miss in misses.values())), ylim=(-0.06, 1.02))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.legend(loc="lower right")
    return figure


@styled
def draw_staircase(
    weight: Array, loss: Array, accuracy: Array, near: Array, accuracy_near: Array, *, chosen: float, tolerance: str
) -> Figure:
    """Three panels: the loss, the accuracy, and the accuracy within a narrow span of the weight.

    Args:
        weight: Values of the weight [n].
        loss: Mean squared error at each [n], in °C².
        accuracy: Share of days within the tolerance at each [n].
        near: Values of the weight in a narrow span [k].
        accuracy_near: The same share at each of these [k].
        chosen: The trained weight.
        tolerance: Within what a forecast counts, with its unit.
    """
    figure, (left, middle, right) = sheet(1, 3, width=9.2, height=3.6)
    left.plot(weight, loss, color=BLUE)
    left.set(title="the loss is a bowl", ylabel="mean squared error (°C²)")
    middle.plot(weight, accuracy, color=RED)
    middle.set(title="the accuracy looks like a hill …", ylabel=f"share within {tolerance}")
    right.plot(near, accuracy_near, color=RED, drawstyle="steps-mid")
    right.set(title="… but is a staircase", ylabel=f"share within {tolerance}")
    middle.axvspan(near[0], near[-1], color=GREY, alpha=0.5, linewidth=3)
    for axes in (left, middle, right):
        axes.set_xlabel("weight of the last day (°C per °C)")
        axes.axvline(chosen, color=GREY, linestyle="--", linewidth=1)
        axes.locator_params(axis="x", nbins=4)
    for axes in (middle, right):
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=2 if axes is right else 0))
    return figure
