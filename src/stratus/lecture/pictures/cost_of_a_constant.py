"""What it costs to forecast the same every day, by each of the three losses."""

from collections.abc import Mapping
from dataclasses import dataclass

from matplotlib.figure import Figure

from stratus.data.samples import Array
from stratus.pictures.canvas import ORANGE, heading, panel_row, styled


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
def draw(curves: list[Curve], classes: Mapping[str, tuple[float, float]], *, place: str) -> Figure:
    """Mean loss against the constant, its lowest point marked; last, what a day of each class costs.

    Args:
        curves: One panel each.
        classes: For each class its share of the days and the loss of such a day when the shares are the forecast.
        place: Where, for the title.
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
