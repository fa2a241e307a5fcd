"""Scores of several forecasts of the same days, with intervals."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from stratus.data.samples import Array
from stratus.pictures.canvas import BLUE, GREY, heading, sheet, styled


@styled
def draw(labels: Sequence[str], scores: Mapping[str, tuple[Array, Array]], *, title: str) -> Figure:
    """Two panels a score: above the scores, below their differences from the first forecast's.

    A dot is a score, its bar the interval. The dot of a difference is hollow where its interval holds 0. Of two or more
    forecasts, k, `scores` has by name and unit each score with the ends of its interval [k, 3], and its difference from
    the first likewise [k, 3]; the first row of the differences is not drawn.
    """
    k, columns = len(labels), len(scores)
    width, height = 1.6 + 1.8 * columns, 1.8 + 0.7 * k
    options = {"squeeze": False, "sharey": "row", "height_ratios": [k, k - 1]}
    figure, panels = sheet(2, columns, width=width, height=height, **options)
    for (above, below), (name, (values, differences)) in zip(panels.T, scores.items(), strict=True):
        _dots(above, values, np.full(k, True))
        _dots(below, differences[1:], (differences[1:, 1] > 0) | (differences[1:, 2] < 0))
        below.axvline(0, color=GREY, linewidth=1)
        above.set(title=name)
        below.set(xlabel=name)
        for axes in (above, below):
            axes.xaxis.set_major_locator(MaxNLocator(3))
    wrapped = [textwrap.fill(label, 24) for label in labels]
    for axes, names in ((panels[0, 0], wrapped), (panels[1, 0], wrapped[1:])):
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(len(names) - 0.5, -0.5)
    panels[1, 0].set_title(f"less that of {labels[0].split()[0]} (hollow: may be 0)")
    heading(figure, title)
    return figure


def _dots(axes: Any, rows: Array, filled: Array) -> None:
    for place, ((value, low, high), solid) in enumerate(zip(rows, filled, strict=True)):
        axes.plot([low, high], [place, place], color=BLUE, linewidth=2)
        axes.plot(value, place, "o", color=BLUE, markerfacecolor=BLUE if solid else "white", markersize=7)
