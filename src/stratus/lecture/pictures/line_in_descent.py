"""A line on its way into the data: the loss surface with the path, and the line at the steps."""

from dataclasses import dataclass
from typing import Any

from matplotlib.animation import FuncAnimation
from matplotlib.figure import Figure

from stratus.data.samples import Array
from stratus.lecture.pictures.loss_surface import Surface, contours
from stratus.pictures.canvas import BLACK, GREY, ORANGE, sheet, styled


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
def draw(descent: Descent, steps: list[int]) -> Figure:
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
def animate(descent: Descent) -> FuncAnimation:
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
