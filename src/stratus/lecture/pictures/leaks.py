"""Scores that are too good: a rate that knows the test year, and a forecast that is given its answer."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from stratus.data.samples import Array
from stratus.pictures.canvas import BLACK, GREY, ORANGE, heading, sheet, styled


@styled
def draw(brier: Mapping[str, float], truth: Array, honest: Array, given: Array, *, unit: str, place: str) -> Figure:
    """Left, Brier scores as bars; right, forecasts against the truth.

    Args:
        brier: Scores by the forecast's name, the leaking one last.
        truth: What was measured [n].
        honest: Forecasts from the days before [n].
        given: Forecasts whose inputs hold the answer [n].
        unit: Unit of these three.
        place: Where and when.
    """
    figure, (left, right) = sheet(1, 2, width=8.8, height=4.2)
    colours = [GREY] * (len(brier) - 1) + [ORANGE]
    bars = left.barh(list(brier), list(brier.values()), color=colours, hatch=[""] * (len(brier) - 1) + ["//"])
    left.bar_label(bars, fmt="%.4f", padding=3)
    left.invert_yaxis()
    left.set(title="a rate that knows the test year", xlabel="Brier score of rain (lower is better)")
    left.set_xlim(0, 1.25 * max(brier.values()))
    left.grid(visible=False, axis="y")
    right.plot(truth, honest, ".", color=GREY, markersize=5, label="from the two days before")
    right.plot(truth, given, "x", color=ORANGE, markersize=4, label="the day itself among the inputs")
    ends = [np.min(truth), np.max(truth)]
    right.plot(ends, ends, color=BLACK, linewidth=0.8)
    right.set(title="the answer among the inputs", ylabel=f"forecast ({unit})")
    right.set_xlabel(f"measured average temperature ({unit})")
    right.legend(loc="upper left", handletextpad=0.2)
    heading(figure, place)
    return figure
