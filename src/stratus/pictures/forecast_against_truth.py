"""Forecast values against what came."""

from matplotlib.figure import Figure

from stratus.data.samples import Array
from stratus.pictures.canvas import BLUE, GREY, heading, named, sheet, shown, spread, styled


@styled
def draw(forecast: Array, truth: Array, *, tolerance: float, name: str, unit: str, place: str) -> Figure:
    """A point a day; on the diagonal the forecast was right, between the dashed lines it counts as accurate.

    Forecast and truth are [n], the tolerance is in their unit; the name is for the axes, the place for the title.
    """
    drawn, (figure, axes) = spread(len(truth)), sheet(width=5.0, height=5.3)
    axes.plot(forecast[drawn], truth[drawn], ".", color=BLUE, markersize=4, alpha=0.7)
    for off in (-tolerance, 0, tolerance):
        axes.axline((0, off), slope=1, color=GREY, linewidth=1, linestyle="dashed" if off else "solid")
    low, high = min(forecast.min(), truth.min()), max(forecast.max(), truth.max())
    edge = 0.05 * (high - low)
    axes.set(xlim=(low - edge, high + edge), ylim=(low - edge, high + edge), aspect="equal")
    axes.set(xlabel=named(f"forecast {name}", unit), ylabel=named(f"measured {name}", unit))
    heading(figure, f"{place}{shown(len(drawn), len(truth))}\ndashed: {tolerance:g} {unit} off")
    return figure
