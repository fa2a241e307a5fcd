"""The loss over the steps of several descents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from stratus.data.samples import Array
from stratus.pictures.canvas import GREY, panel_row, styled


@dataclass(frozen=True)
class Descents:
    """Several descents of the same loss."""

    title: str  # of what model
    unit: str  # the loss's unit
    # Loss at the beginning and after each step [t + 1], by label; inf or NaN where it diverged
    losses: Mapping[str, Array]
    lowest: float  # the loss at the optimum
    steps: int  # how many steps are shown
    ceiling: float  # the highest loss shown
    log: bool = True  # whether the axis of the loss is logarithmic


@styled
def draw(panels: Sequence[Descents]) -> Figure:
    """A panel each; a cross where a loss was finite for the last time."""
    figure, axes = panel_row(len(panels), width=5.0 * len(panels), height=4.4)
    dashes = ["-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1))]
    for panel, axis in zip(panels, axes, strict=True):
        for (label, losses), dash in zip(panel.losses.items(), dashes, strict=False):
            finite = np.where(np.isfinite(losses), losses, np.nan)[: panel.steps + 1]
            (line,) = axis.plot(finite, linestyle=dash, linewidth=1.3, label=label)
            if not np.isfinite(losses[: panel.steps + 1]).all():
                last = int(np.argmin(np.isfinite(losses))) - 1
                axis.plot(last, losses[last], "x", color=line.get_color(), markersize=9, markeredgewidth=2)
        axis.axhline(panel.lowest, color=GREY, linewidth=1, linestyle=":")
        axis.set(title=panel.title, xlabel="step", ylabel=f"loss ({panel.unit})", xlim=(0, panel.steps))
        if panel.log:
            axis.set_yscale("log")
        axis.set_ylim(0.9 * panel.lowest if panel.log else None, panel.ceiling)
        if panel is panels[0] or panel.losses.keys() != panels[0].losses.keys():  # else the colours are known
            axis.legend(title="learning rate ε", loc="upper right", fontsize=8, title_fontsize=8)
    return figure
