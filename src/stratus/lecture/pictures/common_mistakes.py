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
    losses: Mapping[str, Array]  # by the run's name, its loss at each step
    levels: Mapping[str, float]  # by their names, losses that are drawn as level lines


@styled
def draw_losses(panels: list[Descents], *, place: str) -> Figure:
    """Loss against step, with its levels, a panel each; `place` is where and when."""
    figure, grid = panel_row(len(panels), width=4.4 * len(panels), height=4.0)
    for axes, panel in zip(grid, panels, strict=True):
        for (label, losses), line in zip(panel.losses.items(), _LINES, strict=False):
            axes.plot(losses, linestyle=line, linewidth=2, label=label)
        for label, level in panel.levels.items():
            axes.axhline(level, color=GREY, linewidth=1)
            axes.annotate(
                f"{label}, {level:.3f}", (1, level), (-2, 2), ha="right", va="bottom", color=GREY, fontsize=9,
                xycoords=("axes fraction", "data"), textcoords="offset points",
            )  # fmt: skip
        axes.set(title=panel.title, xlabel="step", ylabel="mean training loss (nats a day)")
        axes.margins(x=0.02, y=0.1)
    handles = {text: handle for axes in grid for handle, text in zip(*axes.get_legend_handles_labels(), strict=True)}
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=len(handles))
    heading(figure, place)
    return figure


@styled
def draw_leaks(
    brier: Mapping[str, float], truth: Array, honest: Array, given: Array, *, unit: str, place: str
) -> Figure:
    """Left, Brier scores as bars; right, forecasts against the truth.

    Args:
        brier: Scores by the forecast's name, the leaking one last.
        truth: What was measured [n].
        honest: Forecasts from the days before [n].
        given: Forecasts whose inputs hold the answer [n].
        unit: Unit of these three.
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
    right.set(title="the answer among the inputs", ylabel=f"forecast ({unit})")
    right.set_xlabel(f"measured average temperature ({unit})")
    right.legend(loc="upper left", handletextpad=0.2)
    heading(figure, place)
    return figure
