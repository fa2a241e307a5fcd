"""Forecast scores that torchmetrics lacks, as torchmetrics."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor
from torchmetrics import MeanMetric
from torchmetrics.functional.classification import binary_average_precision


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
    decision, y = decision.double(), y.double()
    hits, days = (decision * y).sum(), y.sum()
    return {
        "days": days.item(),
        "recall": (hits / days).item(),
        "precision": (hits / decision.sum()).item(),
        "average_precision": binary_average_precision(p, y.long()).item() if days else math.nan,
    }


def _indicators(p: Tensor, y: Tensor) -> Tensor:
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
        squares = (p - _indicators(p, y)).square()
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


class WithinTolerance(MeanMetric):
    """Share of forecasts at most `tolerance` from the truth, in the target's unit: what accuracy means for numbers.

    >>> score = WithinTolerance(2.0)
    >>> score.update(torch.tensor([10.0, 10.0]), torch.tensor([12.0, 13.0]))
    >>> score.compute()
    tensor(0.5000)
    """

    def __init__(self, tolerance: float) -> None:
        super().__init__()
        self.tolerance = tolerance

    def update(self, forecast: Tensor, y: Tensor) -> None:  # type: ignore[override]
        """Takes in forecasts and truth of one shape."""
        super().update(((forecast - y).abs() <= self.tolerance).float())


class Bias(MeanMetric):
    """Mean error, forecast less truth: above 0 where the forecast is too high."""

    def update(self, forecast: Tensor, y: Tensor) -> None:  # type: ignore[override]
        """Takes in forecasts and truth of one shape."""
        super().update(forecast - y)
