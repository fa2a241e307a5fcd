"""The plane of two inputs: the days in it, and where a model draws its lines between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from stratus.data.samples import Array
from stratus.pictures import canvas
from stratus.pictures.canvas import BLACK, EVENT, MARKERS, NO_EVENT

LEVELS = (0.1, 0.3, 0.7, 0.9)  # probabilities that have a line, beside 0.5


@dataclass(frozen=True)
class Plane:
    """A model's probabilities over the plane of two inputs."""

    across: Array  # values of the first input on a grid [a]
    up: Array  # values of the second [b]
    p: Array  # probabilities there [b, a, k]
    axes: tuple[str, str]  # labels of the two inputs, with units


@canvas.styled
def draw(x: Array, y: Array, plane: Plane, *, outputs: Sequence[str], place: str, event: str = "event") -> Figure:
    """The days as points in the colour of their truth, over the model's probabilities.

    Events have a panel each: P as shading, the boundary P = 0.5 as a full line, other probabilities dashed. Classes
    share one: the likeliest class as colour, the stronger the surer, and the borders between classes.

    x holds two inputs of each day [n, 2], the truth y events [n, k] as 0 or 1, or class indices [n]. The outputs are
    names of events or classes; the place is for the title, `event` says in the legend what an event is.
    """
    drawn, count = canvas.spread(len(x)), 1 if y.ndim == 1 else len(outputs)
    figure, panels = canvas.panel_grid(count, each=(1.8, 3.4), edge=(5.2, 1.4), sharex=True, sharey=True)
    for k, panel in enumerate(panels.flat):
        if y.ndim == 1:
            handles = classes(panel, x[drawn], y[drawn], plane, outputs)
        else:
            handles = events(panel, x[drawn], y[drawn, k], plane, k=k, event=event)
            panel.set_title(outputs[k] if len(outputs) > 1 else "")
        panel.set(xlim=plane.across[[0, -1]], ylim=plane.up[[0, -1]])
    canvas.label_outer(panels[:, 0], x=plane.axes[0], y=plane.axes[1])
    canvas.heading(figure, place + canvas.shown(len(drawn), len(x)))
    canvas.legend(figure, handles)
    return figure


def events(axes: Axes, x: Array, y: Array, plane: Plane, *, k: int = 0, event: str = "event") -> list[Line2D]:
    """Draws days [n, 2], their truth [n] and the probabilities of event k; returns the legend's entries."""
    across, up, p = plane.across, plane.up, plane.p[..., k]
    axes.imshow(p, cmap="RdBu", vmin=0, vmax=1, alpha=0.55, **placed(across, up))
    with np.errstate(divide="ignore"):
        logits = np.clip(np.log(p) - np.log1p(-p), -30, 30)  # contours of log-odds are smoother than those of P
    levels = [level for level in LEVELS if logits.min() < _logit(level) < logits.max()]
    if levels:
        lines = axes.contour(
            across, up, logits, sorted(map(_logit, levels)), colors=BLACK, linewidths=0.8, linestyles="dashed"
        )
        for label in axes.clabel(lines, fmt=lambda z: f"{1 / (1 + np.exp(-z)):.1f}", fontsize=8):
            label.set(zorder=4, path_effects=[withStroke(linewidth=2, foreground="white")])  # legible among the days
    inside = logits.min() < 0 < logits.max()
    if inside:
        axes.contour(across, up, logits, [0.0], colors=BLACK, linewidths=2)
    for came, colour, marker in ((False, NO_EVENT, "x"), (True, EVENT, "o")):
        here = (y > 0.5) == came
        axes.plot(*x[here].T, marker, color=colour, markersize=3.5, markeredgewidth=0.8)
    axes.grid(False)
    return [
        Line2D([], [], color=EVENT, marker="o", linestyle="", label=event),
        Line2D([], [], color=NO_EVENT, marker="x", linestyle="", label=f"no {event}"),
        Line2D([], [], color=BLACK, linewidth=2, label="P = 0.5" if inside else "P = 0.5: outside"),
        Line2D([], [], color=BLACK, linewidth=0.8, linestyle="dashed", label=f"other P({event})"),
    ]


def classes(axes: Axes, x: Array, y: Array, plane: Plane, outputs: Sequence[str]) -> list[Line2D]:
    """Draws days [n, 2], their classes [n] and the classes' regions; returns the legend's entries."""
    across, up, p = plane.across, plane.up, plane.p
    likeliest, k = p.argmax(-1), p.shape[-1]
    rgb = np.array([to_rgb(one) for one in canvas.colours(outputs)])
    strength = 0.12 + 0.5 * ((p.max(-1) - 1 / k) / (1 - 1 / k))[..., None]
    axes.imshow(1 - strength * (1 - rgb[likeliest]), **placed(across, up))
    borders(axes, plane, color=BLACK, width=1.5)
    return [
        Line2D([], [], **(look | {"label": name + ("" if one in likeliest else ", nowhere likeliest")}))
        for one, (name, look) in enumerate(zip(outputs, class_days(axes, x, y, outputs), strict=True))
    ]


def borders(axes: Axes, plane: Plane, *, color: str, width: float) -> None:
    """Draws the borders between the regions of the likeliest class."""
    z = np.log(np.maximum(plane.p, 1e-300))
    for one in np.unique(plane.p.argmax(-1)):
        margin = z[..., one] - np.delete(z, one, axis=-1).max(-1)
        if margin.min() < 0:
            axes.contour(plane.across, plane.up, margin, [0.0], colors=color, linewidths=width)


def class_days(axes: Axes, x: Array, y: Array, outputs: Sequence[str]) -> list[dict[str, Any]]:
    """Draws days [n, 2] of classes [n], the rarest class on top; returns how each class looks."""
    looks: list[dict[str, Any]] = []
    rank = np.argsort(np.argsort(-np.bincount(y, minlength=len(outputs)), kind="stable"))
    for one, colour in enumerate(canvas.colours(outputs)):
        marker = MARKERS[one % len(MARKERS)]
        edge = {"markeredgecolor": colour} if marker == "x" else {"markeredgecolor": BLACK, "markeredgewidth": 0.3}
        looks.append({"color": colour, "marker": marker, "linestyle": "", **edge})
        axes.plot(*x[y == one].T, markersize=4, zorder=2 + 0.01 * rank[one], **looks[-1])
    axes.grid(False)
    return looks


def placed(across: Array, up: Array) -> dict[str, Any]:
    """The place of an image whose pixels are centred on the grid, for `imshow`."""
    half = (across[1] - across[0]) / 2, (up[1] - up[0]) / 2
    extent = (across[0] - half[0], across[-1] + half[0], up[0] - half[1], up[-1] + half[1])
    return {"extent": extent, "origin": "lower", "aspect": "auto"}


def _logit(p: float) -> float:
    return float(np.log(p / (1 - p)))
