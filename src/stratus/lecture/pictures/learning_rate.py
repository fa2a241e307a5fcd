"""The loss over the steps at several learning rates, and at the end of many."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from stratus.data.samples import Array
from stratus.pictures.canvas import BLACK, GREY, RED, panel_row, styled


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
def draw_curves(panels: Sequence[Descents]) -> Figure:
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


@dataclass(frozen=True)
class Sweep:
    """Descents that differ in their learning rate alone."""

    title: str  # of what model
    unit: str  # the loss's unit
    rates: Array  # learning rates [r]
    losses: Array  # the loss at the end [r]; inf or NaN where descent diverged
    lowest: float  # the loss at the optimum
    start: float  # the loss at the beginning
    limits: Mapping[str, float]  # largest stable rates by name


@styled
def draw_sweeps(sweeps: Sequence[Sweep], steps: int) -> Figure:
    """A panel a sweep, logarithmic where descent can halve the loss; losses far above the start are cut off."""
    figure, axes = panel_row(len(sweeps), width=11.0, height=4.2)
    for sweep, axis in zip(sweeps, axes, strict=True):
        spread = sweep.start / sweep.lowest > 2
        ceiling = (10 if spread else 2) * sweep.start
        shown = np.where(np.isfinite(sweep.losses), np.minimum(sweep.losses, 100 * ceiling), 100 * ceiling)
        axis.plot(sweep.rates, shown, ".-", markersize=4)
        axis.axhline(sweep.start, color=GREY, linewidth=1, linestyle="--", label="at the start")
        axis.axhline(sweep.lowest, color=GREY, linewidth=1, linestyle=":", label="lowest")
        for (name, limit), colour in zip(sweep.limits.items(), (RED, BLACK), strict=False):
            axis.axvline(limit, color=colour, linewidth=1.2, linestyle="-.", label=f"{name}: {limit:.3g}")
        axis.set(title=sweep.title, xlabel="learning rate ε", ylabel=f"loss after {steps} steps ({sweep.unit})")
        axis.set(xscale="log", yscale="log" if spread else "linear", ylim=(0.9 * sweep.lowest, ceiling))
        axis.legend(loc="upper left", fontsize=8, frameon=True)
    return figure
