"""Several fits over the day of the year, side by side on the same days."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from stratus.data.samples import Array
from stratus.pictures.canvas import GREY, ORANGE, named, panels, sheet, styled

_MONTHS = np.arange("2015-01", "2016-01", dtype="datetime64[M]").astype("datetime64[D]")


@styled
def draw(
    day: Array, truth: Array, fits: Mapping[str, tuple[Array, str]], *, name: str, unit: str, place: str
) -> Figure:
    """A panel a fit: truth as points, the fit as a line.

    Args:
        day: Days of the year [n], 1 to 366.
        truth: What was measured on them [n].
        fits: By the panel's title, the fitted values [n] and a remark.
        name: What was measured, for the axes.
        unit: Its unit.
        place: Where, and which days.
    """
    rows, columns = panels(len(fits))
    figure, axes = sheet(
        rows, columns, width=3.7 * columns, height=0.6 + 2.3 * rows, sharex=True, sharey=True, squeeze=False
    )
    order = np.argsort(day, kind="stable")
    for one, (title, (values, remark)) in zip(axes.flat, fits.items(), strict=False):
        one.plot(day, truth, ".", color=GREY, markersize=1.5, alpha=0.6)
        one.plot(day[order], values[order], color=ORANGE, linewidth=2.5)
        one.set_title(title)
        one.text(0.03, 0.96, remark, transform=one.transAxes, va="top", fontsize=9)
    for one in axes.flat[len(fits) :]:
        one.set_axis_off()
    first = (_MONTHS - _MONTHS[0]).astype(int) + 1
    axes[0, 0].set_xticks(first[::2], [f"{month.astype(object):%b}" for month in _MONTHS[::2]])
    axes[0, 0].set_ylim(truth.min() - 1, truth.max() + 0.25 * np.ptp(truth))
    figure.suptitle(f"{name}, {place}", x=0.01, ha="left", size=11)
    figure.supylabel(named(name, unit), fontsize=10)
    figure.supxlabel("day of the year", fontsize=10)
    return figure
