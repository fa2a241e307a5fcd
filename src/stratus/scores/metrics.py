"""The scores as torchmetrics: thin shells over the functions of this folder, for any loop and device.

Each takes forecasts and truth [n, k], of categories class indices [n], and averages over all days it was given.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.classification import MulticlassConfusionMatrix
from torchmetrics.wrappers.abstract import WrapperMetric

from stratus.scores import decisions, probabilities, reliability, skill, values
from stratus.scores.names import HIGHER_IS_BETTER


class DailyMean(Metric):
    """The mean over the days of what each contributes, as the function `of_day` gives it."""

    full_state_update = False
    of_day: Callable[[Any, Any], Any]
    total: Tensor
    count: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.add_state("total", torch.tensor(0.0), dist_reduce_fx="sum")
        self.add_state("count", torch.tensor(0), dist_reduce_fx="sum")

    def update(self, forecast: Tensor, y: Tensor) -> None:
        """Takes in forecasts and truth."""
        each = self.of_day(forecast, y)
        self.total, self.count = self.total + each.sum(), self.count + each.numel()

    def compute(self) -> Tensor:
        """The mean."""
        return self.total / self.count


class Accuracy(DailyMean):
    """Share of answers that are right, as `right` tells of answers and truth, both in one form."""

    higher_is_better = HIGHER_IS_BETTER["accuracy"]

    def __init__(self, right: Callable[[Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.of_day = right


class Bias(DailyMean):
    """Mean error, forecast less truth: above 0 where the forecast is too high."""

    higher_is_better = HIGHER_IS_BETTER["bias"]
    of_day = staticmethod(values.error)


class Brier(DailyMean):
    """Brier score; see `probabilities.brier`."""

    higher_is_better = HIGHER_IS_BETTER["brier"]
    of_day = staticmethod(probabilities.brier)


class LogLoss(DailyMean):
    """Log loss; see `probabilities.log_loss`."""

    higher_is_better = HIGHER_IS_BETTER["log_loss"]
    of_day = staticmethod(probabilities.log_loss)


class RankedProbability(DailyMean):
    """Ranked probability score; see `probabilities.ranked_probability`."""

    higher_is_better = HIGHER_IS_BETTER["ranked_probability"]
    of_day = staticmethod(probabilities.ranked_probability)


class Peirce(MulticlassConfusionMatrix):
    """Peirce skill score of k classes; see `decisions.peirce`.

    >>> score = Peirce(2)
    >>> score.update(torch.tensor([1, 1, 0, 0]), torch.tensor([1, 0, 0, 0]))
    >>> score.compute()
    tensor(0.6667, dtype=torch.float64)
    """

    higher_is_better = HIGHER_IS_BETTER["peirce"]
    of_shares = staticmethod(decisions.peirce)

    def update(self, decision: Tensor, y: Tensor) -> None:
        """Takes in answers and truth of one shape, class indices or events as 0 and 1."""
        super().update(decision.long(), y.long())

    def compute(self) -> Tensor:
        """The score."""
        cells = super().compute().double()
        shares = cells / cells.sum()
        return torch.as_tensor(self.of_shares(shares.trace(), shares.sum(1), shares.sum(0)))


class Heidke(Peirce):
    """Heidke skill score of k classes; see `decisions.heidke`."""

    higher_is_better = HIGHER_IS_BETTER["heidke"]
    of_shares = staticmethod(decisions.heidke)


class ReliabilityTable(Metric):
    """The points of a reliability diagram [bins, k] of k labels or classes; see `reliability.points`.

    >>> table = ReliabilityTable(bins=2)
    >>> table.update(torch.tensor([[0.75], [1.0], [0.25]]), torch.tensor([[1.0], [0.0], [0.0]]))
    >>> {name: column[:, 0].tolist() for name, column in table.compute().items()}
    {'days': [1.0, 2.0], 'forecast': [0.25, 0.875], 'observed': [0.0, 0.5]}
    """

    full_state_update = False
    higher_is_better = None
    forecasts: Tensor

    def __init__(self, outputs: int = 1, bins: int = reliability.BINS) -> None:
        super().__init__()
        self.bins = bins
        for name in reliability.SUMS:
            self.add_state(name, torch.zeros(bins, outputs, dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("forecasts", torch.tensor(0), dist_reduce_fx="sum")

    def update(self, p: Tensor, y: Tensor) -> None:
        """Takes in probabilities [n, k] and events [n, k] or class indices [n]."""
        self.forecasts = self.forecasts + y.numel()  # as Brier averages: over days and labels, not over classes
        for name, value in reliability.bin_sums(p, probabilities.indicators(p, y), self.bins).items():
            setattr(self, name, getattr(self, name) + value)

    def compute(self) -> Any:
        """The points by name: days, mean forecast, observed frequency; nan where there are no days."""
        return reliability.points({name: getattr(self, name) for name in reliability.SUMS})


class Reliability(ReliabilityTable):
    """First part of the Brier score; see `reliability.parts`."""

    part = "reliability"
    higher_is_better = HIGHER_IS_BETTER["brier_reliability"]  # type: ignore[assignment]

    def compute(self) -> Any:
        """This part."""
        sums = {name: getattr(self, name) for name in reliability.SUMS}
        return reliability.parts(sums, self.forecasts.item())[self.part]


class Resolution(Reliability):
    """Second part of the Brier score; see `reliability.parts`."""

    part = "resolution"
    higher_is_better = HIGHER_IS_BETTER["brier_resolution"]


class Uncertainty(Reliability):
    """Third part of the Brier score; see `reliability.parts`."""

    part = "uncertainty"
    higher_is_better = HIGHER_IS_BETTER["brier_uncertainty"]


class Skill(WrapperMetric):
    """Skill against a reference, by a score that is 0 for a perfect forecast, such as `Brier()`; see `skill.skill`."""

    higher_is_better = HIGHER_IS_BETTER["skill"]

    def __init__(self, score: Metric) -> None:
        super().__init__()
        self.score, self.reference = score, score.clone()

    def update(self, forecast: Tensor, reference: Tensor, y: Tensor) -> None:
        """Takes in forecasts, the reference's of the same days, and the truth, in the form that the score takes."""
        self.score.update(forecast, y)
        self.reference.update(reference, y)

    def compute(self) -> Tensor:
        """The skill."""
        return torch.as_tensor(skill.skill(self.score.compute(), self.reference.compute()))

    def reset(self) -> None:
        """Forgets what was taken in."""
        super().reset()
        self.score.reset()
        self.reference.reset()
