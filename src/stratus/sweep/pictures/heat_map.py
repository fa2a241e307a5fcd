"""The loss that a sweep ended with, by two settings."""

from itertools import product

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from stratus.data.samples import Array
from stratus.pictures.canvas import ORANGE, heading, shade_bar, shades, sheet, styled
from stratus.sweep.jobs import Jobs, short

MOST_VALUES = 12  # the most values of a setting: a row or a column each


@styled
def draw(jobs: Jobs, first: str, second: str) -> Figure:
    """A cell a pair of values with its mean loss, darker the lower; framed, the lowest of those where none diverged."""
    # The sheet is wider than high.
    first, second = sorted((first, second), key=lambda name: len(set(jobs.swept[name])))
    rows, columns = jobs.distinct(first), jobs.distinct(second)
    across, down = np.array(jobs.swept[second]), np.array(jobs.swept[first])
    cells = {
        (r, c): jobs.objective[(down == rows[r]) & (across == columns[c])]
        for r, c in product(range(len(rows)), range(len(columns)))
    }
    loss = np.full((len(rows), len(columns)), np.nan)
    for cell, losses in cells.items():
        if np.isfinite(losses).any():
            loss[cell] = np.nanmean(losses)
    whole = [cell for cell, losses in cells.items() if len(losses) and np.isfinite(losses).all()]
    best = min(whole, key=lambda cell: loss[cell], default=None)
    names = [[short(value) for value in values] for values in (rows, columns)]
    width, height = 2.2 + 0.07 * max(map(len, names[0])) + 0.85 * len(columns), 1.7 + 0.62 * len(rows)
    figure, axes = sheet(width=max(6.5, width), height=max(3.4, height))
    norm, colours = shades(loss[np.isfinite(loss)]), mpl.colormaps["cividis"]
    shade_bar(figure, axes.imshow(loss, cmap=colours, norm=norm, aspect="auto"), jobs.label)
    for (row, column), losses in cells.items():
        value, weight = loss[row, column], "bold" if (row, column) == best else "normal"
        dark = np.isfinite(value) and sum(colours(norm(value))[:3]) < 1.5
        look = {"color": "white" if dark else "black", "weight": weight, "size": 9}
        axes.text(column, row, _said(losses, value), ha="center", va="center", **look)
    if best:
        corner = (best[1] - 0.47, best[0] - 0.47)
        axes.add_patch(Rectangle(corner, 0.94, 0.94, fill=False, edgecolor=ORANGE, linewidth=3.5))
    axes.set_xticks(range(len(columns)), names[1], rotation=30 if max(map(len, names[1])) > 10 else 0)
    axes.set_yticks(range(len(rows)), names[0])
    axes.set(ylabel=first, xlabel=second)
    axes.grid(False)
    others = [name for name in jobs.swept if name not in (first, second)] + ["seeds"] * jobs.seeds
    mean = [f"mean over {', '.join(others)}"] if others else []
    heading(figure, f"{jobs.title}\n{'; '.join([*jobs.pair(), *mean, 'framed: the lowest'])}")
    return figure


def _said(losses: Array, mean: float) -> str:
    """What stands in a cell: its mean loss, and how many of its jobs diverged."""
    if not len(losses):
        return "–"
    count, diverged = len(losses), int(np.isnan(losses).sum())
    lost = "diverged" if diverged == count else f"{diverged} of {count}\ndiverged"
    return "\n".join(([f"{mean:.4g}"] if diverged < count else []) + ([lost] if diverged else []))
