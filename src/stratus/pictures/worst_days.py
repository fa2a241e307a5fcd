"""The days that a model missed worst, with their weather."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from stratus.data.samples import Array
from stratus.pictures.canvas import BLUE, ORANGE, days, heading, sheet, styled


@styled
def draw(
    dates: Array,  # the days [n], the worst first
    places: Sequence[str],  # where each was
    forecast: Array,  # the value forecast [n]; or, without `truth`, the probability given to what came
    truth: Array | None,  # the value that came [n]; None for probabilities
    weather: Sequence[str],  # what each day was like
    *,
    said: Sequence[str] = (),  # words beside the bar of each probability
    label: str,  # what the values are, with their unit
    place: str,  # where and when, for the title
) -> Figure:
    """A row a day, the worst on top: what was forecast, what came, and the weather beside it."""
    rows = np.arange(len(dates))
    figure, axes = sheet(width=9.0, height=1.3 + 0.3 * len(rows))
    if truth is None:
        axes.barh(rows, forecast, height=0.6, color=BLUE)
        for row, p, words in zip(rows, forecast, said or [""] * len(rows), strict=True):
            axes.text(p, row, f" {words}", va="center", fontsize=9)
        axes.set_xlim(0, max(0.02, 2 * float(np.max(forecast))))
        axes.locator_params(axis="x", nbins=5)
    else:
        axes.hlines(rows, np.minimum(forecast, truth), np.maximum(forecast, truth), color=ORANGE, linewidth=3)
        axes.plot(forecast, rows, "o", color=BLUE, markerfacecolor="white", label="forecast")
        axes.plot(truth, rows, "o", color=BLUE, label="came")
        figure.legend(loc="outside upper right", ncols=2)
    axes.set_yticks(rows, [f"{day} {where}" for day, where in zip(days(dates), places, strict=True)])
    axes.set(xlabel=label)
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    for row, words in zip(rows, weather, strict=True):
        axes.annotate(words, (1.01, row), xycoords=("axes fraction", "data"), va="center", fontsize=9)
    heading(figure, place)
    return figure
