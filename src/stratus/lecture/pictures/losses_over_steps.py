"""Losses over the steps of gradient descent, several runs in a panel."""

from collections.abc import Mapping
from dataclasses import dataclass

from matplotlib.figure import Figure

from stratus.data.samples import Array
from stratus.pictures.canvas import GREY, heading, panel_row, styled

_LINES = ("-", "--", ":", "-.")


@dataclass(frozen=True)
class Descents:
    """Descents on the losses of rival models."""

    title: str  # what is trained
    losses: Mapping[str, Array]  # by the run's name, its loss at each step
    levels: Mapping[str, float]  # by their names, losses that are drawn as level lines


@styled
def draw(panels: list[Descents], *, place: str) -> Figure:
    """Loss against step, with its levels, a panel each; `place` is where and when."""
    figure, grid = panel_row(len(panels), width=4.4 * len(panels), height=4.0)
    for axes, panel in zip(grid, panels, strict=True):
        for (label, losses), line in zip(panel.losses.items(), _LINES, strict=False):
            axes.plot(losses, linestyle=line, linewidth=2, label=label)
        for label, level in panel.levels.items():
            axes.axhline(level, color=GREY, linewidth=1)
            axes.annotate(
                f"{label}, {level:.3f}", (1, level), (-2, 2), ha="right", va="bottom", color=GREY, fontsize=9,
                xycoords=("axes fraction", "data"), textcoords="offset points",
            )  # fmt: skip
        axes.set(title=panel.title, xlabel="step", ylabel="mean training loss (nats a day)")
        axes.margins(x=0.02, y=0.1)
    handles = {text: handle for axes in grid for handle, text in zip(*axes.get_legend_handles_labels(), strict=True)}
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=len(handles))
    heading(figure, place)
    return figure
