"""Linear multi-class classification: P(class i) = softmax(Wx + b)_i."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from stratus.scores.probabilities import LEAST
from stratus.scores.scoring import CategoryScoring
from stratus.tasks.linear import LinearTask, broadcasts_over_members


class MulticlassClassification(LinearTask):
    """P(class i) = softmax(Wx + b)_i with the cross-entropy -log softmax(z)_y, taken from the logits z."""

    curvature = 0.5  # the largest eigenvalue of diag(p) - ppᵀ is at most 1/2
    activation_name = "Softmax"
    scoring = CategoryScoring()

    @broadcasts_over_members
    def losses(self, logits: Tensor, y: Tensor) -> Tensor:
        """ℓ = -z_y + log Σₖ exp zₖ [n, 1] for logits z [n, k] and class indices y [n]."""
        return F.cross_entropy(logits, y, reduction="none")[:, None]

    def held_out_losses(self, logits: Tensor, y: Tensor, known: Tensor | None = None) -> Tensor:
        """See `LinearTask.held_out_losses`. -log 0 is infinite: a class that is no output counts as given `LEAST`."""
        k = logits.shape[1]
        losses = super().held_out_losses(logits, y.clamp(max=k - 1), known)
        return torch.where(y < k, losses, -math.log(LEAST))

    def activation(self, logits: Tensor) -> Tensor:
        """Probabilities softmax(z) [n, k], which sum to 1."""
        return torch.softmax(logits, dim=-1)

    def link(self, mean: Tensor) -> Tensor:
        """z = log p [n, k]: logits up to a constant a day."""
        return torch.log(mean)

    def decide(self, logits: Tensor) -> Tensor:
        """Index of the most likely class [n], the first of several."""
        # Class by class: where many runs are trained as one, max takes three times as long and argmax twenty times.
        highest, *others = logits.unbind(-1)
        index = torch.zeros_like(highest, dtype=torch.int16)
        for k, one in enumerate(others, 1):
            index = torch.maximum(index, (one > highest).to(torch.int16) * k)
            highest = torch.maximum(highest, one)
        return index.long()
