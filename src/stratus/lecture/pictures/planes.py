"""Models side by side in the plane of two inputs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from stratus.data.samples import Array
from stratus.pictures import boundary
from stratus.pictures.canvas import BLACK, heading, legend, panel_row, styled


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
def draw(panels: Sequence[ModelInPlane], *, outputs: Sequence[str], place: str) -> Figure:
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
