"""Whether a probability means what it says: how often it came against how likely it was said to be."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from stratus.data.samples import Array
from stratus.pictures.canvas import GREY, colours, heading, label_outer, panel_grid, styled
from stratus.scores.probabilities import indicators
from stratus.scores.reliability import bin_sums, points


@styled
def draw(p: Array, y: Array, *, outputs: Sequence[str], place: str, bins: int = 10) -> Figure:
    """Observed frequency against the mean forecast probability of each bin, above the number of days in it.

    The grey bar about the diagonal is where a bin of so many days falls 19 times in 20 when the probability is right:
    q ± 2 √(q(1 - q)/days), q its mean forecast (after Bröcker & Smith, 2007).

    The probabilities p are [n, k], the truth y events [n, k] as 0 or 1, nan where unknown, or class indices [n], each
    class against the others. Each of the k outputs has a panel; the place is for the title.
    """
    came = indicators(p, y)
    days, said, happened = points(bin_sums(p, came, bins)).values()
    figure, panels = panel_grid(
        len(outputs), each=(2.4, 2.5), edge=(0, 1.0), least=5.0, ratios=(3, 1), sharex=True, sharey="row"
    )
    for k, (above, below) in enumerate(panels):
        colour = colours(outputs)[k]
        _curve(above, days[:, k], said[:, k], happened[:, k], colour)
        above.set_title(f"{outputs[k]}\n{np.nansum(came[:, k]):.0f} of {days[:, k].sum():.0f} days")
        below.bar(np.arange(bins) / bins, days[:, k], width=1 / bins, align="edge", color=colour, edgecolor="white")
        below.set(yscale="log", ylim=(0.7, None))
        below.minorticks_off()
    label_outer(panels[:, 0], y="observed frequency")
    label_outer(panels[:, 1], x="forecast probability", y="days")
    heading(figure, f"{place}\ngrey: where a right probability falls 19 times in 20")
    return figure


def _curve(axes: Axes, days: Array, said: Array, happened: Array, colour: str) -> None:
    some = days > 0
    days, said, happened = days[some], said[some], happened[some]
    spread = 2 * np.sqrt(said * (1 - said) / days)
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle="dashed")
    axes.vlines(said, np.maximum(said - spread, 0), np.minimum(said + spread, 1), color=GREY, alpha=0.4, linewidth=4)
    axes.plot(said, happened, "o-", color=colour, markersize=5)
    axes.set(xlim=(0, 1), ylim=(-0.03, 1.03))
    axes.set_xticks((0, 0.5, 1), ("0", "0.5", "1"))
    axes.set_yticks((0, 0.5, 1), ("0", "0.5", "1"))
