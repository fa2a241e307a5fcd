"""The components of a gradient, and the errors of finite differences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from stratus.data.samples import Array
from stratus.pictures.canvas import BLACK, GREY, ORANGE, SKY, legend, panel_row, sheet, styled


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
def draw_components(gradients: Sequence[Gradient]) -> Figure:
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


@styled
def draw_errors(steps: Array, central: Mapping[str, Array], forward: Mapping[str, Array], rounding: float) -> Figure:
    """Relative errors [n] over the step h [n] by the loss's name: left of central, right of forward differences.

    `rounding` is ε, the spacing of floating-point numbers at 1.
    """
    figure, axes = sheet(1, 2, width=9.5, height=4.4, sharey=True)
    titles = "central: (L(θ + h) − L(θ − h)) / 2h", "forward: (L(θ + h) − L(θ)) / h"
    for axis, errors, title, order in zip(axes, (central, forward), titles, (2, 1), strict=True):
        for (name, error), style in zip(errors.items(), ("o-", "s--", "D:"), strict=False):
            axis.plot(steps, error, style, markersize=3, linewidth=1, label=name)
        axis.plot(steps, rounding / steps, "-.", color=GREY, linewidth=0.8, label="rounding, ε/h")
        axis.plot(steps, steps**order, "--", color=BLACK, linewidth=0.8, label="truncation, h² left and h right")
        axis.set(title=title, xlabel="h", xscale="log", yscale="log", ylim=(1e-17, 10))
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=5)
    axes[0].set_ylabel("relative error of the gradient")
    return figure
