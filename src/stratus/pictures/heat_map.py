"""The loss that a sweep ended with, by two settings."""

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from stratus.data.samples import Array
from stratus.pictures.canvas import ORANGE, heading, shade_bar, shades, sheet, styled


@styled
def draw(
    loss: Array,
    diverged: Array,
    jobs: Array,
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    names: tuple[str, str],
    label: str,
    title: str,
) -> Figure:
    """A cell a pair of values with its loss, dark where it is low; framed, the lowest of those where none diverged.

    Args:
        loss: Mean over the jobs of a cell that finished [r, c], nan where none did.
        diverged: How many jobs of a cell diverged [r, c].
        jobs: How many it had [r, c].
        rows: The r values of the first setting.
        columns: The c values of the second.
        names: Of the two settings.
        label: Name and unit of the loss.
        title: Of the whole.
    """
    longest = max(map(len, rows))
    width, height = 2.2 + 0.07 * longest + 0.85 * len(columns), 1.7 + 0.62 * len(rows)
    figure, axes = sheet(width=max(6.5, width), height=max(3.4, height))
    norm, colours = shades(loss[np.isfinite(loss)]), mpl.colormaps["cividis"]
    image = axes.imshow(loss, cmap=colours, norm=norm, aspect="auto")
    shade_bar(figure, image, label)
    best = np.nanargmin(np.where(diverged == 0, loss, np.inf)) if (np.isfinite(loss) & (diverged == 0)).any() else None
    for cell, ((row, column), value) in enumerate(np.ndenumerate(loss)):
        dark = np.isfinite(value) and sum(colours(norm(value))[:3]) < 1.5
        said = _said(value, int(diverged[row, column]), int(jobs[row, column]))
        weight = "bold" if cell == best else "normal"
        look = {"color": "white" if dark else "black", "weight": weight, "size": 9}
        axes.text(column, row, said, ha="center", va="center", **look)
        if cell == best:
            frame = Rectangle((column - 0.47, row - 0.47), 0.94, 0.94, fill=False, edgecolor=ORANGE, linewidth=3.5)
            axes.add_patch(frame)
    axes.set_xticks(range(len(columns)), columns, rotation=30 if max(map(len, columns)) > 10 else 0)
    axes.set_yticks(range(len(rows)), rows)
    axes.set(ylabel=names[0], xlabel=names[1])
    axes.grid(False)
    heading(figure, title)
    return figure


def _said(value: float, diverged: int, jobs: int) -> str:
    if not jobs:
        return "–"
    lost = "diverged" if diverged == jobs else f"{diverged} of {jobs}\ndiverged"
    return "\n".join(([f"{value:.4g}"] if diverged < jobs else []) + ([lost] if diverged else []))
