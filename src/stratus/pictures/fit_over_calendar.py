"""Values and their forecasts day by day, with the residuals below."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from stratus.data.samples import Array
from stratus.pictures.canvas import GREY, calendar, days, named, sheet, styled


@styled
def draw(dates: Array, truth: Array, forecasts: Mapping[str, Array], *, name: str, unit: str, place: str) -> Figure:
    """Truth as points, each forecast as a line, broken where days are missing; below, truth less forecast.

    Dates (datetime64, in order), truth and each forecast are [n]; the name is for the axis, the place for the title.
    """
    figure, (above, below) = sheet(2, 1, sharex=True, height=5.0, height_ratios=[2, 1])
    above.plot(days(dates), truth, ".", color=GREY, markersize=3, label="measured")
    gaps = np.flatnonzero(np.diff(days(dates)).astype(int) > 1) + 1
    unbroken = np.insert(days(dates), gaps, days(dates)[gaps])
    for label, forecast in forecasts.items():
        broken = np.insert(np.asarray(forecast, dtype=float), gaps, np.nan)
        (line,) = above.plot(unbroken, broken, linewidth=1.2, label=label)
        below.plot(days(dates), truth - forecast, ".", color=line.get_color(), markersize=3)
    apart = [f"measured − {label}" for label in forecasts]
    below.axhline(0, color=GREY, linewidth=1)
    calendar(below.xaxis)
    above.set(title=f"{name}, {place}", ylabel=named(name, unit))
    below.set(ylabel=named("residual", unit), xlabel="day", title=f"residual: {' and '.join(apart)}")
    figure.align_ylabels()
    figure.legend(loc="outside upper right", ncols=1 + len(forecasts), markerscale=3)
    return figure
