"""Models of rain in the plane of two inputs, and over one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from stratus.data.samples import Array
from stratus.pictures import boundary
from stratus.pictures.canvas import BLACK, BLUE, GREY, ORANGE, heading, legend, panel_row, sheet, styled


@dataclass(frozen=True)
class ModelInPlane:
    """One model and its days."""

    title: str  # what it is
    x: Array  # the two inputs of each day [n, 2]
    y: Array  # whether it rained [n]
    plane: boundary.Plane  # the model's probabilities
    line: tuple[Array, float] | None = None  # W [2] and b of z = Wx + b, if W is to be drawn


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


@dataclass(frozen=True)
class Sigmoid:
    """A model of one input."""

    label: str  # what it is, with its unit
    x: Array  # its value on each day [n]
    grid: Array  # values for the curve [g]
    p: Array  # the model's probability at each of them [g]
    note: str  # what to say of the model


@styled
def draw_sigmoids(came: Array, panels: Sequence[Sigmoid], *, width: float, place: str) -> Figure:
    """The share of days with rain in bins of an input, ± 2 standard errors, and the model's curve; below, the days.

    Args:
        came: Whether it rained [n].
        panels: The models.
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
    grid[0, 0].set_ylabel("share of days with rain, P(rain)")
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
