"""Intervals from resampled training days: of each weight, and of the boundary in the plane of two inputs."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from stratus.data.samples import Array
from stratus.pictures.canvas import BLUE, GREY, ORANGE, sheet, styled


@styled
def draw_intervals(names: Sequence[str], mean: Array, low: Array, high: Array, *, title: str) -> Figure:
    """A dot with a bar a weight, the first on top.

    Args:
        names: Of the weights.
        mean: Over the resamples [n].
        low: Lower ends [n].
        high: Upper ends [n].
        title: What was resampled.
    """
    figure, axes = sheet(width=7.0, height=1.2 + 0.32 * len(names))
    rows = range(len(names))
    axes.axvline(0, color=GREY, linewidth=1)
    axes.errorbar(mean, rows, xerr=(mean - low, high - mean), fmt="o", color=BLUE, capsize=3)
    axes.set_yticks(rows, names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set(xlabel="weight on standardised inputs", title=title)
    return figure


@styled
def draw_boundary(
    across: Array, lines: Array, x: Array, y: Array, *, axes: Sequence[str], event: str, title: str
) -> Figure:
    """A band that holds the boundaries of 95 of 100 resamples, over the days.

    Args:
        across: Values of the first input [points].
        lines: The second input on each resample's boundary [resamples, points].
        x: Days in the plane [n, 2].
        y: Whether the event came [n].
        axes: Labels of the two axes.
        event: Its name.
        title: What was resampled, and whose days these are.
    """
    figure, plane = sheet(width=7.0, height=4.8)
    for came, marker, colour in ((1, "o", BLUE), (0, "x", ORANGE)):
        name = event if came else f"no {event}"
        plane.plot(*x[y == came].T, marker, color=colour, markersize=3.5, alpha=0.6, label=name)
    low, middle, high = np.quantile(lines, (0.025, 0.5, 0.975), axis=0, method="nearest")
    plane.fill_between(across, low, high, color=GREY, alpha=0.35, linewidth=0, label="95 % of the boundaries")
    plane.plot(across, middle, color="black", linewidth=2, label="P = 0.5")
    edge = 0.05 * (x.max(axis=0) - x.min(axis=0))
    plane.set_xlim(x[:, 0].min() - edge[0], x[:, 0].max() + edge[0])
    plane.set_ylim(x[:, 1].min() - edge[1], x[:, 1].max() + edge[1])
    plane.set(xlabel=axes[0], ylabel=axes[1], title=title)
    figure.legend(loc="outside lower center", ncols=4)
    return figure
