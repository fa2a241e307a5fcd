"""A task with its weights in float64: the forecaster that has been trained."""

from dataclasses import dataclass

import numpy as np
import torch

from stratus.data.samples import Array
from stratus.tasks.linear import LinearTask
from stratus.verification.references import Weights


@dataclass(frozen=True)
class Model:
    """Forecasts by a task's activation of z = W (x - mean)/scale + b, in float64."""

    task: LinearTask
    weights: Weights

    def logits(self, x: Array) -> Array:
        """Logits [n, k] of inputs [n, m] in their own units."""
        return np.asarray(self.weights.logits(self.task, x))

    def forecast(self, x: Array) -> Array:
        """Values or probabilities [n, k]."""
        return np.asarray(self.task.activation(torch.as_tensor(self.logits(x))))

    def decision(self, x: Array) -> Array:
        """The one answer for each day, in the form of y."""
        return np.asarray(self.task.decide(torch.as_tensor(self.logits(x))))
