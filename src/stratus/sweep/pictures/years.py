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
        skill = np.array([years.skill(run) for run in own])
        ends = np.array([run.intervals.get("test/skill") or [np.nan] * 2 for run in own], float)
        at = np.array([years.year(run) for run in own]) + 0.12 * (place - (len(settings) - 1) / 2)
        bars = np.nan_to_num(np.abs(ends - skill[:, None])).T
        label = plain(words, LONGEST) or "a year, and the interval of its days"
        handles.append(axes.errorbar(at, skill, yerr=bars, fmt="o", color=colour, capsize=3, label=label))
        middle, low, high = years.mean(np.array([years.skill(run) for run in years.judged(own)]))
        handles.append(axes.axhline(middle, color=colour, linewidth=1.5, label=f"mean {middle:+.3f}"))
        if np.isfinite(low):
            axes.axhspan(low, high, color=colour, alpha=0.12, linewidth=0)
        drawn += [one for one in (*skill, *ends.ravel()) if np.isfinite(one)]
    edge = 0.05 * np.ptp(drawn)
    axes.set_ylim(min(drawn) - edge, max(drawn) + edge)  # the band may reach beyond
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set(xlabel="test year", ylabel="skill against climatology")
    legend(figure, handles)
    heading(figure, _title(runs))
    return figure


def _title(runs: Mapping[str, Sequence[RunRecord]]) -> str:
    every = [run for own in runs.values() for run in own]
    tasks = " and ".join(dict.fromkeys(run.task for run in every))
    places = dict.fromkeys(" + ".join(run.data.stations) for run in every if run.data)
    said = years.verdict(next(iter(runs.values()))).partition(":")[0] if len(runs) == 1 else _of_several(runs)
    return f"{tasks}, {plain(' and '.join(places), LONGEST)}: each year by a model of the years before\n{said}"


def _of_several(runs: Mapping[str, Sequence[RunRecord]]) -> str:
    sure = any(len(years.judged(own)) >= years.FEWEST for own in runs.values())
    said = "level lines and bands: the mean over the years and its 95 % interval" if sure else "level lines: the mean"
    return said + (f"; {len(CYCLE)} of {len(runs)} settings" if len(runs) > len(CYCLE) else "")
