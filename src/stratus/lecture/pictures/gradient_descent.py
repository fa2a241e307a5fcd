"""The loss over two parameters as a map, a line on its way into the data, and the toy function."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.animation import FuncAnimation
from matplotlib.figure import Figure

from stratus.data.samples import Array
from stratus.pictures.canvas import BLACK, BLUE, GREY, ORANGE, RED, panel_row, sheet, styled


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
def draw_surfaces(surfaces: Sequence[Surface]) -> Figure:
    """A map a panel; the path as dots, a dot a step."""
    figure, axes = panel_row(len(surfaces), width=10.5, height=4.0)
    for surface, axis in zip(surfaces, axes, strict=True):
        contours(axis, surface)
        axis.plot(*surface.path.T, ".-", color=ORANGE, linewidth=1, markersize=5, label="steps")
        axis.plot(*surface.path[0], "o", color=BLACK, label="start")
    axes[0].legend(loc="lower left", frameon=True)
    return figure


@dataclass(frozen=True)
class Descent:
    """A descent of two parameters and the line they stand for."""

    surface: Surface  # the loss over both, and the path
    losses: Array  # loss at each θ of the path [t + 1]
    x: Array  # the days' input [n]
    y: Array  # what was measured on them [n]
    ends: Array  # two inputs [2], where a line begins and ends
    lines: Array  # at each θ the line's values there [t + 1, 2]
    x_name: str  # what the input is, with its unit
    y_name: str  # what was measured, with its unit
    place: str  # where


def _sheet(descent: Descent) -> tuple[Figure, Any, Any]:
    """The map and the days, without path and line."""
    figure, (left, right) = sheet(1, 2, width=7.6, height=3.6)
    contours(left, descent.surface)
    right.plot(descent.x, descent.y, ".", color=GREY, markersize=2)
    right.set(xlabel=descent.x_name, ylabel=descent.y_name, title=descent.place)
    right.set_ylim(min(descent.lines.min(), descent.y.min()) - 2, max(descent.lines.max(), descent.y.max()) + 2)
    return figure, left, right


@styled
def draw_line(descent: Descent, steps: list[int]) -> Figure:
    """The whole path, and the line after each of these steps: the later, the darker."""
    figure, left, right = _sheet(descent)
    left.plot(*descent.surface.path.T, ".-", color=ORANGE, linewidth=1)
    left.plot(*descent.surface.path[0], "o", color=BLACK)
    for k, step in enumerate(steps):
        shade = 0.3 + 0.7 * k / max(len(steps) - 1, 1)
        right.plot(descent.ends, descent.lines[step], color=ORANGE, alpha=shade, linewidth=0.8 + 1.5 * shade)
        right.annotate(f"{step}", (descent.ends[1], descent.lines[step, 1]), (3, 0), textcoords="offset points")
    right.set_title(f"{descent.place}: the line after so many steps")
    return figure


@styled
def animate_line(descent: Descent) -> FuncAnimation:
    """The same step by step, a frame each."""
    figure, left, right = _sheet(descent)
    (path,) = left.plot([], [], ".-", color=ORANGE, linewidth=1)
    (here,) = left.plot([], [], "o", color=BLACK)
    (line,) = right.plot([], [], color=ORANGE, linewidth=2.5)
    title = right.set_title(" ")
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # laid out once: it would take half of each frame's time

    def frame(step: int) -> list[Any]:
        path.set_data(*descent.surface.path[: step + 1].T)
        here.set_data(*descent.surface.path[step : step + 1].T)
        line.set_data(descent.ends, descent.lines[step])
        title.set_text(f"step {step}: loss {descent.losses[step]:.2f} {descent.surface.unit}")
        return [path, here, line, title]

    return FuncAnimation(figure, frame, frames=len(descent.losses), interval=150)


@styled
def draw_toy(x: Array, f: Array, paths: Array, heights: Array, *, title: str, ridge: float) -> Figure:
    """Left a function of one number with two paths on it, right x over the steps for every start.

    Args:
        x: Numbers [n].
        f: The function there [n].
        paths: x at the beginning and after each step [s, t + 1]; the first two are on the left too.
        heights: The function along these two [2, t + 1].
        title: What the function is.
        ridge: Where its maximum is: starts beyond it are dashed.
    """
    figure, (left, right) = sheet(1, 2, width=9.0, height=4.0)
    left.plot(x, f, color=GREY)
    for path, height in zip(paths[:2], heights, strict=True):
        colour = ORANGE if path[0] > ridge else BLUE
        left.plot(path, height, ".-", color=colour, linewidth=0.8, label=f"from {path[0]:+.1f} to {path[-1]:+.4f}")
        left.plot(path[0], height[0], "o", color=BLACK, markersize=5)
    left.set(title=title, xlabel="x", ylabel="f(x)", xlim=(x.min(), x.max()))
    left.legend(loc="upper center")
    for path in paths:
        beyond = path[0] > ridge
        right.plot(path, color=ORANGE if beyond else BLUE, linestyle="--" if beyond else "-", linewidth=0.8)
    right.axhline(ridge, color=BLACK, linewidth=1, linestyle=":")
    below = {"xycoords": right.get_yaxis_transform(), "textcoords": "offset points", "ha": "right", "va": "top"}
    right.annotate("the maximum between the valleys", (0.98, ridge), (0, -3), fontsize=8, **below)
    right.set(title=f"{len(paths)} starts", xlabel="step", ylabel="x", xlim=(0, paths.shape[1] // 2))
    right.set_ylim(*np.quantile(paths[:, 0], [0.1, 0.9]))
    return figure
