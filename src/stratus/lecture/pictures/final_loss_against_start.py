"""Where each start ends on a loss with several valleys."""

from dataclasses import dataclass

from matplotlib.figure import Figure

from stratus.data.samples import Array
from stratus.pictures.canvas import GREY, ORANGE, RED, named, sheet, styled


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
def draw(landscape: Landscape) -> Figure:
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
    below.set(
        xlabel=named(f"{landscape.across} at the start", landscape.across_unit),
        ylabel=named(f"final {landscape.up}", landscape.up_unit),
    )
    below.set_xlim(x.min(), x.max())
    if landscape.across_unit == "d":
        below.set_xscale("log")
        ticks = [tick for tick in (60, 90, 120, 180, 250, 365, 500, 700, 900, 1300) if x.min() <= tick <= x.max()]
        below.set_xticks(ticks, [str(tick) for tick in ticks])
        below.minorticks_off()
    return figure
