"""Several fits over the day of the year, side by side on the same days."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from stratus.data.samples import Array
from stratus.pictures.canvas import GREY, ORANGE, heading, panel_grid, styled

_MONTHS = np.arange("2015-01", "2016-01", dtype="datetime64[M]").astype("datetime64[D]")


@styled
def draw_fits(day: Array, truth: Array, fits: Mapping[str, tuple[Array, str]], *, place: str) -> Figure:
    """A panel a fit: truth as points, the fit as a line.

    Args:
        day: Days of the year [n], 1 to 366.
        truth: What was measured on them [n].
        fits: By the panel's title, the fitted values [n] and a remark.
        place: Where, and which days.
    """
    figure, panels = panel_grid(len(fits), each=(3.7, 2.3), edge=(0, 0.6), sharex=True, sharey=True)
    order = np.argsort(day, kind="stable")
    for axes, (title, (values, remark)) in zip(panels.flat, fits.items(), strict=True):
        axes.plot(day, truth, ".", color=GREY, markersize=1.5, alpha=0.6)
        axes.plot(day[order], values[order], color=ORANGE, linewidth=2.5)
        axes.set_title(title)
        axes.text(0.03, 0.96, remark, transform=axes.transAxes, va="top", fontsize=9)
    first = (_MONTHS - _MONTHS[0]).astype(int) + 1
    axes.set_xticks(first[::2], [f"{month.astype(object):%b}" for month in _MONTHS[::2]])
    axes.set_ylim(truth.min() - 1, truth.max() + 0.25 * np.ptp(truth))
    heading(figure, f"average temperature, {place}")
    figure.supylabel("average temperature (°C)", fontsize=10)
    figure.supxlabel("day of the year", fontsize=10)
    return figure
