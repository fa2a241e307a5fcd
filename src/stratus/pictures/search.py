"""Where a search of two numbers has been, and what it found there."""

import numpy as np
from matplotlib.figure import Figure

from stratus.data.samples import Array
from stratus.pictures.canvas import BLACK, RED, fit_scales, heading, legend, shade_bar, shades, sheet, styled


@styled
def draw(x: Array, y: Array, loss: Array, *, names: tuple[str, str], label: str, title: str) -> Figure:
    """A point a job, dark where its loss is low; ringed, the lowest; crosses diverged.

    Args:
        x: One number of each job [n].
        y: The other [n].
        loss: What the job ended with [n], nan where it diverged; one at least did not.
        names: Of the two numbers.
        label: Name and unit of the loss.
        title: Of the whole.
    """
    figure, axes = sheet()
    left, best = np.isfinite(loss), int(np.nanargmin(loss))
    look = {"cmap": "cividis", "norm": shades(loss[left]), "s": 60, "edgecolors": BLACK, "linewidths": 0.5}
    points = axes.scatter(x[left], y[left], c=loss[left], **look)
    shade_bar(figure, points, label)
    ring = {"color": RED, "fillstyle": "none", "markersize": 15, "markeredgewidth": 2}
    handles = axes.plot(x[best], y[best], "o", label=f"lowest: {loss[best]:.4g}", **ring)
    if not left.all():
        handles += axes.plot(x[~left], y[~left], "x", color=RED, markersize=8, markeredgewidth=2, label="diverged")
    axes.set(xlabel=names[0], ylabel=names[1])
    fit_scales(axes, x=x, y=y)
    legend(figure, handles)
    heading(figure, title)
    return figure
