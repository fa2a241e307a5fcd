"""Intervals from resampled training days: of each weight, and of the boundary in the plane of two inputs."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
from matplotlib.figure import Figure

from stratus.data.samples import Samples
from stratus.pictures.canvas import BLUE, EVENT, GREY, NO_EVENT, heading, named, sheet, styled
from stratus.runs import received
from stratus.runs.record import RunRecord
from stratus.scores.bootstrap import interval
from stratus.settings.data import source_from_record
from stratus.sweep import resamples


def drawings(first: Path, runs: Sequence[RunRecord]) -> dict[str, Callable[[], Figure]]:
    """Intervals of the weights and, of an event with two inputs, the band of its boundary, by the names of files.

    `first` is the folder of the first run.
    """
    place = " + ".join(runs[0].data.stations) if runs[0].data else ""
    title = f"{place}: {len(runs)} resamples of the training days by whole weeks"
    found: dict[str, Callable[[], Figure]] = {"resampled_weights": partial(_draw_weights, runs, title)}
    if runs[0].task == "binary" and len(resamples.parameters(runs)[0].inputs) == 2:
        found["resampled_boundary"] = partial(_draw_boundary, runs, _test_days(first, runs[0]), title)
    return found


def _test_days(folder: Path, run: RunRecord) -> Samples:
    """The test days of a run, made again from its data."""
    from stratus.training.checkpoints import load  # noqa: PLC0415 - torch, which the end of a sweep needs only here

    assert run.data is not None
    checkpoint = load(folder / "checkpoints" / "best.ckpt")
    (table,) = received.load(run.data).observations.parts()  # only days in memory are resampled
    samples, borders = checkpoint.samples(table), source_from_record(run.data.source).borders
    return samples.where(samples.known).since(borders.test_from).until(borders.until)


@styled
def _draw_weights(runs: Sequence[RunRecord], title: str) -> Figure:
    """A dot with a bar a weight, the first on top."""
    table = resamples.table(runs).filter(~pl.col("what").str.starts_with("test/"))
    mean, low, high = (table[name].to_numpy() for name in ("mean", "low", "high"))
    rows = range(len(mean))
    figure, axes = sheet(height=1.2 + 0.32 * len(mean))
    axes.axvline(0, color=GREY, linewidth=1)
    axes.errorbar(mean, rows, xerr=(mean - low, high - mean), fmt="o", color=BLUE, capsize=3)
    axes.set_yticks(rows, table["what"])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set(xlabel="weight on standardised inputs", title=title)
    return figure


@styled
def _draw_boundary(runs: Sequence[RunRecord], days: Samples, title: str) -> Figure:
    """The boundary of every resample as a band, in which 95 of 100 lie, over the days in the plane of two inputs."""
    names, *_ = resamples.parameters(runs)
    across = np.linspace(days.x[:, 0].min(), days.x[:, 0].max(), 200)
    lines = np.sort(resamples.boundaries(runs, across), axis=0)
    low, middle, high = lines[[round(share * (len(lines) - 1)) for share in (0.025, 0.5, 0.975)]]
    figure, axes = sheet(height=5.2)
    for came, marker, colour in ((1, "o", EVENT), (0, "x", NO_EVENT)):
        label = names.outputs[0] if came else f"no {names.outputs[0]}"
        axes.plot(*days.x[days.y[:, 0] == came].T, marker, color=colour, markersize=3.5, alpha=0.6, label=label)
    axes.fill_between(across, low, high, color=GREY, alpha=0.35, linewidth=0, label="95 % of the boundaries")
    axes.plot(across, middle, color="black", linewidth=2, label="P = 0.5")
    least, most = days.x.min(axis=0), days.x.max(axis=0)
    edge = 0.05 * (most - least)
    xlim, ylim = zip(least - edge, most + edge, strict=True)
    xlabel, ylabel = (named(name, unit) for name, unit in zip(names.inputs, names.units, strict=True))
    axes.set(xlim=xlim, ylim=ylim, xlabel=xlabel, ylabel=ylabel)
    heading(figure, f"{title}\n{len(days)} test days{_any_slope(runs)}")
    figure.legend(loc="outside lower center", ncols=4)
    return figure


def _any_slope(runs: Sequence[RunRecord]) -> str:
    """Why the band may cover all: the slope is -w₁/w₂, and w₂ may be 0."""
    names, weight, _ = resamples.parameters(runs)
    low, high = interval(weight[:, 0, 1])
    if low > 0 or high < 0:
        return ""
    return f"; the weight of {names.inputs[1]} may be 0, so the boundary may have any slope, and its band covers all"
