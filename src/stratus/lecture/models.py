"""A model with its weights, in float64, and the days it was fitted on: the trained one, and others to set beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
import torch
from torch import Tensor

from stratus import tasks
from stratus.data.borders import Borders
from stratus.data.recipe import Recipe
from stratus.data.samples import Array, Samples
from stratus.data.splits import Splits, split
from stratus.runs.finished import FinishedRun
from stratus.tasks.linear import LinearTask
from stratus.tasks.weights import Weights
from stratus.training.optimum import optimum
from stratus.verification.model import Model as Forecaster
from stratus.verification.verify import scores


@dataclass(frozen=True)
class Model:
    """A task with its weights in float64.

    Attributes:
        splits: The samples that it was fitted on and is tested on.
        task: Gives the loss, the activation and the standardisation; its own weights are the same in float32.
        weights: θ on standardised inputs.
    """

    splits: Splits
    task: LinearTask
    weights: Weights

    @classmethod
    def best(cls, splits: Splits, task: str) -> "Model":
        """The exact optimum of the task of that name on the training days."""
        fitting = tasks.find(task).fitting(splits)
        weights = optimum(fitting, splits).weights
        with torch.no_grad():
            fitting.linear.weight.copy_(weights.weight)
            fitting.linear.bias.copy_(weights.bias)
        return cls(splits, fitting, weights)

    @classmethod
    def trained(cls, run: FinishedRun) -> "Model":
        """The model that a run has trained."""
        return cls(run.splits, run.task, Weights.of(run.task))

    def logits(self, x: Array) -> Tensor:
        """Logits [n, k] of inputs [n, m] in their own units."""
        return self.weights.logits(self.task, x)

    def forecast(self, x: Array) -> Array:
        """Values or probabilities [n, k] of inputs [n, m] in their own units."""
        return np.asarray(self.task.activation(self.logits(x)))

    def scores(self, samples: Samples) -> dict[str, float]:
        """The task's scores over samples whose truth is known."""
        return scores(Forecaster(self.task, self.weights, self.splits.target), samples)

    @property
    def line(self) -> tuple[Array, Array]:
        """W [k, m] per unit of the inputs and b [k], so that z = Wx + b without standardising."""
        weight = (self.weights.weight / self.task.scale.double()).numpy()
        return weight, self.weights.bias.numpy() - weight @ self.task.mean.double().numpy()


def other(
    table: pl.DataFrame,
    borders: Borders,
    task: str,
    target: str,
    features: Mapping[str, Mapping[str, Any]],
    *,
    lead_days: int = 0,
) -> Model:
    """The exact optimum of another model of the same table, its days split at the same dates.

    Args:
        table: A daily table.
        borders: Where the splits begin.
        task: Name of the task.
        target: Name of the target.
        features: Names of feature sets with their settings.
        lead_days: Days between the last day known and the target day.
    """
    return Model.best(split(table, Recipe(target, features, lead_days), borders), task)


def with_inputs(splits: Splits, names: Sequence[str]) -> Splits:
    """The same samples with only some of their inputs, in the order of `names`."""
    columns = [splits.inputs.index(name) for name in names]

    def chosen(samples: Samples) -> Samples:
        return replace(samples, x=samples.x[:, columns])

    return replace(
        splits,
        inputs=list(names),
        units=[splits.units[column] for column in columns],
        train=chosen(splits.train),
        validation=chosen(splits.validation) if splits.validation else None,
        test=chosen(splits.test),
    )
