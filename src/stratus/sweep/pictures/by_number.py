"""The losses that a sweep's jobs ended with, against a number that was swept."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from stratus.data.samples import Array
from stratus.pictures import canvas
from stratus.pictures.canvas import BLACK, CYCLE, GREY
from stratus.runs.report import plain
from stratus.sweep.jobs import LONGEST, Jobs, effect

RATE = "optimizer.lr"
LOOKS = tuple(zip(CYCLE, "os^Dv*", strict=False))  # colour and marker of each group; the cross is for diverged jobs
MOST_LIMITS = 4  # the most largest stable steps that are lines; more are a band


@dataclass(frozen=True)
class Group:
    """Jobs with one colour and one marker."""

    label: str  # what they have in common
    colour: str
    marker: str
    jobs: Array  # whether a job belongs to it [n]


@canvas.styled
def draw(jobs: Jobs, name: str) -> Figure:
    """A point a job, and a line through the means of each group if its jobs differ only in the number and the seed.

    A job that diverged is a cross at the upper edge, with their number where several share a place. Dashed, against
    the learning rate: the largest stable steps of the jobs.
    """
    x, diverged = jobs.numbers[name], np.isnan(jobs.objective)
    groups, joined = _groups(jobs, name)
    losses = {jobs.loss: jobs.objective}
    if jobs.loss == "validation loss":
        training = [run.metrics.get("train/loss") for run in jobs.runs]
        losses["training loss of the same weights"] = np.array(training, float)
    figure, panels = canvas.panel_row(len(losses), width=2.6 + 2.4 * len(losses), height=4.2, sharey=True)
    every = np.concatenate(list(losses.values()))
    look: dict[str, Any] = {"linestyle": "solid" if joined else "none"}
    handles: list[Any] = [Line2D([], [], color=g.colour, marker=g.marker, label=g.label, **look) for g in groups]
    for axes, (title, loss) in zip(panels, losses.items(), strict=True):
        for k, group in enumerate(groups):
            _points(axes, group, x, loss, joined=joined)
            _crosses(axes, x[group.jobs & diverged], group.colour, 0.965 - 0.05 * k)
        limits = _limits(axes, jobs, groups) if name == RATE else []
        axes.set(xlabel=f"learning rate ({RATE})" if name == RATE else name, title=title)
        canvas.fit_scales(axes, x=x, y=every[np.isfinite(every)])
    panels[0].set_ylabel(canvas.named("loss", jobs.unit))
    panels[0].margins(y=0.08 + (0.05 * len(groups) + 0.03 if diverged.any() else 0))
    handles += limits
    if diverged.any():
        handles.append(Line2D([], [], color=BLACK, marker="x", linestyle="none", label="diverged"))
    canvas.legend(figure, handles)
    shared = any(len(set(x[group.jobs])) < group.jobs.sum() for group in groups)
    means = ["points: jobs; lines: means over seeds"] if joined and shared else []
    canvas.heading(figure, "\n".join([jobs.title, jobs.lowest(), *means]))
    return figure


def _groups(jobs: Jobs, name: str) -> tuple[list[Group], bool]:
    """Jobs told apart by what is swept beside the number; whether those of a group differ in nothing else."""
    others = [[f"{one}={value}" for value in values] for one, values in jobs.swept.items() if one != name]
    labels = list(map(" ".join, zip(*others, strict=True))) or [""] * len(jobs.runs)
    joined = len(set(labels)) <= len(LOOKS)
    if not joined:
        few = [column for column in others if len(set(column)) <= len(LOOKS)]
        labels = max(few, key=lambda column: effect(jobs.objective, column), default=[""] * len(labels))
    looks = zip(dict.fromkeys(labels), LOOKS, strict=False)
    return [Group(plain(one, LONGEST) or "a job", *look, np.array(labels) == one) for one, look in looks], joined


def _points(axes: Axes, group: Group, x: Array, loss: Array, *, joined: bool) -> None:
    left = group.jobs & np.isfinite(loss)
    x, loss = x[left], loss[left]
    axes.plot(x, loss, group.marker, color=group.colour, markersize=6, alpha=0.5 if joined else 0.8, gid="jobs")
    if joined and len(x):
        at = np.unique(x)
        axes.plot(at, [loss[x == one].mean() for one in at], color=group.colour, linewidth=1.8, gid="means")


def _crosses(axes: Axes, x: Array, colour: str, height: float) -> None:
    """Crosses at a share of the axes' height."""
    at, count = np.unique(x, return_counts=True)
    edge, heights = axes.get_xaxis_transform(), np.full(len(at), height)
    axes.plot(at, heights, "x", color=colour, markersize=8, markeredgewidth=2, transform=edge, gid="diverged")
    look: dict[str, Any] = {"xytext": (7, 0), "textcoords": "offset points", "va": "center", "color": colour, "size": 9}
    for one, number in zip(at, count, strict=True):
        if number > 1:
            axes.annotate(f"{number}", (one, height), xycoords=edge, **look)


def _limits(axes: Axes, jobs: Jobs, groups: Sequence[Group]) -> list[Any]:
    """Dashed lines at the largest stable steps, in a group's colour if it is the group's own; or a band."""
    # For other losses than the squared one it is a bound: larger steps may be stable too.
    said = "largest step sure to be stable" if jobs.unit == "1" else "largest stable step"
    limits = np.array([run.largest_stable_step for run in jobs.runs], float)
    rounded = np.array([float(f"{one:.3g}") for one in limits])
    different = np.unique(rounded[np.isfinite(rounded)])
    if len(different) > MOST_LIMITS:
        axes.axvspan(different[0], different[-1], color=GREY, alpha=0.25, linewidth=0)
        return [Patch(color=GREY, alpha=0.25, label=f"{said}, {different[0]:g} to {different[-1]:g}")]
    handles: list[Any] = []
    for one, style in zip(different, ("dashed", "dotted", "dashdot", (0, (6, 4))), strict=False):
        here = rounded == one
        own = [group.colour for group in groups if np.array_equal(here, group.jobs)]
        look: dict[str, Any] = {"color": own[0] if own and len(different) > 1 else BLACK, "linestyle": style}
        handles.append(axes.axvline(limits[here][0], label=f"{said}, {one:g}", linewidth=1.4, gid="limit", **look))
    return handles
