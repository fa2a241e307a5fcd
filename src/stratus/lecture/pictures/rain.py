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
    y: Array  # the truth: an event [n, 1] as 0 or 1, or class indices [n]
    plane: boundary.Plane  # the model's probabilities
    # W [2] and b of the log-odds z = Wx + b, whose vector is drawn; None where z is no line
    line: tuple[Array, float] | None = None


@styled
def draw_planes(panels: Sequence[ModelInPlane], *, outputs: Sequence[str], place: str) -> Figure:
    """Each model's days, probabilities and boundaries; both axes have the same scale.

    Args:
        panels: The models; all of events or all of classes.
        outputs: The event, or the names of the classes.
        place: Where and when.
    """
    figure, grid = panel_row(len(panels), width=max(7.0, 4.6 * len(panels)), height=5.5)
    entries: dict[str, Line2D] = {}
    for axes, panel in zip(grid, panels, strict=True):
        if panel.y.ndim == 1:
            handles = boundary.classes(axes, panel.x, panel.y, panel.plane, outputs)
        else:
            handles = boundary.events(axes, panel.x, panel.y[:, 0], panel.plane, event=outputs[0])
        if panel.line is not None:
            handles.append(_vector(axes, *panel.line, panel.x.mean(axis=0)))
        entries = {str(one.get_label()): one for one in handles} | entries
        across, up = panel.plane.across, panel.plane.up
        axes.set(title=panel.title, xlabel=panel.plane.axes[0], aspect="equal")
        axes.set(xlim=(across[0], across[-1]), ylim=(up[0], up[-1]))
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
def draw_sigmoids(came: Array, panels: Sequence[Sigmoid], *, event: str, width: float, place: str) -> Figure:
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
