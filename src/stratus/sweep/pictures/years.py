"""The skill of each year, forecast by a model of the years before it, and the mean over the years."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from stratus.pictures.canvas import CYCLE, GREY, heading, legend, sheet, styled
from stratus.runs.record import RunRecord
from stratus.runs.report import plain
from stratus.sweep import years
from stratus.sweep.jobs import LONGEST


@styled
def draw(runs: Mapping[str, Sequence[RunRecord]]) -> Figure:
    """A point a year with the interval of its own days, and a line with a band for the mean; a colour a setting."""
    figure, axes = sheet(height=4.4)
    axes.axhline(0, color=GREY, linewidth=1)
    settings = list(runs.items())[: len(CYCLE)]
    handles, drawn = [], [0.0]
    for place, ((words, own), colour) in enumerate(zip(settings, CYCLE, strict=False)):
        skill = np.array([run.metrics["test/skill"] for run in own], float)
        ends = np.array([run.intervals.get("test/skill") or [np.nan] * 2 for run in own], float)
        at = np.array([years.year(run) for run in own]) + 0.12 * (place - (len(settings) - 1) / 2)
        bars = np.nan_to_num(np.abs(ends - skill[:, None])).T
        label = plain(words, LONGEST) or "a year, and the interval of its days"
        handles.append(axes.errorbar(at, skill, yerr=bars, fmt="o", color=colour, capsize=3, label=label))
        middle, low, high = years.mean(skill)
        axes.axhline(middle, color=colour, linewidth=1.5)
        if np.isfinite(low):
            axes.axhspan(low, high, color=colour, alpha=0.12, linewidth=0)
        drawn += [one for one in (*skill, *ends.ravel()) if np.isfinite(one)]
    edge = 0.05 * np.ptp(drawn)
    axes.set_ylim(min(drawn) - edge, max(drawn) + edge)  # the band may reach beyond
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set(xlabel="test year", ylabel="skill against climatology (1)")
    legend(figure, handles)
    heading(figure, _title(runs))
    return figure


def _title(runs: Mapping[str, Sequence[RunRecord]]) -> str:
    own = next(iter(runs.values()))
    place = plain(" + ".join(own[0].data.stations), LONGEST) if own[0].data else ""
    said = (
        years.verdict(own).partition(":")[0]
        if len(runs) == 1
        else "level lines and bands: the mean over the years and its 95 % interval"
    )
    return f"{own[0].task}, {place}: each year by a model of the years before\n{said}"
