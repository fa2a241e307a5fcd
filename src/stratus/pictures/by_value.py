"""The loss that a sweep's jobs ended with, by the values of one setting."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from stratus.data.samples import Array
from stratus.pictures.canvas import BLACK, BLUE, RED, fit_scales, heading, legend, sheet, styled


@styled
def draw(losses: Mapping[str, Array], *, name: str, label: str, title: str) -> Figure:
    """A row a value: a point a job, their mean, and a bar of one standard deviation to each side where there are more.

    Args:
        losses: By value, the loss of each of its jobs, nan where it diverged; one job at least did not.
        name: Of the setting.
        label: Name and unit of the loss.
        title: Of the whole.
    """
    figure, axes = sheet(height=max(3.2, 1.7 + 0.36 * len(losses)))
    lost, drawn = False, [values[np.isfinite(values)] for values in losses.values()]
    for row, values in enumerate(losses.values()):
        left = values[np.isfinite(values)]
        axes.plot(left, np.full(len(left), row), "o", color=BLUE, alpha=0.5, markersize=6, gid="jobs")
        if len(left) > 1:
            mean, sd = left.mean(), left.std(ddof=1)
            drawn.append(mean + np.array([-sd, sd]))
            axes.plot(drawn[-1], [row, row], color=BLACK, linewidth=1.5, gid="spread")
            axes.plot(mean, row, "|", color=BLACK, markersize=14, markeredgewidth=2, gid="mean")
        if len(left) < len(values):
            lost, count = True, len(values) - len(left)
            edge = axes.get_yaxis_transform()
            axes.plot(0.97, row, "x", color=RED, markersize=8, markeredgewidth=2, transform=edge, gid="diverged")
            if count > 1:
                axes.text(0.955, row, f"{count}", color=RED, ha="right", va="center", transform=edge, size=9)
    fit_scales(axes, x=np.concatenate(drawn), y=np.zeros(1))
    axes.set(ylabel=name, xlabel=label)
    axes.margins(x=0.12 if lost else 0.05)
    axes.set_yticks(range(len(losses)), losses)
    axes.set_ylim(len(losses) - 0.5, -0.5)
    handles = [Line2D([], [], color=BLUE, marker="o", linestyle="none", label="a job")]
    if max(map(len, losses.values())) > 1:
        handles.append(Line2D([], [], color=BLACK, marker="|", markersize=12, label="mean ± standard deviation"))
    if lost:
        handles.append(Line2D([], [], color=RED, marker="x", linestyle="none", label="diverged"))
    legend(figure, handles)
    heading(figure, title)
    return figure
