"""Five classes in the plane of two inputs, along one of them, and the recall of each."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter

from stratus.data.samples import Array
from stratus.pictures.boundary import Plane, borders, class_days, placed
from stratus.pictures.canvas import BLACK, BLUE, GREY, colours, heading, legend, sheet, spread, styled

_HATCHES = ("", "//", "..", "\\\\", "xx", "oo")


@styled
def draw_shares(x: Array, p: Array, *, outputs: Sequence[str], label: str, place: str) -> Figure:
    """The probabilities p [g, k] of k classes, stacked over values x [g] of an input, whose label has its unit."""
    figure, axes = sheet()
    bands = axes.stackplot(x, p.T, colors=colours(outputs), alpha=0.75, edgecolor=BLACK, linewidth=0.4)
    handles = []
    for band, tone, hatch, name in zip(bands, colours(outputs), cycle(_HATCHES), outputs, strict=False):
        band.set_hatch(hatch)
        handles.append(Patch(facecolor=tone, hatch=hatch, edgecolor=BLACK, linewidth=0.4, label=name))
    axes.set(xlim=(x[0], x[-1]), ylim=(0, 1), xlabel=label, ylabel="probability, stacked", title=place)
    figure.legend(handles=handles[::-1], loc="outside right center")
    return figure


_PALE = 0.45


@styled
def draw_regions(x: Array, y: Array, plane: Plane, *, outputs: Sequence[str], place: str) -> Figure:
    """Left, the regions of the likeliest class with the days; right, the colours of all classes mixed by probability.

    Args:
        x: The two inputs of each day [n, 2].
        y: Class indices [n].
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


@styled
def draw_recall(found: Mapping[str, tuple[Array, Array]], *, outputs: Sequence[str], place: str) -> Figure:
    """Recall: of each class's days, how many were found; by the split's name, hits [k] and days [k] of each class."""
    figure, axes = sheet(height=1.2 + 0.62 * len(outputs))
    thickness = 0.8 / len(found)
    for row, ((split, (hits, days)), colour) in enumerate(zip(found.items(), (GREY, BLUE), strict=True)):
        where = np.arange(len(outputs)) + (row - (len(found) - 1) / 2) * thickness
        share = hits / np.maximum(days, 1)
        hatch = "" if row else "//"
        bars = axes.barh(where, share, thickness * 0.9, color=colour, label=split, hatch=hatch, edgecolor="white")
        said = [f"{hit:.0f} of {n:.0f}" if n else "no such day: undefined" for hit, n in zip(hits, days, strict=True)]
        axes.bar_label(bars, said, padding=4, fontsize=9)
    axes.set_yticks(range(len(outputs)), outputs)
    axes.invert_yaxis()
    axes.grid(False, axis="y")
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.set(xlim=(0, 1.02), xlabel="recall: share of the class's days that were decided so", title=place)
    figure.legend(loc="outside upper right", ncols=len(found))
    return figure
