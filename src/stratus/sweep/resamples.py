"""What a sweep over resampled training days tells: intervals of the weights, of the boundary and of the skill."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from stratus.data.samples import Array, Samples
from stratus.runs.record import RunRecord, WeightsRecord
from stratus.scores.bootstrap import interval
from stratus.settings.data import source_from_record

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FEWEST = 20
"""Resamples from which on an interval is worth drawing."""


def comparable(records: Sequence[RunRecord]) -> list[RunRecord]:
    """Of a sweep's records those of the finished jobs over `data.resample`; none where they differ in more than it."""
    drawn = [run for run in records if run.status == "finished" and run.weights and _number(run) is not None]
    said = {tuple(word for word in run.overrides if not word.startswith("data.resample=")) for run in drawn}
    return drawn if len(said) == 1 and len(drawn) >= FEWEST else []


def _number(run: RunRecord) -> int | None:
    return run.data.source.get("resample") if run.data else None


def parameters(runs: list[RunRecord]) -> tuple[Array, Array]:
    """W [runs, k, m] and b [runs, k] of the kept weights, on standardised inputs."""
    weights = [run.weights for run in runs if run.weights]
    return np.array([one.weight for one in weights]), np.array([one.bias for one in weights])


def _names(runs: list[RunRecord]) -> WeightsRecord:
    """What the weights of all runs are called, and the inputs' scale."""
    assert runs[0].weights is not None
    return runs[0].weights


def table(runs: list[RunRecord]) -> pl.DataFrame:
    """One row a weight, a bias and a score: its mean over the resamples, and between what 95 % of them lie.

    Columns: what, mean, low, high. Softmax weights are given less their mean over the classes, since only their
    differences mean anything.
    """
    weight, bias = parameters(runs)
    names = _names(runs)
    if runs[0].task == "multiclass":
        weight, bias = weight - weight.mean(axis=1, keepdims=True), bias - bias.mean(axis=1, keepdims=True)
    values = {
        f"{output}: {name}": weight[:, k, j]
        for k, output in enumerate(names.outputs)
        for j, name in enumerate(names.inputs)
    }
    values |= {f"{output}: bias": bias[:, k] for k, output in enumerate(names.outputs)}
    for score in ("test/loss", "test/accuracy", "test/skill"):
        values[score] = np.array([run.metrics[score] for run in runs], float)
    rows = [(name, float(one.mean()), *interval(one)) for name, one in values.items()]
    return pl.DataFrame(rows, ["what", "mean", "low", "high"], orient="row")


def boundaries(runs: list[RunRecord], across: Array) -> Array:
    """Where P = 1/2 on the plane of two inputs: the second input at each value of the first [runs, points].

    From w·(x - mean)/scale + b = 0, in the inputs' own units.

    Args:
        runs: Of a binary task with two inputs.
        across: Values of the first input [points].
    """
    weight, bias = parameters(runs)
    names = _names(runs)
    (mean_1, mean_2), (scale_1, scale_2) = names.mean, names.scale
    first = weight[:, 0, :1] * (across - mean_1) / scale_1
    return np.asarray(mean_2 - scale_2 * (first + bias) / weight[:, 0, 1:])


def pictures(folder: Path, runs: list[RunRecord]) -> "dict[str, Callable[[], Figure]]":
    """The intervals of the weights, and for an event with two inputs the band of its boundary over the test days."""
    from stratus.pictures import band  # noqa: PLC0415 - matplotlib, at the end of a sweep only

    rows = table(runs).filter(~pl.col("what").str.starts_with("test/"))
    place = " + ".join(runs[0].data.stations) if runs[0].data else ""
    said = f"{place}: {len(runs)} resamples of the training days by whole weeks"
    columns = (rows[name].to_numpy() for name in ("mean", "low", "high"))
    drawn: dict[str, Callable[[], Figure]] = {
        "resampled_weights": partial(band.draw_intervals, rows["what"].to_list(), *columns, title=said)
    }
    names = _names(runs)
    if runs[0].task == "binary" and len(names.inputs) == 2:
        days = _test_days(folder, runs[0])
        across = np.linspace(days.x[:, 0].min(), days.x[:, 0].max(), 200)
        drawn["resampled_boundary"] = partial(
            band.draw_boundary,
            across,
            boundaries(runs, across),
            days.x,
            days.y[:, 0],
            axes=[f"{name} ({unit})" for name, unit in zip(names.inputs, names.units, strict=True)],
            event=names.outputs[0],
            title=f"{said}\n{len(days)} test days",
        )
    return drawn


def _test_days(folder: Path, run: RunRecord) -> Samples:
    """The test days of a run with their inputs, made of its data once more."""
    from stratus.training.checkpoints import load  # noqa: PLC0415 - imports what computes

    assert run.data is not None
    checkpoint, data = load(next(folder.glob("*/checkpoints/best.ckpt"))), source_from_record(run.data.source)
    (table,) = data.load().observations.parts()  # only days in memory are resampled
    samples = checkpoint.samples(table)
    return samples.where(samples.known).since(data.borders.test_from).until(data.borders.until)
