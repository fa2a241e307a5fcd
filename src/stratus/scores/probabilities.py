"""Scores of forecasts that are probabilities; what they share is that no other forecast than one's belief pays."""

import torch
import torch.nn.functional as F
from torch import Tensor
from torchmetrics import MeanMetric


def indicators(p: Tensor, y: Tensor) -> Tensor:
    """Truth as a 0/1 matrix of the shape of p: class indices [n] become their unit vectors."""
    return F.one_hot(y, p.shape[-1]).to(p.dtype) if y.ndim < p.ndim else y.to(p.dtype)


class Brier(MeanMetric):
    """Brier score, the mean of (p - y)²: over days and labels; summed over the classes of a category (Brier, 1950).

    >>> score = Brier()
    >>> score.update(torch.tensor([[0.75], [0.5]]), torch.tensor([[1.0], [0.0]]))
    >>> score.compute()
    tensor(0.1562)
    """

    def update(self, p: Tensor, y: Tensor) -> None:  # type: ignore[override]
        """Takes in probabilities [n, k] and events [n, k] or class indices [n]."""
        squares = (p - indicators(p, y)).square()
        super().update(squares.sum(-1) if y.ndim < p.ndim else squares)


class LogLoss(MeanMetric):
    """Log loss, the mean of -log of the probability that the truth was given; over days, or days and labels.

    >>> score = LogLoss()
    >>> score.update(torch.tensor([[0.25, 0.75]]), torch.tensor([1]))
    >>> score.compute()
    tensor(0.2877)
    """

    def update(self, p: Tensor, y: Tensor) -> None:  # type: ignore[override]
        """Takes in probabilities [n, k], at least the smallest step of p, and events [n, k] or classes [n]."""
        given = p.gather(-1, y[:, None]) if y.ndim < p.ndim else torch.where(y > 0.5, p, 1 - p)
        super().update(-given.clamp_min(torch.finfo(p.dtype).eps).log())


class RankedProbability(MeanMetric):
    """Ranked probability score of classes with an order, the mean of Σᵢ (Pᵢ - Yᵢ)² (Epstein, 1969; Murphy, 1971).

    Pᵢ is the probability of class i or a lower one, Yᵢ whether it came so. To miss by one class costs less than to
    miss by two; the Brier score, which knows no order, takes both alike. Of two classes it is (p - y)².

    Here the truth is the last of three classes. A forecast sure of the middle one costs 1, one sure of the first 2:

    >>> score = RankedProbability()
    >>> score.update(torch.tensor([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]), torch.tensor([2, 2]))
    >>> score.compute()
    tensor(1.5000)
    """

    def update(self, p: Tensor, y: Tensor) -> None:  # type: ignore[override]
        """Takes in probabilities [n, k] of classes from the lowest to the highest, and class indices [n]."""
        super().update((p - indicators(p, y)).cumsum(-1).square().sum(-1))
