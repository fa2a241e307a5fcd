"""The error of finite differences over the step between the two points."""

from collections.abc import Mapping

from matplotlib.figure import Figure

from stratus.data.samples import Array
from stratus.pictures.canvas import BLACK, GREY, sheet, styled


@styled
def draw(steps: Array, central: Mapping[str, Array], forward: Mapping[str, Array], rounding: float) -> Figure:
    """Relative errors against h: left of central, right of forward differences.

    Args:
        steps: Steps h [n].
        central: By the loss's name, errors [n] of (L(θ + h) − L(θ − h))/2h.
        forward: The same of (L(θ + h) − L(θ))/h.
        rounding: The spacing of floating-point numbers at 1, ε.
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
