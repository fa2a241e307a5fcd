"""What all pictures share: a white sheet, legible on any background and in print, and colours for every eye."""

import io
import textwrap
import warnings
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from cycler import cycler
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LogNorm, Normalize
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.image import imsave
from matplotlib.text import Text
from matplotlib.ticker import LogFormatter, LogFormatterMathtext

BLACK, ORANGE, SKY, GREEN = "#000000", "#e69f00", "#56b4e9", "#009e73"
BLUE, RED, PINK = "#0072b2", "#d55e00", "#cc79a7"  # colours that colour-blind readers tell apart (Okabe & Ito, 2008)
CYCLE = (BLUE, ORANGE, GREEN, RED, PINK, SKY, BLACK)  # the colours of lines and classes in their order
GREY = "#767676"
# The colour of each weather in all pictures.
WEATHER = {"drizzle": GREEN, "fog": PINK, "rain": BLUE, "snow": BLACK, "hail": RED, "sun": ORANGE}
EVENT, NO_EVENT = WEATHER["rain"], RED  # of days with an event, such as rain, and without
MARKERS = "ox^sDv*P"  # a marker a class, so that colour is never alone in telling classes apart
MOST_POINTS = 2000  # the most points that are drawn: more would hide each other, and take long
MOST_PANELS = 6  # the most panels of one sheet; outputs beyond have none

STYLE: dict[Any, Any] = {
    "axes.grid": True,
    "axes.prop_cycle": cycler(color=CYCLE),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.constrained_layout.use": True,
    "figure.dpi": 120,
    "figure.facecolor": "white",
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "grid.alpha": 0.3,
    "legend.frameon": False,
    "savefig.facecolor": "white",
    "text.parse_math": False,  # a $ in a setting is a $
}

styled = mpl.rc_context(STYLE)  # decorates a function that draws: our settings inside it, matplotlib's own outside


def sheet(
    rows: int = 1, columns: int = 1, *, width: float = 7.0, height: float = 4.2, **options: Any
) -> tuple[Figure, Any]:
    """A figure of width × height inches, and its axes as `subplots` gives them: one, or an array [rows, columns]."""
    figure = Figure(figsize=(width, height))
    return figure, figure.subplots(rows, columns, **options)


def panel_row(k: int, *, width: float, height: float, **options: Any) -> tuple[Figure, Any]:
    """A sheet of k panels side by side, and their axes [k]."""
    figure, axes = sheet(1, k, width=width, height=height, squeeze=False, **options)
    return figure, axes[0]


def panel_grid(
    k: int,
    *,
    each: tuple[float, float],  # width and height of a panel in inches
    edge: tuple[float, float] = (0.0, 0.0),  # inches that the sheet is wider and higher than its panels
    least: float = 0.0,  # the least width of the sheet
    ratios: Sequence[float] = (1,),  # relative heights of a panel's axes, which stand one above the other
    **options: Any,  # go to `subplots`
) -> tuple[Figure, Any]:
    """A sheet of k panels, at most `MOST_PANELS`, in one or two rows; and their axes [panels, len(ratios)]."""
    count, parts = min(k, MOST_PANELS), len(ratios)
    columns = _columns(count)
    rows = -(-count // columns)
    size = {"width": max(least, edge[0] + each[0] * columns), "height": edge[1] + each[1] * rows}
    options |= {"squeeze": False, "height_ratios": [*ratios] * rows}
    figure, grid = sheet(rows * parts, columns, **size, **options)
    panels = grid.reshape(rows, parts, columns).swapaxes(1, 2).reshape(-1, parts)
    for axes in panels[count:].flat:
        axes.remove()
    if count < k:
        figure.supxlabel(f"the first {count} of {k}", x=0.99, ha="right", size=9)
    return figure, panels[:count]


def label_outer(panels: Sequence[Any], *, x: str = "", y: str = "") -> None:
    """Names the axes of a `panel_grid`: x below the lowest panel of each column, y left of each row."""
    columns = _columns(len(panels))
    for axes in panels[-columns:] if x else ():
        axes.set_xlabel(x)
        axes.tick_params(labelbottom=True)
    for axes in panels[::columns]:
        axes.set_ylabel(y)


def _columns(panels: int) -> int:
    return panels if panels <= 3 else (panels + 1) // 2


def literal(figure: Figure) -> Figure:
    """The figure, its text as it is: a $ in a name begins no formula. Only powers of ten are set as formulas."""
    warnings.filterwarnings("ignore", "Glyph .* missing from font")  # it shows a box for each
    axes = [axis for one in figure.axes for axis in (one.xaxis, one.yaxis)]
    powers = [axis for axis in axes if isinstance(axis.get_major_formatter(), LogFormatterMathtext)]
    kept = {id(label) for axis in powers for label in axis.get_ticklabels(which="both")}
    for text in figure.findobj(Text):
        if id(text) not in kept:
            text.set_parse_math(False)
    return figure


def png(figure: Figure) -> tuple[int, int, bytes]:
    """Draws a figure once (`savefig` does it twice): its width and height in pixels, and the bytes of its file."""
    literal(figure)
    canvas, file = FigureCanvasAgg(figure), io.BytesIO()
    canvas.draw()  # type: ignore[no-untyped-call]
    imsave(file, canvas.buffer_rgba(), format="png", pil_kwargs={"compress_level": 1})  # type: ignore[no-untyped-call]
    return *canvas.get_width_height(), file.getvalue()


def named(name: str, unit: str) -> str:
    """An axis label: the name with its unit, without one for a pure number."""
    return name if unit == "1" else f"{name} ({unit})"


def days(dates: Any) -> Any:
    """Dates as matplotlib takes them: numpy's datetime64[D]."""
    return np.asarray(dates, dtype="datetime64[D]")


def calendar(axis: Any) -> None:
    """Labels a time axis in few words: each year, month or day is named once."""
    locator = AutoDateLocator()  # type: ignore[no-untyped-call]
    axis.set_major_locator(locator)
    axis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]


