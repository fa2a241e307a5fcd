"""Losses of one sample as functions of the score, with their slopes below."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from stratus.data.samples import Array
from stratus.pictures.canvas import GREY, sheet, styled


@dataclass(frozen=True)
class LossFunction:
    """One loss."""

    title: str  # its name
    score: str  # what the score is, with its unit
    unit: str  # the loss's unit
    z: Array  # scores [n]
    # For each truth, by its label, the loss and its slope in the score, each [n]
    curves: Mapping[str, tuple[Array, Array]]


@styled
def draw(functions: Sequence[LossFunction]) -> Figure:
    """A column a loss: above the loss of one sample, below its slope; a truth a line."""
    figure, axes = sheet(2, len(functions), width=10.0, height=5.4, sharex="col", squeeze=False)
    for function, (above, below) in zip(functions, axes.T, strict=True):
        for (truth, (loss, slope)), dashes in zip(function.curves.items(), ("-", "--", ":"), strict=False):
            above.plot(function.z, loss, dashes, label=truth)
            below.plot(function.z, slope, dashes)
        below.axhline(0, color=GREY, linewidth=1)
        _, top = above.get_ylim()
        above.set(title=function.title, ylabel=f"loss ({function.unit})", ylim=(0, 1.25 * top))  # the legend's room
        below.set(ylabel="slope ∂ℓ/∂z", xlabel=function.score)
        above.legend(loc="upper center")
    return figure
