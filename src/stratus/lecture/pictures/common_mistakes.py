"""What common mistakes do to the loss and to scores."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from stratus.data.samples import Array
from stratus.pictures.canvas import BLACK, GREY, ORANGE, heading, panel_row, sheet, styled

_LINES = ("-", "--", ":", "-.")


@dataclass(frozen=True)
class Descents:
    """Descents on the losses of rival models."""

    title: str  # what is trained
    losses: Mapping[str, Array]  # by the model's name, its loss at each step
    constant: float  # the loss of a constant forecast


@styled
def draw_losses(panels: list[Descents], *, place: str) -> Figure:
    """Loss against step, a panel each; `place` is where and when."""
    figure, grid = panel_row(len(panels), width=4.4 * len(panels), height=4.0)
    for axes, panel in zip(grid, panels, strict=True):
        for (label, losses), line in zip(panel.losses.items(), _LINES, strict=False):
            axes.plot(losses, linestyle=line, linewidth=2, label=label)
        axes.axhline(panel.constant, color=GREY, linewidth=1)
        said, end = f"a constant forecast, {panel.constant:.3f}", axes.get_yaxis_transform()
        look = {"color": GREY, "fontsize": 9, "ha": "right", "va": "bottom"}
        axes.annotate(said, (1, panel.constant), (-2, 2), xycoords=end, textcoords="offset points", **look)
        axes.set(title=panel.title, xlabel="step", ylabel="mean training loss (nats a day)")
        axes.margins(x=0.02, y=0.1)
    figure.legend(*grid[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    heading(figure, place)
    return figure


@styled
def draw_leaks(brier: Mapping[str, float], truth: Array, honest: Array, given: Array, *, place: str) -> Figure:
    """Brier scores by the forecast's name, the leaking one last; and forecasts of a temperature against the truth.

    Args:
        brier: The scores.
        truth: What was measured [n].
        honest: Forecasts from the days before [n].
        given: Forecasts whose inputs hold the answer [n].
        place: Where and when.
    """
    figure, (left, right) = sheet(1, 2, width=8.8, height=4.2)
    colours = [GREY] * (len(brier) - 1) + [ORANGE]
    bars = left.barh(list(brier), list(brier.values()), color=colours, hatch=[""] * (len(brier) - 1) + ["//"])
    left.bar_label(bars, fmt="%.4f", padding=3)
    left.invert_yaxis()
    left.set(title="a rate that knows the test year", xlabel="Brier score of rain (lower is better)")
    left.set_xlim(0, 1.25 * max(brier.values()))
    left.grid(visible=False, axis="y")
    right.plot(truth, honest, ".", color=GREY, markersize=5, label="from the two days before")
    right.plot(truth, given, "x", color=ORANGE, markersize=4, label="the day itself among the inputs")
    ends = [np.min(truth), np.max(truth)]
    right.plot(ends, ends, color=BLACK, linewidth=0.8)
    right.set(title="the answer among the inputs", ylabel="forecast (°C)")
    right.set_xlabel("measured average temperature (°C)")
    right.legend(loc="upper left", handletextpad=0.2)
    heading(figure, place)
    return figure
