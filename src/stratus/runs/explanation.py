"""What a run says of its inputs: the largest weights, and the skill lost without each group of inputs."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from stratus.data.samples import Array
from stratus.files import without_formulas

if TYPE_CHECKING:  # records are read without torch
    from stratus.tasks.linear import LinearTask
    from stratus.verification.explanation import Explanation

LARGEST = 12  # so many inputs are told of; weights.csv has all


@dataclass
class WeightRecord:
    """One of the inputs with the largest weights, and its weight in the output where that is largest.

    Weights are per standard deviation of the input, of values in their unit, else in log-odds.
    """

    input: str  # its name
    unit: str
    mean: float  # the weights' mean size over the outputs
    output: str  # where the weight is largest
    weight: float
    low: float | None  # ends of its 95 % interval; None where there are too few days, or there is no optimum
    high: float | None


@dataclass
class GroupRecord:
    """A group of inputs, and how well the same model forecasts without them."""

    name: str
    inputs: int  # how many of an output's are in it
    skill: float | None  # without them
    lost: float | None  # of the skill with all inputs
    low: float | None  # ends of its 95 % interval
    high: float | None


@dataclass
class ExplanationRecord:
    """Which inputs matter to the exact optimum."""

    inputs: int  # how many there are
    weights: list[WeightRecord]  # the largest first
    skill: float | None  # with all inputs
    groups: list[GroupRecord]  # the largest loss first
    days: int  # the test dates that were resampled for the intervals of the skill
    block: int  # how many of them were drawn together


def recorded(found: "Explanation", task: "LinearTask") -> ExplanationRecord:
    """What run.json says of it."""
    inputs, units = (list(task.hparams[name]) for name in ("inputs", "units"))
    size, weights = np.abs(found.weights[..., 0]), []
    for j in largest(found.weights):
        k = int(size[:, j].argmax())
        ends = found.weights[k, j].tolist()
        weights.append(WeightRecord(inputs[j], units[j], float(size[:, j].mean()), task.outputs[k], *ends))
    groups = [GroupRecord(one.group, one.inputs, one.skill, *one.lost) for one in found.groups]
    return ExplanationRecord(len(inputs), weights, found.skill, groups, found.days, found.block)


def largest(weights: Array) -> list[int]:
    """The inputs with the largest weights [k, m, 3] by their mean size over the outputs, the largest first."""
    order: list[int] = np.argsort(-np.abs(weights[..., 0]).mean(axis=0), kind="stable")[:LARGEST].tolist()
    return order


def csv(found: "Explanation", task: "LinearTask") -> bytes:
    """weights.csv: input, its unit, output, weight, low and high end; a row a weight."""
    names = pl.DataFrame({name[:-1]: list(task.hparams[name]) for name in ("inputs", "units")})
    table = names.join(pl.DataFrame({"output": task.outputs}), how="cross")
    columns = np.swapaxes(found.weights, 0, 1).reshape(-1, 3).T
    values = (
        pl.Series(name, one, nan_to_null=True) for name, one in zip(("weight", "low", "high"), columns, strict=True)
    )
    return without_formulas(table.with_columns(*values)).write_csv(float_precision=6).encode()
