"""Linear binary classification: P(rain) = σ(Wx + b)."""

import torch
import torch.nn.functional as F
from torch import Tensor

from stratus.scores.scoring import EventScoring
from stratus.tasks.linear import LinearTask, broadcasts_over_members


class BinaryClassification(LinearTask):
    """P(rain) = σ(Wx + b) with the binary cross-entropy -y log σ(z) - (1-y) log(1-σ(z)), taken from the logit z."""

    curvature = 0.25  # σ'(z) = σ(z)(1 - σ(z)) ≤ 1/4
    activation_name = "Sigmoid"
    scoring = EventScoring()

    @broadcasts_over_members
    def losses(self, logits: Tensor, y: Tensor) -> Tensor:
        """log(1 + eᶻ) - yz [n, k] for logits z and events y [n, k]; of several labels ℓ is the sum."""
        return F.binary_cross_entropy_with_logits(logits, y, reduction="none")

    def activation(self, logits: Tensor) -> Tensor:
        """Probabilities σ(z) [n, k]."""
        return torch.sigmoid(logits)

    def link(self, mean: Tensor) -> Tensor:
        """Log-odds z = log p/(1-p) [n, k]; infinite where p is 0 or 1."""
        return torch.logit(mean)

    def decide(self, logits: Tensor) -> Tensor:
        """1 where an event is more likely than not, else 0 [n, k]."""
        return (logits > 0).to(logits.dtype)
