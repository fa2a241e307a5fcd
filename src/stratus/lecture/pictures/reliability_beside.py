"""The reliability of several models of the same classes, one over the other, with counts."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from stratus.data.samples import Array
from stratus.pictures.canvas import BLUE, GREY, ORANGE, heading, sheet, styled
from stratus.scores.probabilities import indicators
from stratus.scores.reliability import bin_sums, points


@styled
def draw(forecasts: Mapping[str, Array], y: Array, *, outputs: Sequence[str], place: str, bins: int = 10) -> Figure:
    """A column a class: observed frequency against mean forecast probability of each bin; below, the bin's days.

    Args:
        forecasts: By the two models' names, probabilities [n, k].
        y: Class indices [n].
        outputs: Names of the k classes.
        place: Where and when.
        bins: Number of bins, of equal width.
    """
    figure, grid = sheet(
        2, len(outputs), width=11.5, height=4.6, sharex=True, sharey="row", height_ratios=[2.2, 1], squeeze=False
    )
    binned = {name: points(bin_sums(p, indicators(p, y), bins)) for name, p in forecasts.items()}
    looks = list(zip(binned.items(), (BLUE, ORANGE), ("o-", "s--"), (-0.25, 0.25), strict=True))
    for k, (above, below) in enumerate(grid.T):
        above.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle=":")
        for (name, found), colour, style, shift in looks:
            days, said, happened = (column[:, k] for column in found.values())
            some = days > 0
            above.plot(said[some], happened[some], style, color=colour, markersize=5, alpha=0.85, label=name)
            middle = (np.arange(bins) + 0.5 + shift) / bins
            below.bar(middle[some], days[some], width=0.45 / bins, color=colour)
        above.set_title(f"{outputs[k]}, {np.sum(y == k)} of {len(y)} days", size=10)
        above.set(xlim=(-0.02, 1.02), ylim=(-0.04, 1.04))
        below.set(yscale="log", ylim=(0.7, 2 * len(y)), xlabel="probability")
    grid[0, 0].set_ylabel("observed frequency")
    grid[1, 0].set_ylabel("days")
    figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    heading(figure, place)
    return figure
