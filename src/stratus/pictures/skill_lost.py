"""The skill that is lost without each group of inputs."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from stratus.data.samples import Array
from stratus.pictures.canvas import BLACK, BLUE, GREY, heading, sheet, styled


@styled
def draw(
    groups: Sequence[str],  # names of g groups, the first at the top
    lost: Array,  # skill lost without each and the ends of its interval [g, 3]
    *,
    skill: float,  # with all inputs
    place: str,  # where and when, for the title
) -> Figure:
    """A bar a group with its interval; grey where that holds 0."""
    figure, axes = sheet(height=1.7 + 0.42 * len(groups))
    at, sure = np.arange(len(groups)), (lost[:, 1] > 0) | (lost[:, 2] < 0)
    axes.barh(at, lost[:, 0], color=[BLUE if one else GREY for one in sure], height=0.7)
    axes.hlines(at, lost[:, 1], lost[:, 2], color=BLACK, linewidth=1.5)
    axes.axvline(0, color=BLACK, linewidth=1)
    axes.set_yticks(at, groups, fontsize=12)
    axes.set_ylim(len(groups) - 0.4, -0.6)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel(f"skill lost without them, of {skill:+.3f} (line: 95 %; grey: may be none)")
    heading(figure, f"{place}\nwhat the forecast loses without a group of its inputs")
    return figure
