"""What the probabilities of all classes add up to."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from stratus.data.samples import Array
from stratus.pictures.canvas import BLACK, BLUE, GREY, ORANGE, sheet, styled


@styled
def draw(sums: Mapping[str, tuple[Array, Array]], *, label: str, place: str) -> Figure:
    """Left, each day's sum over one input; right, how often each sum occurs.

    Args:
        sums: By the split's name, the input [n] and the sum [n] of each day.
        label: The input, with its unit.
        place: Where.
    """
    figure, (left, right) = sheet(1, 2, sharey=True, width_ratios=[3, 1])
    ends = [one for _, sum_ in sums.values() for one in (sum_.min(), sum_.max())]
    bins = np.linspace(min(ends), max(ends), 25)
    for (name, (x, sum_)), colour, marker in zip(sums.items(), (GREY, ORANGE), ".x", strict=True):
        text = f"{name}: {sum_.min():.2f} to {sum_.max():.2f}, mean {sum_.mean():.4f}"
        left.plot(x, sum_, marker, color=colour, markersize=4, label=text)
        weights = np.full(len(sum_), 1 / len(sum_))
        right.hist(sum_, bins, weights=weights, orientation="horizontal", color=colour, histtype="step", linewidth=2)
    for axes in (left, right):
        axes.axhline(1, color=BLUE, linewidth=1.2, linestyle="--")
    where = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points", "ha": "right", "va": "top"}
    left.annotate("softmax: 1 on every day", (0.98, 1), (0, -4), color=BLACK, fontsize=9, **where)
    left.set(xlabel=label, ylabel="sum of the sigmoids", title=place)
    right.set_xlabel("share of days")
    figure.legend(loc="outside lower center", fontsize=9)
    return figure
