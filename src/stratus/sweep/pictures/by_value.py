"""The loss that a sweep's jobs ended with, by the values of one setting."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from stratus.pictures.canvas import BLACK, BLUE, RED, fit_scales, heading, legend, sheet, styled
from stratus.runs.report import plain
from stratus.sweep.jobs import LONGEST, Jobs

MOST_ROWS = 24  # the most values that have a row; of more, those with the lowest mean losses are drawn


@styled
def draw(jobs: Jobs, name: str) -> Figure:
    """A row a value: a point a job, and of several their mean with a bar of one standard deviation to each side."""
    values, once = np.array(jobs.swept[name]), jobs.distinct(name)
    losses = {value: jobs.objective[values == value] for value in once}
    finished = {value: loss[np.isfinite(loss)] for value, loss in losses.items()}
    if name not in jobs.numbers or len(once) > MOST_ROWS:
        once.sort(key=lambda value: finished[value].mean() if len(finished[value]) else np.inf)
    rows = once[:MOST_ROWS]
    figure, axes = sheet(height=max(3.2, 1.7 + 0.36 * len(rows)))
    drawn = [finished[value] for value in rows]
    edge, lost = axes.get_yaxis_transform(), False
    for row, value in enumerate(rows):
        left, diverged = finished[value], len(losses[value]) - len(finished[value])
        axes.plot(left, np.full(len(left), row), "o", color=BLUE, alpha=0.5, markersize=6, gid="jobs")
        if len(left) > 1:
            drawn.append(left.mean() + left.std(ddof=1) * np.array([-1, 1]))
            axes.plot(drawn[-1], [row, row], color=BLACK, linewidth=1.5, gid="spread")
            axes.plot(left.mean(), row, "|", color=BLACK, markersize=14, markeredgewidth=2, gid="mean")
        if diverged:
            lost = True
            axes.plot(0.97, row, "x", color=RED, markersize=8, markeredgewidth=2, transform=edge, gid="diverged")
        if diverged > 1:
            axes.text(0.955, row, f"{diverged}", color=RED, ha="right", va="center", transform=edge, size=9)
    fit_scales(axes, x=np.concatenate(drawn), y=np.zeros(1))
    axes.set(ylabel=name, xlabel=jobs.label)
    axes.margins(x=0.12 if lost else 0.05)
    axes.set_yticks(range(len(rows)), [plain(value, LONGEST) for value in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    handles = [Line2D([], [], color=BLUE, marker="o", linestyle="none", label="a job")]
    if max(len(losses[value]) for value in rows) > 1:
        handles.append(Line2D([], [], color=BLACK, marker="|", markersize=12, label="mean ± standard deviation"))
    if lost:
        handles.append(Line2D([], [], color=RED, marker="x", linestyle="none", label="diverged"))
    legend(figure, handles)
    some = f"the best {MOST_ROWS} of {len(once)} values" if len(once) > MOST_ROWS else jobs.lowest()
    heading(figure, f"{jobs.title}\n{some}")
    return figure
