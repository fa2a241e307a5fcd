"""Whether a probability means what it says: how often it came against how likely it was said to be."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from stratus.data.samples import Array
from stratus.pictures.canvas import GREY, MOST_PANELS, colours, panels, sheet, styled


@styled
def draw(p: Array, y: Array, *, outputs: Sequence[str], place: str, bins: int = 10) -> Figure:
    """Observed frequency against the mean forecast probability of each bin, above the number of days in it.

    The grey bar about the diagonal is where a bin of so many days falls 19 times in 20 when the probability is right:
    q ± 2 √(q(1 - q)/days), q its mean forecast (after Bröcker & Smith, 2007).

    Args:
        p: Forecast probabilities [n, k].
        y: The truth: events [n, k] as 0 or 1, or class indices [n], each class against the others.
        outputs: Names of the k events or classes; a panel each.
        place: Where and when, for the title.
        bins: Number of bins, of equal width.
    """
    came = np.eye(len(outputs))[y] if y.ndim == 1 else y
    count = min(len(outputs), MOST_PANELS)
    rows, columns = panels(count)
    figure, grid = sheet(
        2 * rows, columns, width=max(5.0, 3.0 * columns), height=1.2 + 3.0 * rows, sharex=True, sharey="row",
        squeeze=False, height_ratios=[3, 1] * rows,
    )  # fmt: skip
    for k in range(rows * columns):
        above, below = grid[2 * (k // columns) : 2 * (k // columns) + 2, k % columns]
        if k >= count:
            above.remove()
            below.remove()
            continue
        _curve((above, below), p[:, k], came[:, k], colours(outputs)[k], bins)
        above.set_title(f"{outputs[k]}, {came[:, k].sum():.0f} of {len(came)} days")
        if k + columns >= count:
            below.set(xlabel="forecast probability")
            below.tick_params(labelbottom=True)
        if k % columns == 0:
            above.set(ylabel="observed frequency")
            below.set(ylabel="days")
    figure.suptitle(f"{place}\ngrey: where a right probability falls 19 times in 20", x=0.01, ha="left", size=11)
    return figure


def _curve(axes: tuple[Axes, Axes], p: Array, came: Array, colour: str, bins: int) -> None:
    above, below = axes
    edges = np.linspace(0, 1, bins + 1)
    index = np.searchsorted(edges[1:-1], p)
    days = np.bincount(index, minlength=bins)
    some = days > 0
    said, happened = (np.bincount(index, weights=w, minlength=bins)[some] / days[some] for w in (p, came))
    spread = 2 * np.sqrt(said * (1 - said) / days[some])
    above.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle="dashed")
    above.vlines(said, np.maximum(said - spread, 0), np.minimum(said + spread, 1), color=GREY, alpha=0.4, linewidth=4)
    above.plot(said, happened, "o-", color=colour, markersize=5)
    above.set(xlim=(0, 1), ylim=(-0.03, 1.03))
    above.set_xticks((0, 0.5, 1), ("0", ".5", "1"))
    above.set_yticks((0, 0.5, 1))
    below.bar(edges[:-1], days, width=1 / bins, align="edge", color=colour, edgecolor="white")
    below.set(yscale="log", ylim=(0.7, None))
    below.minorticks_off()
