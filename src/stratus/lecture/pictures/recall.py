"""Of each class's days, how many were found."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from stratus.data.samples import Array
from stratus.pictures.canvas import BLUE, GREY, sheet, styled


@styled
def draw(found: Mapping[str, tuple[Array, Array]], *, outputs: Sequence[str], place: str) -> Figure:
    """A bar a class and split: the share of the class's days that were decided so, with the days beside it.

    Args:
        found: By the split's name, hits and days of each class [k], [k].
        outputs: Names of the classes.
        place: Where.
    """
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
