"""The largest weights with their intervals."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from stratus.data.samples import Array
from stratus.pictures.canvas import BLACK, BLUE, SKY, heading, sheet, styled

SPREAD = 0.3  # how far from the middle of its row an output's weight is drawn at most


@styled
def draw(
    inputs: Sequence[str],  # names of r inputs, the first at the top
    weights: Array,  # weight and the ends of its interval [k, r, 3]; nan for no interval
    *,
    outputs: Sequence[str],  # names of the k outputs
    unit: str,  # of the weights
    every: int,  # how many inputs there are
    place: str,  # where and what, for the title
) -> Figure:
    """A row an input: a dot an output, its line the interval; of several outputs a bar at their mean."""
    figure, axes = sheet(height=1.8 + 0.36 * len(inputs))
    for k, shift in enumerate(np.linspace(-SPREAD, SPREAD, len(outputs)) if len(outputs) > 1 else [0.0]):
        at = np.arange(len(inputs)) + shift
        axes.hlines(at, weights[k, :, 1], weights[k, :, 2], color=SKY, linewidth=1 if len(outputs) > 1 else 3)
        axes.plot(weights[k, :, 0], at, "o", color=BLUE, markersize=3 if len(outputs) > 1 else 7)
    if len(outputs) > 1:
        axes.plot(weights[..., 0].mean(0), np.arange(len(inputs)), "|", color=BLACK, markersize=18, markeredgewidth=2)
    axes.axvline(0, color=BLACK, linewidth=1)
    axes.set_yticks(range(len(inputs)), inputs)
    axes.set_ylim(len(inputs) - 0.4, -0.6)
    axes.set_xlabel(f"weight ({unit} per standard deviation)")
    what = f"a dot each of {len(outputs)} outputs, black their mean" if len(outputs) > 1 else "line: 95 %"
    some = f"the {len(inputs)} largest weights of {every:,} inputs" if len(inputs) < every else "weights"
    heading(figure, f"{place}\n{some}; {what}")
    return figure
