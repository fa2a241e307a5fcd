"""Where descents from many starts end: on a bowl, and among several valleys."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from stratus.data.samples import Array
from stratus.pictures.canvas import BLACK, GREY, ORANGE, RED, named, sheet, styled


@styled
def draw_bowl(paths: Mapping[str, Array], best: Array, *, across: str, up: str, unit: str, reach: float) -> Figure:
    """Descents from many starts over the first two parameters; and their distance to the lowest point over the steps.

    Args:
        paths: By the kind of start, θ at the beginning and after each step [s, t + 1, p].
        best: θ at the lowest point [p].
        across: The first parameter, with its unit.
        up: The second.
        unit: Of the parameters.
        reach: How far the left panel reaches around the lowest point.
    """
    figure, (left, right) = sheet(1, 2, width=9.5, height=4.4)
    for order, ((name, starts), marker) in enumerate(zip(paths.items(), "osD^v", strict=False)):
        (drawn,) = left.plot(*starts[:, 0, :2].T, marker, markersize=4, linestyle="", label=name, zorder=10 - order)
        for start in starts:
            left.plot(*start[:, :2].T, color=drawn.get_color(), linewidth=0.5, alpha=0.6)
        distance = np.linalg.norm(starts - best, axis=2)
        right.plot(distance.T, color=drawn.get_color(), linewidth=0.5, alpha=0.6)
        right.plot(0, distance[:, 0].max(), marker, color=drawn.get_color(), markersize=4)
    left.plot(*best[:2], "*", color=BLACK, markersize=13, markeredgecolor="white", zorder=11)
    left.set(xlim=(best[0] - reach, best[0] + reach), ylim=(best[1] - reach, best[1] + reach))
    left.set(title="paths from each start", xlabel=across, ylabel=up)
    right.set(title="distance to the lowest point", xlabel="step", ylabel=f"distance ({unit})", yscale="log")
    right.set_xlim(-1, None)
    figure.legend(loc="outside lower center", ncols=len(paths), labelcolor=BLACK, edgecolor=GREY)
    return figure


@dataclass(frozen=True)
class Landscape:
    """A loss of one parameter, and descents on it."""

    title: str  # what is fitted
    across: str  # the parameter
    across_unit: str  # its unit; of periods in days (d) a step across is a factor
    up: str  # the loss
    up_unit: str  # its unit
    x: Array  # values of the parameter [n]
    loss: Array  # the loss at each [n]
    starts: Array  # where descents begin [s]
    ends: Array  # where they end [s]
    final: Array  # the loss there [s]


@styled
def draw_ends(landscape: Landscape) -> Figure:
    """Above the loss with the ends on it, below the final loss against the start."""
    x, loss = landscape.x, landscape.loss
    figure, (above, below) = sheet(2, 1, sharex=True, height=5.4)
    above.plot(x, loss, color=GREY)
    above.plot(landscape.ends, landscape.final, "o", color=ORANGE, markersize=5, label="ends")
    lowest = loss.argmin()
    above.plot(x[lowest], loss[lowest], "*", color=RED, markersize=13, markeredgecolor="white", label="lowest")
    above.set(title=landscape.title, ylabel=named(landscape.up, landscape.up_unit))
    above.legend(loc="lower left")
    below.plot(landscape.starts, landscape.final, ".", color=ORANGE)
    below.axhline(loss[lowest], color=RED, linewidth=1, linestyle="--")
    below.set_xlabel(named(f"{landscape.across} at the start", landscape.across_unit))
    below.set(ylabel=named(f"final {landscape.up}", landscape.up_unit), xlim=(x.min(), x.max()))
    if landscape.across_unit == "d":
        below.set_xscale("log")
        ticks = [tick for tick in (60, 90, 120, 180, 250, 365, 500, 700, 900, 1300) if x.min() <= tick <= x.max()]
        below.set_xticks(ticks, [str(tick) for tick in ticks])
        below.minorticks_off()
    return figure
