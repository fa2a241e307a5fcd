"""Descents from many starts on a convex loss: all ways lead to one point."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from stratus.data.samples import Array
from stratus.pictures.canvas import BLACK, GREY, sheet, styled


@styled
def draw(paths: Mapping[str, Array], best: Array, *, across: str, up: str, unit: str, reach: float) -> Figure:
    """Left the paths over the first two parameters, right the distance to the lowest point over the steps.

    Args:
        paths: By the name of their start, θ at the beginning and after each step [s, t + 1, p].
        best: θ at the lowest point [p].
        across: The first parameter, with its unit.
        up: The second.
        unit: The parameters' unit.
        reach: How far the left panel reaches around the lowest point.
    """
    figure, (left, right) = sheet(1, 2, width=9.5, height=4.4)
    markers = "osD^v"
    for order, ((name, starts), marker) in enumerate(zip(paths.items(), markers, strict=False)):
        (drawn,) = left.plot(*starts[:, 0, :2].T, marker, markersize=4, linestyle="", label=name, zorder=10 - order)
        for start in starts:
            left.plot(*start[:, :2].T, color=drawn.get_color(), linewidth=0.5, alpha=0.6)
        distance = np.linalg.norm(starts - best, axis=2)
        right.plot(distance.T, color=drawn.get_color(), linewidth=0.5, alpha=0.6)
        right.plot(0, distance[:, 0].max(), marker, color=drawn.get_color(), markersize=4)
    left.plot(*best[:2], "*", color=BLACK, markersize=13, markeredgecolor="white", zorder=11)
    left.set(xlim=(best[0] - reach, best[0] + reach), ylim=(best[1] - reach, best[1] + reach))
    left.set(title="paths from each start", xlabel=across, ylabel=up)
    right.set(title="distance to the lowest point", xlabel="step", ylabel=f"distance ({unit})", yscale="log")
    right.set_xlim(-1, None)
    figure.legend(loc="outside lower center", ncols=len(paths), labelcolor=BLACK, edgecolor=GREY)
    return figure
