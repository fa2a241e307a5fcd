"""θ = (W, b) as plain numbers in float64, of one model or of many side by side."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from stratus.data.samples import Array

if TYPE_CHECKING:
    from stratus.tasks.linear import LinearTask


@dataclass(frozen=True)
class Weights:
    """W [..., k, m] and b [..., k] on standardised inputs, float64; axes before those are of models side by side."""

    weight: Tensor
    bias: Tensor

    @classmethod
    def of(cls, task: "LinearTask") -> "Weights":
        """The weights that a task has now."""
        return cls(task.linear.weight.detach().double().cpu(), task.linear.bias.detach().double().cpu())

    def put(self, task: "LinearTask") -> None:
        """Gives these weights to a task."""
        with torch.no_grad():
            task.linear.weight.copy_(self.weight)
            task.linear.bias.copy_(self.bias)

    def logits(self, task: "LinearTask", x: Array) -> Tensor:
        """z = W (x - mean)/scale + b [..., n, k] of inputs x [n, m] in their own units."""
        inputs = task.standardised(torch.as_tensor(x, dtype=torch.float64, device=task.device)).cpu()
        return inputs @ self.weight.mT + self.bias[..., None, :]
