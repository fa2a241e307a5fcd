"""Multi-label classification: one sigmoid a label, P(rain at station j) = σ(Wx + b)_j."""

from torch import Tensor
from torchmetrics import Metric

from stratus.scores.metrics import LabelMean
from stratus.tasks.binary import BinaryClassification
from stratus.tasks.linear import ClassDays


class MultilabelClassification(BinaryClassification):
    """P(label j) = σ(Wx + b)_j: a binary model for each label, their losses summed, since -log P(y | x) is their sum.

    Each label has a Hessian, a largest stable step and an optimum of its own.
    """

    def decision_scores(self) -> dict[str, Metric]:
        """Those of the binary task, averaged over the labels."""
        return {name: LabelMean(score, len(self.outputs)) for name, score in super().decision_scores().items()}

    def by_class(self, decision: Tensor, forecast: Tensor, y: Tensor) -> dict[str, ClassDays]:
        """The days of each label."""
        return {name: (decision[:, k], forecast[:, k], y[:, k]) for k, name in enumerate(self.outputs)}
