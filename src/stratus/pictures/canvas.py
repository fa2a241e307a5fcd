"""What all pictures share: a white sheet, legible on any background and in print, and colours for every eye."""

from typing import Any

import matplotlib as mpl
import numpy as np
from cycler import cycler
from matplotlib.figure import Figure

BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, RED, PINK = COLOURS = (
    "#000000",
    "#e69f00",
    "#56b4e9",
    "#009e73",
    "#f0e442",
    "#0072b2",
    "#d55e00",
    "#cc79a7",
)
"""Eight colours that colour-blind readers tell apart (Okabe & Ito, 2008)."""

GREY = "#767676"

STYLE: dict[Any, Any] = {
    "axes.grid": True,
    "axes.prop_cycle": cycler(color=[BLUE, ORANGE, GREEN, RED, PINK, SKY, BLACK]),
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
}

styled = mpl.rc_context(STYLE)
"""Decorates a function that draws: matplotlib's settings are ours inside and untouched outside."""


def sheet(
    rows: int = 1, columns: int = 1, *, width: float = 7.0, height: float = 4.2, **options: Any
) -> tuple[Figure, Any]:
    """A figure of width × height inches, and its axes: one, or an array [rows, columns] squeezed as `subplots` does."""
    figure = Figure(figsize=(width, height))
    axes = figure.subplots(rows, columns, **options)
    return figure, axes


def named(name: str, unit: str) -> str:
    """An axis label: the name with its unit, a pure number's left out."""
    return name if unit == "1" else f"{name} ({unit})"


def days(dates: Any) -> Any:
    """Dates as matplotlib takes them: numpy's datetime64[D]."""
    return np.asarray(dates, dtype="datetime64[D]")
