"""Descent on a function of one number: where each start rolls."""

import numpy as np
from matplotlib.figure import Figure

from stratus.data.samples import Array
from stratus.pictures.canvas import BLACK, BLUE, GREY, ORANGE, sheet, styled


@styled
def draw(x: Array, f: Array, paths: Array, heights: Array, *, title: str, ridge: float) -> Figure:
    """Left the function with two paths on it, right x over the steps for every start.

    Args:
        x: Numbers [n].
        f: The function there [n].
        paths: x at the beginning and after each step, a row a start [s, t + 1]; the first two are drawn on the curve.
        heights: The function along the first two [2, t + 1].
        title: What the function is.
        ridge: Its maximum: starts beyond it are drawn dashed.
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
