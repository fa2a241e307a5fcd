"""Linear regression: f(x) = Wx + b."""

from typing import Any

import torch
from torch import Tensor

from stratus.scores import values
from stratus.scores.scoring import ValueScoring
from stratus.tasks.linear import LinearTask, broadcasts_over_members


class LinearRegression(LinearTask):
    """f(x) = Wx + b with the squared loss ‖y - f(x)‖², summed over the outputs, in the target's unit squared.

    A forecast within `tolerance`, in that unit, of the truth is accurate; the rest is what every `LinearTask` takes.
    """

    curvature = 2.0  # d²/dz² (z - y)²
    activation_name = "Identity"
    curvature_is_constant = True

    def __init__(self, *, tolerance: float = 2.0, **shared: Any) -> None:
        super().__init__(**shared)
        self.save_hyperparameters("tolerance", logger=False)
        self.tolerance, self.scoring = tolerance, ValueScoring(tolerance)

    @broadcasts_over_members
    def losses(self, logits: Tensor, y: Tensor) -> Tensor:
        """(y - z)² [n, d] for logits z and targets y [n, d]; ℓ = ‖y - z‖² is their sum."""
        return (logits - y).square()

    def activation(self, logits: Tensor) -> Tensor:
        """The identity: logits [n, d] are the forecast."""
        return logits

    def link(self, mean: Tensor) -> Tensor:
        """The identity: a forecast [n, d] is its own logits."""
        return mean

    def decide(self, logits: Tensor) -> Tensor:
        """The forecast itself [n, d]."""
        return logits

    def correct(self, decision: Tensor, y: Tensor) -> Tensor:
        """Whether each value is within `tolerance` of the truth; equality never happens."""
        return torch.as_tensor(values.within(decision, y, self.tolerance))
