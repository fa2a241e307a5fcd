"""Scores of decisions: of a forecast that gives one answer a day."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torchmetrics import MeanMetric
from torchmetrics.classification import MulticlassConfusionMatrix
from torchmetrics.functional.classification import binary_average_precision
from torchmetrics.wrappers import MultioutputWrapper

from stratus.scores.contributions import peirce


def class_scores(decision: Tensor, p: Tensor, y: Tensor) -> dict[str, float]:
    """How well one class is forecast; nan where there is nothing to divide by.

    Recall is the share of its days that were decided so, precision the share of such decisions that were right, and
    average precision the area under precision over recall as the threshold on p falls: it tells whether a class too
    rare ever to be decided on is at least given more probability on its days. `days` counts them.

    Args:
        decision: Whether the class was decided on [n].
        p: Its probability [n].
        y: Whether it came [n].
    """
    shares = {name: value.item() for name, value in class_shares(decision, y).items()}
    area = binary_average_precision(p, y.long()).item() if shares["days"] else math.nan
    return shares | {"average_precision": area}


def class_shares(decision: Tensor, y: Tensor) -> dict[str, Tensor]:
    """Days, recall and precision [...] of a class, from decisions and truth [..., n]; see `class_scores`."""
    decision, y = decision.double(), y.double()
    hits, days = (decision * y).sum(-1), y.sum(-1)
    return {"days": days, "recall": hits / days, "precision": hits / decision.sum(-1)}


class Accuracy(MeanMetric):
    """Share of answers that are right.

    Args:
        right: Tells of answers and truth, in one form, which answers are right.

    >>> score = Accuracy(torch.eq)
    >>> score.update(torch.tensor([2, 0, 1, 1]), torch.tensor([2, 0, 1, 0]))
    >>> score.compute()
    tensor(0.7500)
    """

    def __init__(self, right: Callable[[Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.right = right

    def update(self, decision: Tensor, y: Tensor) -> None:  # type: ignore[override]
        """Takes in answers and truth of one form."""
        super().update(self.right(decision, y).float())


class Peirce(MulticlassConfusionMatrix):
    """Peirce skill score, 1 for right answers only, 0 on average for answers that know nothing (Peirce, 1884).

    (s - Σ fᵢoᵢ) / (1 - Σ oᵢ²), s being the share of right answers, fᵢ and oᵢ how often class i is answered and comes.
    For an event it is the hit rate less the false alarm rate. Heidke's score, which is Cohen's kappa and so
    torchmetrics' `CohenKappa`, divides by 1 - Σ fᵢoᵢ instead, which answers can move. nan where one class came only.

    >>> score = Peirce(2)
    >>> score.update(torch.tensor([1, 1, 0, 0]), torch.tensor([1, 0, 0, 0]))
    >>> score.compute()
    tensor(0.6667, dtype=torch.float64)
    """

    higher_is_better = True

    def update(self, decision: Tensor, y: Tensor) -> None:
        """Takes in answers and truth of one shape, class indices or events as 0 and 1."""
        super().update(decision.long(), y.long())

    def compute(self) -> Tensor:
        """The score."""
        cells = super().compute().double()
        shares = cells / cells.sum()
        return torch.as_tensor(peirce(shares.trace(), shares.sum(1), shares.sum(0)))


class LabelMean(MultioutputWrapper):
    """Mean over labels of a score of each label, from decisions and truth [n, k]."""

    def compute(self) -> Any:
        """The mean."""
        return super().compute().mean()
