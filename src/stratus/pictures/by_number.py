"""The losses that a sweep's jobs ended with, against a number that was swept."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from stratus.data.samples import Array
from stratus.pictures.canvas import BLACK, CYCLE, GREY, fit_scales, heading, legend, named, panel_row, styled

MARKERS = "os^Dv*"
"""A group's; the cross is for those that diverged."""

MOST_LIMITS = 4
"""The most limits that are lines; more are a band."""


@styled
def draw(
    x: Array,
    losses: Mapping[str, Array],
    diverged: Array,
    limits: Array,
    groups: Sequence[str],
    *,
    joined: bool,
    name: str,
    unit: str,
    limit: str,
    title: str,
) -> Figure:
    """A point a job, a line through the means of each group; dashed, the largest stable steps of the jobs.

    A job that diverged has no loss: it is a cross at the upper edge, with their number where several share a place.

    Args:
        x: The number [n]; on a log axis where it spans much.
        losses: A panel each: its name, and the loss of each job [n], nan where it diverged.
        diverged: Whether a job diverged [n].
        limits: The largest stable step of each job [n], nan where there is none.
        groups: What a job is told apart by [n], of six different ones at most; all "" where by nothing.
        joined: Whether the means are drawn; not where a group's jobs differ in more than x and the seed.
        name: Of the number.
        unit: Of the losses.
        limit: What a limit is called.
        title: Of the whole.
    """
    figure, (first, *others) = panel_row(len(losses), width=4.2 + 2.8 * len(losses), height=4.2, sharey=True)
    looks = {one: (CYCLE[k], MARKERS[k]) for k, one in enumerate(dict.fromkeys(groups))}
    of_group = {one: np.array([group == one for group in groups]) for one in looks}
    every = np.concatenate(list(losses.values()))
    for axes, (loss, values) in zip((first, *others), losses.items(), strict=True):
        for k, (one, (colour, marker)) in enumerate(looks.items()):
            here = of_group[one]
            _points(axes, x[here], values[here], colour, marker, joined=joined)
            _crosses(axes, x[here & diverged], colour, 0.965 - 0.05 * k)
        handles = _limits(axes, limits, limit, {looks[one][0]: of_group[one] for one in looks})
        axes.set(xlabel=name, title=loss)
        fit_scales(axes, x=x, y=every[np.isfinite(every)])
    first.set_ylabel(named("loss", unit))
    first.margins(y=0.08 + (0.05 * len(looks) + 0.03 if diverged.any() else 0))
    keys: list[Any] = [Line2D([], [], color=c, marker=m, label=one or "a job") for one, (c, m) in looks.items()]
    for key in keys:
        key.set_linestyle("solid" if joined else "none")
    if diverged.any():
        handles.append(Line2D([], [], color=BLACK, marker="x", linestyle="none", label="diverged"))
    legend(figure, keys + handles)
    heading(figure, title)
    return figure


def _points(axes: Axes, x: Array, loss: Array, colour: str, marker: str, *, joined: bool) -> None:
    x, loss = x[np.isfinite(loss)], loss[np.isfinite(loss)]
    axes.plot(x, loss, marker, color=colour, markersize=6, alpha=0.5 if joined else 0.8, gid="jobs")
    if joined and len(x):
        at = np.unique(x)
        axes.plot(at, [loss[x == one].mean() for one in at], color=colour, linewidth=1.8, gid="means")


def _crosses(axes: Axes, x: Array, colour: str, height: float) -> None:
    """Crosses at a share of the axes' height."""
    at, count = np.unique(x, return_counts=True)
    edge = axes.get_xaxis_transform()
    axes.plot(
        at, np.full(len(at), height), "x", color=colour, markersize=8, markeredgewidth=2, transform=edge, gid="diverged"
    )
    for one, number in zip(at, count, strict=True):
        if number > 1:
            look: dict[str, Any] = {"textcoords": "offset points", "va": "center", "color": colour, "size": 9}
            axes.annotate(f"{number}", (one, height), (7, 0), edge, **look)


def _limits(axes: Axes, limits: Array, said: str, of_colour: Mapping[str, Array]) -> list[Any]:
    """Dashed lines of three figures' precision, in a group's colour where it is the group's own; or a band."""
    rounded = np.array([float(f"{one:.3g}") for one in limits])
    different = np.unique(rounded[np.isfinite(rounded)])
    if len(different) > MOST_LIMITS:
        axes.axvspan(different[0], different[-1], color=GREY, alpha=0.25, linewidth=0)
        return [Patch(color=GREY, alpha=0.25, label=f"{said}, {different[0]:g} to {different[-1]:g}")]
    handles: list[Any] = []
    for one, style in zip(different, ("dashed", "dotted", "dashdot", (0, (6, 4))), strict=False):
        jobs = rounded == one
        own = [colour for colour, group in of_colour.items() if np.array_equal(jobs, group)]
        colour = own[0] if own and len(different) > 1 else BLACK
        at, label = limits[jobs][0], f"{said}, {one:g}"
        handles.append(axes.axvline(at, color=colour, linestyle=style, linewidth=1.4, label=label, gid="limit"))
    return handles
