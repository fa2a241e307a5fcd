"""A model, or several side by side, as a forecaster: a task with its weights in float64."""

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from stratus.data.samples import Array, Samples
from stratus.data.targets import TARGETS, Target
from stratus.tasks.linear import LinearTask
from stratus.tasks.weights import Weights
from stratus.verification.forecasts import Forecasts


@dataclass(frozen=True)
class Model:
    """A task with its weights; of F models side by side where these have a leading axis."""

    task: LinearTask  # gives the activation, the decision and the standardisation; its own weights do not matter
    weights: Weights  # θ on standardised inputs
    target: Target  # what is forecast
    names: tuple[str, ...] = ("model",)  # of the models

    @classmethod
    def of(cls, task: LinearTask, target: str) -> "Model":
        """A task with the weights that it has now; the name of its target."""
        return cls(task, Weights.of(task), TARGETS[target])

    def logits(self, x: Array) -> Tensor:
        """Logits [..., n, k] of inputs [n, m] in their own units."""
        return self.weights.logits(self.task, x)

    def forecast(self, x: Array) -> Array:
        """Values or probabilities [..., n, k] of inputs [n, m] in their own units."""
        return np.asarray(self.task.activation(self.logits(x)))

    def decision(self, x: Array) -> Array:
        """The answers of inputs [n, m], in the form of y."""
        return np.asarray(self.task.decide(self.logits(x)))

    def forecasts(self, days: Samples) -> Forecasts:
        """The forecasts of n days."""
        z = self.logits(days.x)
        return Forecasts.of_logits(self.task, self.names, days, self.target, z.reshape(len(self.names), *z.shape[-2:]))
