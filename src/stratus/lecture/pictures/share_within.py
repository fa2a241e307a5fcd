"""The share of forecasts within a tolerance, as a curve of the tolerance."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from stratus.data.samples import Array
from stratus.pictures.canvas import GREY, sheet, styled

_LINES = ("-", "--", ":", "-.")


@styled
def draw(misses: Mapping[str, Array], marks: Sequence[float], *, name: str, unit: str, place: str) -> Figure:
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
