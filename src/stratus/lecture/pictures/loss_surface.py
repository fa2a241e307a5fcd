"""The loss over two parameters as a map, with the path that descent takes on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from stratus.data.samples import Array
from stratus.pictures.canvas import BLACK, ORANGE, RED, panel_row, styled


@dataclass(frozen=True)
class Surface:
    """A loss over two parameters."""

    title: str  # of what model
    across: str  # the first parameter, with its unit
    up: str  # the second
    unit: str  # the loss's unit
    x: Array  # values of the first [a]
    y: Array  # values of the second [b]
    loss: Array  # at each pair [b, a]
    path: Array  # both parameters at the beginning and after each step [t + 1, 2]
    best: Array  # both at the lowest point [2]


def contours(axis: Any, surface: Surface) -> None:
    """The map: lines of equal loss, each √10 times as far above the lowest loss as the one inside it."""
    above = surface.loss - surface.loss.min()
    levels = surface.loss.min() + above.max() * 10.0 ** np.arange(-3, 0.1, 0.5)
    axis.contourf(surface.x, surface.y, surface.loss, [surface.loss.min(), *levels], cmap="Blues", alpha=0.6)
    lines = axis.contour(surface.x, surface.y, surface.loss, levels, colors="#446688", linewidths=0.7)
    axis.clabel(lines, levels[-5:], fmt="%.3g", fontsize=7)  # the innermost have no room
    axis.plot(*surface.best, "*", color=RED, markersize=12, markeredgecolor="white", label="lowest")
    axis.set(title=surface.title, xlabel=surface.across, ylabel=surface.up)
    axis.grid(visible=False)


@styled
def draw(surfaces: Sequence[Surface]) -> Figure:
    """A map a panel; the path as dots, a dot a step."""
    figure, axes = panel_row(len(surfaces), width=10.5, height=4.0)
    for surface, axis in zip(surfaces, axes, strict=True):
        contours(axis, surface)
        axis.plot(*surface.path.T, ".-", color=ORANGE, linewidth=1, markersize=5, label="steps")
        axis.plot(*surface.path[0], "o", color=BLACK, label="start")
    axes[0].legend(loc="lower left", frameon=True)
    return figure
