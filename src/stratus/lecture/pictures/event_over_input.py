"""How often an event comes over one input, and the sigmoid that a model draws through it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from stratus.data.samples import Array
from stratus.pictures.canvas import BLUE, GREY, ORANGE, heading, legend, sheet, styled


@dataclass(frozen=True)
class Sigmoid:
    """A model of one input."""

    label: str  # what it is, with its unit
    x: Array  # its value on each day [n]
    grid: Array  # values for the curve [g]
    p: Array  # the model's probability at each of them [g]
    note: str  # what to say of the model


@styled
def draw(came: Array, panels: Sequence[Sigmoid], *, event: str, width: float, place: str) -> Figure:
    """For each input the share of days with the event in bins, ± 2 standard errors, and the model's curve; days below.

    Args:
        came: Whether the event came [n].
        panels: The models; a panel each.
        event: What it is.
        width: Of a bin.
        place: Where and when.
    """
    shared = {"sharex": "col", "sharey": "row", "height_ratios": [3, 1]}
    figure, grid = sheet(2, len(panels), width=4.4 * len(panels), height=4.8, squeeze=False, **shared)
    for (above, below), panel in zip(grid.T, panels, strict=True):
        above.axhline(came.mean(), color=GREY, linewidth=1, linestyle=":", label=f"all days, {came.mean():.0%}")
        _bins(above, below, panel.x, came, width)
        above.plot(panel.grid, panel.p, color=ORANGE, linewidth=2.5, label="σ(wx + b)")
        above.set_title(panel.note, size=10)
        below.set_xlabel(panel.label)
    grid[0, 0].set_ylabel(f"share of days with {event}, P({event})")
    grid[0, 0].set_ylim(-0.03, 1.03)
    grid[0, 0].yaxis.set_major_formatter(PercentFormatter(1.0))
    grid[1, 0].set_ylabel("days")
    legend(figure, grid[0, 0].get_legend_handles_labels()[0])
    heading(figure, place)
    return figure


def _bins(above: Axes, below: Axes, x: Array, came: Array, width: float) -> None:
    bins, index, days = np.unique(np.floor(x / width), return_inverse=True, return_counts=True)
    share = np.bincount(index, weights=came) / days
    middle, error = (bins + 0.5) * width, 2 * np.sqrt(share * (1 - share) / days)
    above.errorbar(middle, share, error, fmt="o", color=BLUE, markersize=4, label="share of days ± 2 standard errors")
    below.bar(middle, days, width=0.9 * width, color=GREY)
