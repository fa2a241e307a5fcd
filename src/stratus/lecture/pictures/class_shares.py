"""The probabilities of all classes along one input, stacked to 1."""

from collections.abc import Sequence
from itertools import cycle

from matplotlib.figure import Figure
from matplotlib.patches import Patch

from stratus.data.samples import Array
from stratus.pictures.canvas import BLACK, colours, sheet, styled

_HATCHES = ("", "//", "..", "\\\\", "xx", "oo")


@styled
def draw(x: Array, p: Array, *, outputs: Sequence[str], label: str, place: str) -> Figure:
    """Probabilities [g, k] stacked over x [g].

    Args:
        x: Values of the input.
        p: Probabilities of the k classes at each of them.
        outputs: Names of the classes.
        label: What x is, with its unit.
        place: Where, and what model.
    """
    figure, axes = sheet()
    bands = axes.stackplot(x, p.T, colors=colours(outputs), alpha=0.75, edgecolor=BLACK, linewidth=0.4)
    handles = []
    for band, tone, hatch, name in zip(bands, colours(outputs), cycle(_HATCHES), outputs, strict=False):
        band.set_hatch(hatch)
        handles.append(Patch(facecolor=tone, hatch=hatch, edgecolor=BLACK, linewidth=0.4, label=name))
    axes.set(xlim=(x[0], x[-1]), ylim=(0, 1), xlabel=label, ylabel="probability, stacked", title=place)
    figure.legend(handles=handles[::-1], loc="outside right center")
    return figure
