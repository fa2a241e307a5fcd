"""Two models of the same classes: their regions side by side, and where they differ."""

from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from stratus.data.samples import Array
from stratus.pictures.boundary import Plane, borders, classes, placed
from stratus.pictures.canvas import BLACK, BLUE, ORANGE, heading, legend, panel_row, spread, styled


@styled
def draw(
    x: Array, y: Array, planes: tuple[Plane, Plane], *, names: tuple[str, str], outputs: Sequence[str], place: str
) -> Figure:
    """Regions of the first and of the second model with the days; right, how far their probabilities lie apart.

    The distance is half the sum of |p - q| over the classes (total variation): the largest difference in the
    probability of any set of classes. On it lie the borders of both.

    Args:
        x: The two inputs of each day [n, 2].
        y: Their classes' indices [n].
        planes: The models' probabilities on one grid.
        names: The models' names.
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
