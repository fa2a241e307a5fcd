"""One model of several classes, twice: what it decides everywhere, and how sure it is."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from stratus.data.samples import Array
from stratus.pictures.boundary import Plane, borders, class_days, placed
from stratus.pictures.canvas import BLACK, colours, heading, legend, sheet, spread, styled

_PALE = 0.45


@styled
def draw(x: Array, y: Array, plane: Plane, *, outputs: Sequence[str], place: str) -> Figure:
    """Left, each place in the colour of its likeliest class, with the days; right, in all colours by their shares.

    Args:
        x: The two inputs of each day [n, 2].
        y: Their classes' indices [n].
        plane: The model's probabilities.
        outputs: Names of the classes.
        place: Where and when.
    """
    figure, (left, right) = sheet(1, 2, width=9.2, height=5.5)
    rgb = np.array([to_rgb(one) for one in colours(outputs)])
    across, up, p = plane.across, plane.up, plane.p
    likeliest = p.argmax(-1)
    left.imshow(1 - _PALE * (1 - rgb[likeliest]), **placed(across, up))
    right.imshow(p @ rgb, **placed(across, up))
    for axes in (left, right):
        borders(axes, plane, color=BLACK, width=1.5)
        axes.set(xlabel=plane.axes[0], xlim=across[[0, -1]], ylim=up[[0, -1]], aspect="equal")
        axes.grid(False)
    look: dict[str, Any] = {"linewidths": 0.7, "linestyles": "--"}
    right.clabel(right.contour(across, up, p.max(-1), [0.5, 0.6, 0.7, 0.8, 0.9], colors=BLACK, **look), fontsize=8)
    drawn = spread(len(x))
    looks = class_days(left, x[drawn], y[drawn], outputs)
    handles = [Line2D([], [], label=name, **one) for name, one in zip(outputs, looks, strict=True)]
    handles.append(Line2D([], [], color=BLACK, linewidth=0.7, linestyle="--", label="largest P"))
    left.set(title="hard: the likeliest class, and the days", ylabel=plane.axes[1])
    right.set(title="soft: colours mixed by probability")
    heading(figure, place)
    legend(figure, handles)
    return figure
