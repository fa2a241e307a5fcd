"""Values and their forecasts day by day, with the residuals below."""

from collections.abc import Mapping

from matplotlib.figure import Figure

from stratus.pictures.canvas import GREY, days, named, sheet, styled
from stratus.samples import Array


@styled
def draw(dates: Array, truth: Array, forecasts: Mapping[str, Array], *, name: str, unit: str, place: str) -> Figure:
    """Truth as points, each forecast as a line; below, truth less forecast.

    Args:
        dates: Days [n], datetime64.
        truth: What was measured [n].
        forecasts: By name, each [n].
        name: What it is, for the axis.
        unit: Its unit.
        place: Where, for the title.
    """
    figure, (above, below) = sheet(2, 1, sharex=True, height=5.0, height_ratios=[2, 1])
    above.plot(days(dates), truth, ".", color=GREY, markersize=2, label="measured")
    for label, forecast in forecasts.items():
        (line,) = above.plot(days(dates), forecast, label=label)
        below.plot(days(dates), truth - forecast, ".", color=line.get_color(), markersize=2)
    below.axhline(0, color=GREY, linewidth=1)
    above.set(title=f"{place}: {name}", ylabel=named(name, unit))
    below.set(ylabel=named("measured − forecast", unit), xlabel="day")
    above.legend(loc="upper right", ncols=1 + len(forecasts))
    return figure
