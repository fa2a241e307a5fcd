"""Each weight over the steps of gradient descent, and the optimum at which it has to end."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from stratus.data.samples import Array
from stratus.pictures.canvas import BLACK, GREY, heading, label_outer, legend, panel_grid, spread, styled

MOST_LINES = 6  # the most inputs that have a line, beside the bias


@styled
def draw(
    steps: Sequence[int],  # steps taken [t]
    weight: Array,  # W then [t, k, m]
    bias: Array,  # b then [t, k]
    optimum: tuple[Array, Array] | None,  # W [k, m] and b [k] of the exact optimum; None if there is none
    *,
    inputs: Sequence[str],  # names of the m inputs
    outputs: Sequence[str],  # names of the k outputs
    unit: str,  # of the weights and biases, for the axis
    place: str,  # where and what, for the title
    kept: int | None = None,  # after how many steps the kept weights were; None if that is not among the steps
) -> Figure:
    """Weights over the steps, a panel an output, of the inputs where they end largest; dashed, the exact optimum."""
    largest = np.sort(np.argsort(-np.abs(weight[-1]).max(axis=0), kind="stable")[:MOST_LINES])
    at, one = spread(len(steps)), len(outputs) == 1
    each = 2.5, 3.0 if one else 2.1
    figure, panels = panel_grid(len(outputs), each=each, edge=(0, 1.2), least=7.0, sharex=True, sharey=True)
    for k, axes in enumerate(panels.flat):
        lines = [(inputs[j], weight[at, k, j], None if optimum is None else optimum[0][k, j]) for j in largest]
        lines.append(("bias", bias[at, k], None if optimum is None else optimum[1][k]))
        for name, values, best in lines:
            look = {"color": BLACK} if name == "bias" else {}
            (line,) = axes.plot(np.asarray(steps)[at], values, label=name, **look)
            if best is not None:
                axes.axhline(best, color=line.get_color(), linestyle="dashed", linewidth=1)
        if kept is not None:
            axes.axvline(kept, color=GREY, linestyle="dotted", linewidth=1.5)
        axes.set_title("" if one else outputs[k])
    label_outer(panels[:, 0], x="step", y=f"weight, bias ({unit})")
    some = f"the {len(largest)} largest of {len(inputs)} inputs; " if len(largest) < len(inputs) else ""
    end = "dashed: the exact optimum" if optimum is not None else "there is no optimum: a class is told without error"
    mark = "" if kept is None else f"; dotted: the kept weights, of step {kept:,}"
    heading(figure, f"{place}\n{some}{end}{mark}")
    legend(figure, axes.get_legend_handles_labels()[0])
    return figure
