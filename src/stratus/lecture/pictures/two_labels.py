"""Two events that may come together: the probability of one against that of the other."""

from matplotlib.figure import Figure

from stratus.data.samples import Array
from stratus.pictures.canvas import BLACK, BLUE, GREY, ORANGE, PINK, legend, sheet, styled


@styled
def draw(p: Array, y: Array, *, names: tuple[str, str], event: str, place: str) -> Figure:
    """A point a day, marked by what came; the line is all that one softmax over the two could say.

    Args:
        p: Probabilities [n, 2].
        y: What came [n, 2], 0 or 1.
        names: Of the two labels.
        event: What it is.
        place: Where and when.
    """
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
