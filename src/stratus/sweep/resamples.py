"""What a sweep over resampled training days tells: intervals of the weights, of the boundary and of the skill."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from stratus.data.samples import Array
from stratus.runs.record import RunRecord, WeightsRecord
from stratus.scores.bootstrap import interval

FEWEST = 20  # the fewest resamples from which intervals are shown


def comparable(records: Sequence[RunRecord]) -> list[RunRecord]:
    """The finished jobs of a sweep over `data.resample`; none if they differ in anything else, or are too few."""
    finished = [run for run in records if run.status == "finished" and run.weights and run.data]
    runs = [run for run in finished if run.data and run.data.source.get("resample") is not None]
    others = {tuple(word for word in run.overrides if not word.startswith("data.resample=")) for run in runs}
    return runs if len(others) == 1 and len(runs) >= FEWEST else []


def parameters(runs: Sequence[RunRecord]) -> tuple[WeightsRecord, Array, Array]:
    """The names that the weights of all runs share, W [runs, k, m] and b [runs, k]."""
    kept = [run.weights for run in runs if run.weights]
    return kept[0], np.array([one.weight for one in kept]), np.array([one.bias for one in kept])


def table(runs: Sequence[RunRecord]) -> pl.DataFrame:
    """One row a weight, a bias and a test score: its mean over the resamples, and the ends of their middle 95 %.

    Columns: what, mean, low, high. From softmax weights their mean over the classes is subtracted, since only their
    differences mean anything.
    """
    names, weight, bias = parameters(runs)
    if runs[0].task == "multiclass":
        weight, bias = weight - weight.mean(axis=1, keepdims=True), bias - bias.mean(axis=1, keepdims=True)
    labels = [f"{output}: {name}" for output in names.outputs for name in names.inputs]
    values = dict(zip(labels, weight.reshape(len(runs), -1).T, strict=True))
    values |= {f"{output}: bias": column for output, column in zip(names.outputs, bias.T, strict=True)}
    for score in ("test/loss", "test/accuracy", "test/skill"):
        values[score] = np.array([run.metrics[score] for run in runs], float)
    rows = [(name, float(one.mean()), *interval(one)) for name, one in values.items()]
    return pl.DataFrame(rows, ["what", "mean", "low", "high"], orient="row")


def boundaries(runs: Sequence[RunRecord], across: Array) -> Array:
    """Where P = 1/2, so w·(x - mean)/scale + b = 0: the second input [runs, points] at values of the first [points]."""
    names, weight, bias = parameters(runs)
    (mean_1, mean_2), (scale_1, scale_2) = names.mean, names.scale
    first = weight[:, 0, :1] * (across - mean_1) / scale_1
    return np.asarray(mean_2 - scale_2 * (first + bias) / weight[:, 0, 1:])
