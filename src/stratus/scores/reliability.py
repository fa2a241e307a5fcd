"""What the Brier score is made of, from sums over bins of forecasts that are nearly the same."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torchmetrics import Metric

from stratus.scores.probabilities import indicators


def bin_sums(p: Tensor, y: Tensor, bins: int = 10) -> dict[str, Tensor]:
    """Sums of 1, p, y, p² and py over bins of equal width of p, the last bin with its upper border.

    Args:
        p: Probabilities of k labels or classes [..., n, k].
        y: Whether each came, of the same shape.
        bins: Number of bins.

    Returns:
        Of each bin [..., bins, k], in float64.
    """
    borders = (torch.arange(1, bins, dtype=torch.float64, device=p.device) / bins).to(p.dtype)
    place = torch.bucketize(p.contiguous(), borders, right=True)
    p, y = p.double(), y.double()
    empty = p.new_zeros(*p.shape[:-2], bins, p.shape[-1])
    values = {"n": torch.ones_like(p), "p": p, "y": y, "pp": p * p, "py": p * y}
    return {name: empty.scatter_add(-2, place, value) for name, value in values.items()}


def parts_of(sums: Mapping[str, Tensor], forecasts: Tensor | int) -> dict[str, Tensor]:
    """The parts of the Brier score [...] from `bin_sums`, whose forecasts are counted as Brier averages them."""
    days, p, y = (sums[name] for name in ("n", "p", "y"))
    n = days.clamp_min(1)  # an empty bin's sums are 0
    mean = y.sum(-2, keepdim=True) / days.sum(-2, keepdim=True)
    within = sums["pp"] - p**2 / n - 2 * (sums["py"] - p * y / n)
    terms = {
        "reliability": (p - y) ** 2 / n,
        "resolution": (y - days * mean) ** 2 / n - within,
        "uncertainty": days * mean * (1 - mean),
    }
    return {name: term.sum((-2, -1)) / forecasts for name, term in terms.items()}


class _Binned(Metric):
    """`bin_sums` over all days.

    Args:
        outputs: Number of labels, or of classes of a category, k.
        bins: Number of bins.
    """

    full_state_update = False
    n: Tensor
    p: Tensor
    y: Tensor
    pp: Tensor
    py: Tensor
    forecasts: Tensor

    def __init__(self, outputs: int = 1, bins: int = 10) -> None:
        super().__init__()
        self.outputs, self.bins = outputs, bins
        for sums in ("n", "p", "y", "pp", "py"):
            self.add_state(sums, torch.zeros(bins, outputs, dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("forecasts", torch.tensor(0), dist_reduce_fx="sum")

    def update(self, p: Tensor, y: Tensor) -> None:
        """Takes in probabilities [n, k] and events [n, k] or class indices [n]."""
        self.forecasts = self.forecasts + y.numel()  # as Brier averages: over days and labels, not over classes
        for sums, value in bin_sums(p, indicators(p, y), self.bins).items():
            setattr(self, sums, getattr(self, sums) + value)

    def _terms(self) -> dict[str, Tensor]:
        return parts_of({name: getattr(self, name) for name in ("n", "p", "y", "pp", "py")}, self.forecasts)


class Reliability(_Binned):
    """First part of the Brier score: how far the bins' mean probabilities p̄ are from the frequencies ȳ in them.

    Brier = reliability - resolution + uncertainty, exactly (Murphy, 1973). Reliability is Σ n (p̄ - ȳ)² / N over the
    bins: 0 is best. As in Brier, labels are averaged and a category's classes summed.

    Of two days with 0.75 one had the event:

    >>> score = Reliability()
    >>> score.update(torch.tensor([[0.75], [0.75]]), torch.tensor([[1.0], [0.0]]))
    >>> score.compute()
    tensor(0.0625, dtype=torch.float64)
    """

    higher_is_better = False

    def compute(self) -> Tensor:
        """The reliability, at least 0."""
        return self._terms()["reliability"]


class Resolution(_Binned):
    """Second part of the Brier score: how much the forecasts tell the days apart; more is better.

    Murphy's is Σ n (ȳ - mean of y)² / N over the bins. It makes the three parts add up only where forecasts in a bin
    are equal. So this is the generalised resolution of Stephenson, Coelho & Jolliffe (2008), which adds what the
    forecasts tell inside the bins: plus twice their covariance with y there, less their variance there. It may be
    below 0, where they differ in a bin without reason.

    >>> score = Resolution()
    >>> score.update(torch.tensor([[0.75], [0.75], [0.25]]), torch.tensor([[1.0], [1.0], [0.0]]))
    >>> score.compute()
    tensor(0.2222, dtype=torch.float64)
    """

    higher_is_better = True

    def compute(self) -> Tensor:
        """The generalised resolution."""
        return self._terms()["resolution"]


class Uncertainty(_Binned):
    """Third part of the Brier score: ȳ (1 - ȳ) of all days, the score of who always says their frequency ȳ."""

    def compute(self) -> Tensor:
        """The uncertainty, at least 0; no forecast changes it."""
        return self._terms()["uncertainty"]


class ReliabilityTable(_Binned):
    """The points of a reliability diagram.

    >>> table = ReliabilityTable(bins=2)
    >>> table.update(torch.tensor([[0.75], [1.0], [0.25]]), torch.tensor([[1.0], [0.0], [0.0]]))
    >>> {name: column[:, 0].tolist() for name, column in table.compute().items()}
    {'days': [1.0, 2.0], 'forecast': [0.25, 0.875], 'observed': [0.0, 0.5]}
    """

    def compute(self) -> dict[str, Any]:
        """Of each bin and output [bins, k]: days, mean forecast, observed frequency; nan where there are no days."""
        return {"days": self.n, "forecast": self.p / self.n, "observed": self.y / self.n}


def brier_parts(outputs: int) -> dict[str, Metric]:
    """The three parts of the Brier score of `outputs` labels or classes, by their names in run.json."""
    return {
        "brier_reliability": Reliability(outputs),
        "brier_resolution": Resolution(outputs),
        "brier_uncertainty": Uncertainty(outputs),
    }
