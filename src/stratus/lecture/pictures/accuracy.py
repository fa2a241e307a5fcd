"""The share of forecasts within a tolerance, and why it cannot be descended on."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from stratus.data.samples import Array
from stratus.pictures.canvas import BLUE, GREY, RED, sheet, styled

_LINES = ("-", "--", ":", "-.")


@styled
def draw_within(misses: Mapping[str, Array], marks: Sequence[float], *, place: str) -> Figure:
    """The share of days that each forecast misses by no more than x: by its name, |forecast - truth| [n].

    At the tolerances `marks` the first forecast's share is written beside its curve.
    """
    figure, axes = sheet()
    for (label, miss), line in zip(misses.items(), _LINES, strict=False):
        axes.ecdf(miss, label=label, linestyle=line, linewidth=2)
    first = next(iter(misses.values()))
    for mark in marks:
        share = float(np.mean(first <= mark))
        axes.plot(mark, share, "o", color=GREY, markersize=7, markerfacecolor="white", markeredgewidth=1.8, zorder=5)
        axes.annotate(f"{share:.1%}", (mark, share), (9, -6), textcoords="offset points", va="center")
    axes.set(title=f"tomorrow's average temperature, {place}", xlabel="tolerance (°C)")
    axes.set_ylabel("share of days missed by no more")
    axes.set(xlim=(-0.15, 1.05 * max(np.quantile(miss, 0.99) for miss in misses.values())), ylim=(-0.06, 1.02))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.legend(loc="lower right")
    return figure


@styled
def draw_staircase(
    weight: Array, loss: Array, accuracy: Array, near: Array, accuracy_near: Array, *, chosen: float
) -> Figure:
    """The loss and the accuracy as functions of a weight [n], and the accuracy in a narrow span of it [k].

    Args:
        weight: Values of the weight [n].
        loss: Mean squared error in °C² [n].
        accuracy: Share of days within 2 °C [n].
        near: Values of the weight in the narrow span [k].
        accuracy_near: The share there [k].
        chosen: The trained weight.
    """
    figure, (left, middle, right) = sheet(1, 3, width=9.2, height=3.6)
    left.plot(weight, loss, color=BLUE)
    left.set(title="the loss is a bowl", ylabel="mean squared error (°C²)")
    middle.plot(weight, accuracy, color=RED)
    middle.set(title="the accuracy looks like a hill …", ylabel="share within 2 °C")
    right.plot(near, accuracy_near, color=RED, drawstyle="steps-mid")
    right.set(title="… but is a staircase", ylabel="share within 2 °C")
    middle.axvspan(near[0], near[-1], color=GREY, alpha=0.5, linewidth=3)
    for axes in (left, middle, right):
        axes.set_xlabel("weight of the last day (°C per °C)")
        axes.axvline(chosen, color=GREY, linestyle="--", linewidth=1)
        axes.locator_params(axis="x", nbins=4)
    for axes in (middle, right):
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=2 if axes is right else 0))
    return figure
