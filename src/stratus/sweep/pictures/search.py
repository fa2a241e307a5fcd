"""Where a search of two numbers has been, and what it found there."""

import numpy as np
from matplotlib.figure import Figure

from stratus.pictures.canvas import BLACK, RED, fit_scales, heading, legend, shade_bar, shades, sheet, styled
from stratus.sweep.jobs import Jobs


@styled
def draw(jobs: Jobs, first: str, second: str) -> Figure:
    """A point a job, darker the lower its loss; ringed, the lowest; crosses diverged."""
    x, y, loss = jobs.numbers[first], jobs.numbers[second], jobs.objective
    figure, axes = sheet()
    left, best = np.isfinite(loss), int(np.nanargmin(loss))
    shade = {"c": loss[left], "cmap": "cividis", "norm": shades(loss[left])}
    points = axes.scatter(x[left], y[left], s=60, edgecolors=BLACK, linewidths=0.5, **shade)
    shade_bar(figure, points, jobs.label)
    mark = {"color": RED, "markeredgewidth": 2}
    ring = {"fillstyle": "none", "markersize": 15, "label": f"lowest: {loss[best]:.4g}"}
    handles = axes.plot(x[best], y[best], "o", **ring, **mark)
    if not left.all():
        handles += axes.plot(x[~left], y[~left], "x", markersize=8, label="diverged", **mark)
    axes.set(xlabel=first, ylabel=second)
    fit_scales(axes, x=x, y=y)
    legend(figure, handles)
    heading(figure, "\n".join([jobs.title, *jobs.pair()]))
    return figure
