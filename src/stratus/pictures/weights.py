"""Gradient descent as the weights saw it: each of them over the steps, and where it has to end."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from stratus.data.samples import Array
from stratus.pictures.canvas import BLACK, MOST_PANELS, legend, panels, sheet, spread, styled

MOST_LINES = 6
"""So many inputs have a line at most, the bias aside."""


@styled
def draw(
    steps: Sequence[int],
    weight: Array,
    bias: Array,
    optimum: tuple[Array, Array] | None,
    *,
    inputs: Sequence[str],
    outputs: Sequence[str],
    unit: str,
    place: str,
) -> Figure:
    """Each weight and bias over the steps, a panel an output; dashed, the exact optimum.

    Of more inputs than there are colours for, those with the largest weights at the end are drawn.

    Args:
        steps: Steps taken [t].
        weight: W then [t, k, m].
        bias: b then [t, k].
        optimum: W [k, m] and b [k] of the exact optimum; None where there is none.
        inputs: Names of the m inputs.
        outputs: Names of the k outputs.
        unit: Of the weights and biases, for the axis.
        place: Where and what, for the title.
    """
    size = np.abs(weight[-1]).max(axis=0)
    largest = np.sort(np.argsort(-size, kind="stable")[:MOST_LINES])
    count, at = min(len(outputs), MOST_PANELS), spread(len(steps))
    rows, columns = panels(count)
    figure, grid = sheet(
        rows, columns, width=max(7.0, 3.1 * columns), height=1.2 + (2.4 if count > 1 else 3.0) * rows, sharex=True,
        sharey=True, squeeze=False,
    )  # fmt: skip
    for k, axes in enumerate(grid.flat[:count]):
        lines = [(inputs[j], weight[at, k, j], None if optimum is None else optimum[0][k, j]) for j in largest]
        lines.append(("bias", bias[at, k], None if optimum is None else optimum[1][k]))
        for name, values, best in lines:
            look = {"color": BLACK} if name == "bias" else {}
            (line,) = axes.plot(np.asarray(steps)[at], values, label=name, **look)
            if best is not None:
                axes.axhline(best, color=line.get_color(), linestyle="dashed", linewidth=1)
        axes.set_title(outputs[k] if len(outputs) > 1 else "")
        if k % columns == 0:
            axes.set_ylabel(f"weight, bias ({unit})")
        if k + columns >= count:
            axes.set_xlabel("step")
            axes.tick_params(labelbottom=True)
    for axes in grid.flat[count:]:
        axes.remove()
    some = f"the {len(largest)} largest of {len(inputs)} inputs; " if len(largest) < len(inputs) else ""
    end = "dashed: the exact optimum" if optimum is not None else "there is no optimum: a class is told without error"
    figure.suptitle(f"{place}\n{some}{end}", x=0.01, ha="left", size=11)
    legend(figure, grid[0, 0].get_legend_handles_labels()[0])
    return figure
