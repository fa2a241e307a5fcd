"""Scores of forecasts that are numbers."""

from torch import Tensor
from torchmetrics import MeanMetric


class Bias(MeanMetric):
    """Mean error, forecast less truth: above 0 where the forecast is too high."""

    def update(self, forecast: Tensor, y: Tensor) -> None:  # type: ignore[override]
        """Takes in forecasts and truth of one shape."""
        super().update(forecast - y)
