"""Scores of forecasts that are numbers."""

from torch import Tensor
from torchmetrics import MeanMetric

from stratus.contributions import ROUNDING


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
        super().update(((forecast - y).abs() <= self.tolerance + ROUNDING).float())


class Bias(MeanMetric):
    """Mean error, forecast less truth: above 0 where the forecast is too high."""

    def update(self, forecast: Tensor, y: Tensor) -> None:  # type: ignore[override]
        """Takes in forecasts and truth of one shape."""
        super().update(forecast - y)
