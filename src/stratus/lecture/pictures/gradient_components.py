"""The components of a gradient, each computed in three ways."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from stratus.data.samples import Array
from stratus.pictures.canvas import BLACK, ORANGE, SKY, legend, panel_row, styled


@dataclass(frozen=True)
class Gradient:
    """One loss's gradient at some θ."""

    title: str  # of what loss
    unit: str  # the gradient's unit
    names: Sequence[str]  # of its p components
    formula: Array  # by the closed form [p]
    autograd: Array  # by automatic differentiation [p]
    differences: Array  # by finite differences [p]


@styled
def draw(gradients: Sequence[Gradient]) -> Figure:
    """A panel a loss: the formula as a bar, the other two as marks on its end."""
    figure, axes = panel_row(len(gradients), width=10.5, height=4.6)
    for gradient, axis in zip(gradients, axes, strict=True):
        rows = np.arange(len(gradient.names))
        axis.barh(rows, gradient.formula, color=SKY, label="closed form")
        axis.plot(gradient.autograd, rows, "o", color=BLACK, markersize=8, fillstyle="none", label="autograd")
        axis.plot(gradient.differences, rows, "x", color=ORANGE, markeredgewidth=2, label="finite differences")
        axis.set_yticks(rows, gradient.names, fontsize=8)
        axis.invert_yaxis()
        axis.axvline(0, color=BLACK, linewidth=0.8)
        axis.grid(axis="y", visible=False)
        axis.set(title=gradient.title, xlabel=f"component of ∇L ({gradient.unit})")
    legend(figure, axes[0].get_legend_handles_labels()[0])
    return figure
