"""What came against what was decided: the confusion matrix."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from stratus.data.samples import Array
from stratus.pictures.canvas import heading, panel_grid, sheet, styled


@styled
def draw(truth: Array, decision: Array, *, outputs: Sequence[str], place: str, event: str = "event") -> Figure:
    """Days of each truth (row) by the decision (column): their number, and their share of the row as shading.

    Truth and decision are class indices [n], or events [n, k] as 0 or 1, nan where unknown, a panel each; the outputs
    are their names, the place is for the title, `event` says in the labels what an event is.
    """
    if truth.ndim == 1:
        figure, axes = sheet(width=2.6 + 0.9 * len(outputs), height=1.6 + 0.62 * len(outputs))
        _matrix(axes, truth, decision, outputs)
    else:
        figure, panels = panel_grid(len(outputs), each=(3.3, 2.4), edge=(1.5, 0.6))
        for k, axes in enumerate(panels.flat):
            known = ~np.isnan(truth[:, k])
            came, decided = (one[known, k].astype(int) for one in (truth, decision))
            _matrix(axes, came, decided, [f"no {event}", event])
            axes.set_title(outputs[k] if len(outputs) > 1 else "")
    heading(figure, place)
    return figure


def _matrix(axes: Axes, truth: Array, decision: Array, names: Sequence[str]) -> None:
    k = len(names)
    counts = np.bincount(truth * k + decision, minlength=k * k).reshape(k, k)
    total = counts.sum(axis=1)
    shares = counts / np.maximum(total, 1)[:, None]
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for (row, column), count in np.ndenumerate(counts):
        share = f"{count}\n{shares[row, column]:.0%}" if total[row] else "0\n–"
        axes.text(column, row, share, ha="center", va="center", color="white" if shares[row, column] > 0.6 else "black")
    axes.set_xticks(range(k), names)
    axes.set_yticks(range(k), [f"{name} ({days} d)" for name, days in zip(names, total, strict=True)])
    axes.set(xlabel="decided", ylabel="came (days, share of the row)")
    axes.grid(False)