def spread(n: int) -> Any:
    """Indices of at most `MOST_POINTS` of n days, spread evenly over them."""
    return np.linspace(0, n - 1, min(n, MOST_POINTS)).round().astype(int)


def shown(drawn: int, n: int) -> str:
    """What a title adds where not all n days are drawn."""
    return "" if drawn == n else f", {drawn:,} drawn"


def colours(names: Sequence[str]) -> list[str]:
    """A colour a class: each weather has the same in all pictures, other names take the rest."""
    left = [one for one in CYCLE if one not in map(WEATHER.get, names)]
    others = [name for name in names if name not in WEATHER]
    return [WEATHER.get(name) or (left or [BLACK])[others.index(name) % max(1, len(left))] for name in names]


def legend(figure: Figure, handles: Sequence[Any]) -> None:
    """A legend below the axes, in as many columns as fit the figure's width."""
    longest = max(len(str(one.get_label())) for one in handles)
    columns = int(figure.get_figwidth() * 14 / (longest + 6))
    figure.legend(handles=handles, loc="outside lower center", ncols=max(1, min(columns, len(handles))), fontsize=9)


def scale(values: Any) -> str:
    """The scale of an axis or of colours: "log" if the values are positive and the largest over 3 times the least."""
    return "log" if min(values) > 0 and max(values) / min(values) > 3 else "linear"


def plain_numbers(axis: Any) -> None:
    """Plain numbers on a logarithmic axis."""
    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter(LogFormatter())


def fit_scales(axes: Any, *, x: Any, y: Any) -> None:
    """Makes an axis logarithmic where `scale` says so."""
    for name, values in (("x", x), ("y", y)):
        if scale(values) == "log":
            axes.set(**{f"{name}scale": "log"})
            plain_numbers(getattr(axes, f"{name}axis"))


def shades(values: Any) -> Normalize:
    """Maps values to 0 for the least to 1 for the greatest, on the `scale` that suits them."""
    return (LogNorm if scale(values) == "log" else Normalize)(min(values), max(values))


def shade_bar(figure: Figure, drawn: Any, label: str) -> None:
    """A bar beside the axes that says which shade is which value."""
    bar = figure.colorbar(drawn, label=label)
    if isinstance(drawn.norm, LogNorm):
        plain_numbers(bar.ax.yaxis)


def heading(figure: Figure, title: str) -> None:
    """The title of the whole sheet, wrapped to its width."""
    width = int(11.5 * figure.get_figwidth())
    figure.suptitle(
        "\n".join(textwrap.fill(line, width) for line in title.splitlines()),
        x=0.01,
        ha="left",
        size=11,
        parse_math=False,
    )
