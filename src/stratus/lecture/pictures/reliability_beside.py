"""The reliability of several models of the same classes, one over the other, with counts."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from stratus.data.samples import Array
from stratus.pictures.canvas import BLUE, GREY, ORANGE, sheet, styled


@styled
def draw(forecasts: Mapping[str, Array], y: Array, *, outputs: Sequence[str], place: str, bins: int = 10) -> Figure:
    """A column a class: observed frequency against mean forecast probability of each bin; below, the bin's days.

    Args:
        forecasts: By the two models' names, probabilities [n, k].
        y: Classes' indices [n].
        outputs: Names of the k classes.
        place: Where and when.
        bins: Number of bins, of equal width.
    """
    figure, grid = sheet(
        2, len(outputs), width=11.5, height=4.6, sharex=True, sharey="row", height_ratios=[2.2, 1], squeeze=False
    )
    looks = list(zip(forecasts.items(), (BLUE, ORANGE), ("o-", "s--"), (-0.25, 0.25), strict=True))
    for k, (above, below) in enumerate(grid.T):
        above.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle=":")
        for (name, p), colour, style, shift in looks:
            index = np.minimum((p[:, k] * bins).astype(int), bins - 1)
            days = np.bincount(index, minlength=bins)
            some = days > 0
            said, came = (
                np.bincount(index, weights=one, minlength=bins)[some] / days[some] for one in (p[:, k], y == k)
            )
            above.plot(said, came, style, color=colour, markersize=5, alpha=0.85, label=name)
            middle = (np.arange(bins) + 0.5 + shift) / bins
            below.bar(middle[some], days[some], width=0.45 / bins, color=colour)
        above.set_title(f"{outputs[k]}, {np.sum(y == k)} of {len(y)} days", size=10)
        above.set(xlim=(-0.02, 1.02), ylim=(-0.04, 1.04))
        below.set(yscale="log", ylim=(0.7, 2 * len(y)), xlabel="probability")
    grid[0, 0].set_ylabel("observed frequency")
    grid[1, 0].set_ylabel("days")
    figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    figure.suptitle(place, x=0.01, ha="left", size=11)
    return figure
