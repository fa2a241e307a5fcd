"""Multi-label classification: one sigmoid a label, P(rain at station j) = σ(Wx + b)_j."""

import torch
import torch.nn.functional as F
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.classification import BinaryCohenKappa

from stratus.scores import Brier, LabelMean, LogLoss, Peirce, brier_parts
from stratus.tasks.linear import ClassDays, LinearTask


class MultilabelClassification(LinearTask):
    """P(label j) = σ(Wx + b)_j; the loss is the sum of the labels' binary cross-entropies, -log P(y | x)."""

    curvature = 0.25  # each label has a Hessian of its own, σ'(z) ≤ 1/4

    def losses(self, logits: Tensor, y: Tensor) -> Tensor:
        """Each label's log(1 + e^zⱼ) - yⱼzⱼ [n, k] for logits z and labels y [n, k]; ℓ is their sum."""
        return F.binary_cross_entropy_with_logits(logits, y, reduction="none")

    def activation(self, logits: Tensor) -> Tensor:
        """Probabilities σ(z) [n, k], each label's for itself."""
        return torch.sigmoid(logits)

    def link(self, mean: Tensor) -> Tensor:
        """Log-odds z = log p/(1-p) [n, k]; infinite where p is 0 or 1."""
        return torch.logit(mean)

    def decide(self, logits: Tensor) -> Tensor:
        """1 at each label more likely than not, else 0 [n, k]."""
        return (logits > 0).to(logits.dtype)

    def forecast_scores(self) -> dict[str, Metric]:
        """Log loss, Brier score and its parts, averaged over days and labels."""
        return {"log_loss": LogLoss(), "brier": Brier(), **brier_parts(len(self.outputs))}

    def decision_scores(self) -> dict[str, Metric]:
        """Heidke's (Cohen's kappa) and Peirce's skill score, averaged over the labels."""
        k = len(self.outputs)
        return {"heidke": LabelMean(BinaryCohenKappa(), k), "peirce": LabelMean(Peirce(2), k)}

    def by_class(self, decision: Tensor, forecast: Tensor, y: Tensor) -> dict[str, ClassDays]:
        """The days of each label."""
        return {name: (decision[:, k], forecast[:, k], y[:, k]) for k, name in enumerate(self.outputs)}
