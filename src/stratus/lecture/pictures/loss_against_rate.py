"""The loss that is left after so many steps, against the learning rate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from stratus.data.samples import Array
from stratus.pictures.canvas import BLACK, GREY, RED, panel_row, styled


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
def draw(sweeps: Sequence[Sweep], steps: int) -> Figure:
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
