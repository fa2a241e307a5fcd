"""Scores of several forecasts of the same days, with intervals."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from stratus.pictures.canvas import BLUE, GREY, sheet, styled
from stratus.samples import Array


@styled
def draw(labels: Sequence[str], scores: Mapping[str, tuple[Array, Array]], *, title: str) -> Figure:
    """A column of panels a score: above the scores, below their differences from the first forecast's.

    A dot is a score, its bar the interval; the dot is hollow where the interval of a difference holds 0.

    Args:
        labels: Of the k forecasts.
        scores: By name with its unit, values with their low and high ends [k, 3], and the differences likewise.
        title: Of the whole.
    """
    k, columns = len(labels), len(scores)
    figure, panels = sheet(
        2, columns, squeeze=False, sharey="row", width=3.0 + 1.9 * columns, height=2.2 + 0.66 * k,
        height_ratios=[k, k - 1],
    )  # fmt: skip
    for (above, below), (name, (values, differences)) in zip(panels.T, scores.items(), strict=True):
        _dots(above, values, np.full(k, True))
        _dots(below, differences[1:], (differences[1:, 1] > 0) | (differences[1:, 2] < 0))
        below.axvline(0, color=GREY, linewidth=1)
        above.set(title=name)
        below.margins(y=0.5 / max(k - 1, 1))
    wrapped = [textwrap.fill(label, 26) for label in labels]
    panels[0, 0].set_yticks(range(k), wrapped)
    panels[1, 0].set_yticks(range(k - 1), wrapped[1:])
    for axes, said in zip(panels[:, 0], ("score", f"less {labels[0].split()[0]}"), strict=True):
        axes.invert_yaxis()
        axes.set_ylabel(said)
    figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    return figure


def _dots(axes: Any, rows: Array, filled: Array) -> None:
    for place, ((value, low, high), solid) in enumerate(zip(rows, filled, strict=True)):
        axes.plot([low, high], [place, place], color=BLUE, linewidth=2)
        axes.plot(value, place, "o", color=BLUE, markerfacecolor=BLUE if solid else "white", markersize=7)
