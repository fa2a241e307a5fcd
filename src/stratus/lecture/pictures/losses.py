"""What one sample costs, and what a constant forecast costs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from stratus.data.samples import Array
from stratus.pictures.canvas import GREY, ORANGE, heading, panel_row, sheet, styled


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
def draw_functions(functions: Sequence[LossFunction]) -> Figure:
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


@dataclass(frozen=True)
class Curve:
    """The mean loss of every constant."""

    title: str  # what is forecast
    forecast: str  # what the constant is, with its unit
    unit: str  # the loss's unit
    constants: Array  # constants [n]
    loss: Array  # mean loss of each [n]
    best: float  # the best constant
    lowest: float  # its loss


@styled
def draw_constants(curves: list[Curve], classes: Mapping[str, tuple[float, float]], *, place: str) -> Figure:
    """Mean loss of a constant forecast, its lowest point marked; last, what a day of each class costs.

    Args:
        curves: A panel each.
        classes: The share of each, and the loss of such a day when the shares are the forecast.
        place: Where.
    """
    figure, axes = panel_row(len(curves) + 1, width=10.0, height=3.8)
    for curve, axis in zip(curves, axes, strict=False):
        axis.plot(curve.constants, curve.loss)
        axis.plot(curve.best, curve.lowest, "o", color=ORANGE)
        label = f"best: {curve.best:.4g}\nmean loss {curve.lowest:.4g}"
        axis.annotate(label, (curve.best, curve.lowest), (0, -10), textcoords="offset points", ha="center", va="top")
        axis.set(title=curve.title, xlabel=curve.forecast, ylabel=f"mean loss ({curve.unit})", ylim=(0, None))
    axis, (shares, costs) = axes[-1], zip(*classes.values(), strict=True)
    axis.barh([f"{name}\n{share:.1%} of days" for name, share in zip(classes, shares, strict=True)], costs)
    mean = sum(share * cost for share, cost in zip(shares, costs, strict=True))
    axis.axvline(mean, color=ORANGE, linestyle="--")
    axis.set(title=f"weather: mean loss {mean:.4g}", xlabel="loss of such a day, −log share (nat)")
    axis.grid(axis="y", visible=False)
    heading(figure, f"{place}: the same forecast every day")
    return figure
