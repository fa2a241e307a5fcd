"""A softmax and sigmoids side by side: their regions, sums and reliability; and two labels that come together."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from stratus.data.samples import Array
from stratus.pictures.boundary import Plane, borders, classes, placed
from stratus.pictures.canvas import BLACK, BLUE, GREY, ORANGE, PINK, heading, legend, panel_row, sheet, spread, styled
from stratus.scores.probabilities import indicators
from stratus.scores.reliability import BINS, bin_sums, points


@styled
def draw_both_regions(
    x: Array, y: Array, planes: tuple[Plane, Plane], *, names: tuple[str, str], outputs: Sequence[str], place: str
) -> Figure:
    """The regions of two models with the days, and how far their probabilities lie apart.

    The distance is half the sum of |p - q| over the classes (total variation): the largest difference in the
    probability of any set of classes. On it lie the borders of both.

    Args:
        x: The two inputs of each day [n, 2].
        y: Class indices [n].
        planes: The probabilities of both on one grid.
        names: Of the models.
        outputs: Names of the classes.
        place: Where and when.
    """
    figure, grid = panel_row(3, width=11.0, height=4.5)
    drawn = spread(len(x))
    for axes, plane, name in zip(grid, planes, names, strict=False):
        handles = classes(axes, x[drawn], y[drawn], plane, outputs)
        axes.set_title(name)
    first, second = planes
    apart = abs(first.p - second.p).sum(-1) / 2
    where = placed(first.across, first.up)
    image = grid[2].imshow(apart, cmap="Greys", vmin=0, **where)
    for plane, name, look in zip(planes, names, ((ORANGE, 4.0), (BLUE, 1.5)), strict=True):
        borders(grid[2], plane, color=look[0], width=look[1])
        label = f"borders: {name.partition(',')[0]}"
        handles.append(Line2D([], [], color=look[0], linewidth=look[1], label=label))
    grid[2].plot(*x[drawn].T, ".", color=BLACK, markersize=1.5, alpha=0.5)
    grid[2].grid(False)
    grid[2].set_title("how far apart, and both borders")
    figure.colorbar(image, ax=grid[2], label="½ Σ |p − q|", shrink=0.75)
    for axes in grid:
        axes.set(xlabel=first.axes[0], xlim=first.across[[0, -1]], ylim=first.up[[0, -1]], aspect="equal")
    grid[0].set_ylabel(first.axes[1])
    heading(figure, place)
    for handle, name in zip(handles, outputs, strict=False):
        handle.set_label(name)
    legend(figure, handles)
    return figure


@styled
def draw_sums(sums: Mapping[str, tuple[Array, Array]], *, label: str, place: str) -> Figure:
    """Each day's sum over one input, and how often each sum occurs; by the split's name, input [n] and sum [n]."""
    figure, (left, right) = sheet(1, 2, sharey=True, width_ratios=[3, 1])
    ends = [one for _, sum_ in sums.values() for one in (sum_.min(), sum_.max())]
    bins = np.linspace(min(ends), max(ends), 25)
    for (name, (x, sum_)), colour, marker in zip(sums.items(), (GREY, ORANGE), ".x", strict=True):
        text = f"{name}: {sum_.min():.2f} to {sum_.max():.2f}, mean {sum_.mean():.4f}"
        left.plot(x, sum_, marker, color=colour, markersize=4, label=text)
        weights = np.full(len(sum_), 1 / len(sum_))
        right.hist(sum_, bins, weights=weights, orientation="horizontal", color=colour, histtype="step", linewidth=2)
    for axes in (left, right):
        axes.axhline(1, color=BLUE, linewidth=1.2, linestyle="--")
    where = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points", "ha": "right", "va": "top"}
    left.annotate("softmax: 1 on every day", (0.98, 1), (0, -4), color=BLACK, fontsize=9, **where)
    left.set(xlabel=label, ylabel="sum of the sigmoids", title=place)
    right.set_xlabel("share of days")
    figure.legend(loc="outside lower center", fontsize=9)
    return figure


@styled
def draw_reliability(forecasts: Mapping[str, Array], y: Array, *, outputs: Sequence[str], place: str) -> Figure:
    """Reliability of two models, by their names probabilities [n, k], for class indices y [n]; a column a class."""
    figure, grid = sheet(
        2, len(outputs), width=11.5, height=4.6, sharex=True, sharey="row", height_ratios=[2.2, 1], squeeze=False
    )
    binned = {name: points(bin_sums(p, indicators(p, y))) for name, p in forecasts.items()}
    looks = list(zip(binned.items(), (BLUE, ORANGE), ("o-", "s--"), (-0.25, 0.25), strict=True))
    for k, (above, below) in enumerate(grid.T):
        above.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle=":")
        for (name, found), colour, style, shift in looks:
            days, said, happened = (column[:, k] for column in found.values())
            some = days > 0
            above.plot(said[some], happened[some], style, color=colour, markersize=5, alpha=0.85, label=name)
            middle = (np.arange(BINS) + 0.5 + shift) / BINS
            below.bar(middle[some], days[some], width=0.45 / BINS, color=colour)
        above.set_title(f"{outputs[k]}, {np.sum(y == k)} of {len(y)} days", size=10)
        above.set(xlim=(-0.02, 1.02), ylim=(-0.04, 1.04))
        below.set(yscale="log", ylim=(0.7, 2 * len(y)), xlabel="probability")
    grid[0, 0].set_ylabel("observed frequency")
    grid[1, 0].set_ylabel("days")
    figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    heading(figure, place)
    return figure


@styled
def draw_labels(p: Array, y: Array, *, names: tuple[str, str], event: str, place: str) -> Figure:
    """A point a day at its two probabilities p [n, 2], marked by what came, y [n, 2]."""
    figure, axes = sheet(width=6.6, height=5.6)
    first, second = y.T > 0.5
    came = {
        f"{event} in neither": (~first & ~second, GREY, "."),
        f"in {names[0]}": (first & ~second, ORANGE, "^"),
        f"in {names[1]}": (~first & second, BLUE, "s"),
        "in both": (first & second, PINK, "o"),
    }
    handles = []
    for name, (here, colour, marker) in came.items():
        edge = {"markeredgecolor": BLACK, "markeredgewidth": 0.4}
        handles += axes.plot(*p[here].T, marker, color=colour, markersize=5, label=f"{name}, {here.sum()} days", **edge)
    handles += axes.plot([0, 1], [1, 0], "--", color=BLACK, linewidth=1.2, label="what a softmax over both can say")
    axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", title=place)
    axes.set(xlabel=f"P({event} in {names[0]})", ylabel=f"P({event} in {names[1]})")
    legend(figure, handles)
    return figure
