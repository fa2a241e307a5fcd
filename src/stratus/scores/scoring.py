"""All scores of a kind of forecast, in two steps: what each day contributes, and the scores from the days' means.

So days may come in chunks or be resampled. Arrays are numpy's, float64, of F forecasters, n days and k outputs. Where
not all of several outputs are known on a day, every known pair of a day and an output counts alike.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from stratus.data.samples import Array, unknown
from stratus.data.targets import Category, Continuous, Target
from stratus.scores import decisions, probabilities, reliability, values

Terms: TypeAlias = dict[str, Array]  # by name what each day contributes [F, n, …], or its means over the days [F, …]
SHARES = ("right", "came", "decided")  # terms that the scores of decisions are made of
KNOWN = "known"  # the term that says which of several outputs are known: each of them [1, n, k], or their share [1, n]


class Scoring(ABC):
    """The scores of one kind of target."""

    ruler: str  # the score that skill is measured by: 0 for a perfect forecast

    @abstractmethod
    def terms(self, forecast: Array, decision: Array, y: Array) -> Terms:
        """What each day contributes, from values or probabilities [F, n, k], and answers in the form of y.

        The truth y is [1, n, k], of a category class indices [1, n]; where it is nan it contributes 0, and to `KNOWN`.
        """

    @abstractmethod
    def from_means(self, means: Mapping[str, Array]) -> Terms:
        """The scores by name [F], from the means of `terms` [F, …]."""

    def bins(self, forecast: Array, y: Array) -> Terms:
        """Sums over bins of probabilities [F, bins, k], as `reliability.bin_sums` gives them; none for values."""
        return {}

    def from_bins(self, sums: Mapping[str, Array], days: int) -> Terms:
        """The scores by name [F] from those sums over so many days."""
        return {}

    def classes(self, forecast: Array, decision: Array, y: Array) -> tuple[Array, Array, Array]:
        """Each class's probability, and whether it was decided and came [F, n, c]; no class for values."""
        none = np.zeros((*forecast.shape[:2], 0))
        return none, none, none

    def class_names(self, outputs: list[str]) -> list[str]:
        """The names of those classes."""
        return []


@dataclass(frozen=True)
class ValueScoring(Scoring):
    """Of values: accuracy within `tolerance` (the target's unit), mae, rmse and bias, over days and outputs."""

    tolerance: float
    ruler = "mse"

    def terms(self, forecast: Array, decision: Array, y: Array) -> Terms:
        """See `Scoring.terms`."""
        known, y, forecast = _filled(y, forecast)
        return {
            "accuracy": (values.within(forecast, y, self.tolerance) * known).mean(-1),
            "mae": values.absolute_error(forecast, y),
            "mse": values.squared_error(forecast, y),
            "bias": values.error(forecast, y),
            **({KNOWN: known.mean(-1)} if y.shape[-1] > 1 else {}),
        }

    def from_means(self, means: Mapping[str, Array]) -> Terms:
        """See `Scoring.from_means`; mse stays for the skill."""
        found = _over_known(means, means.get(KNOWN))
        return {**found, "rmse": np.sqrt(found["mse"])}


class ProbabilityScoring(Scoring):
    """Of probabilities: log loss, Brier score and its parts, accuracy, Heidke's and Peirce's score."""

    ruler = "brier"

    def terms(self, forecast: Array, decision: Array, y: Array) -> Terms:
        """See `Scoring.terms`; whether an answer is right, and what came and was decided [F, n, k]."""
        known, y, forecast, decision = _filled(y, forecast, decision)
        return {
            "log_loss": probabilities.log_loss(forecast, y),
            "brier": probabilities.brier(forecast, y),
            "right": (decision == y) & known,
            "came": probabilities.indicators(forecast, y),
            "decided": probabilities.indicators(forecast, decision),
            **({KNOWN: known} if y.ndim == forecast.ndim and y.shape[-1] > 1 else {}),
        }

    def from_means(self, means: Mapping[str, Array]) -> Terms:
        """See `Scoring.from_means`."""
        with np.errstate(invalid="ignore", divide="ignore"):
            decided = self.of_shares(*(means[name] for name in SHARES))
        return {name: means[name] for name in means if name not in SHARES} | decided

    def of_shares(self, right: Array, came: Array, decided: Array) -> Terms:
        """Accuracy, heidke and peirce [F], from the means of those terms."""
        shares = right, came, decided
        return {"accuracy": right, "heidke": decisions.heidke(*shares), "peirce": decisions.peirce(*shares)}

    def bins(self, forecast: Array, y: Array) -> Terms:
        """See `Scoring.bins`."""
        return reliability.bin_sums(forecast, probabilities.indicators(forecast, y))

    def from_bins(self, sums: Mapping[str, Array], days: Any) -> Terms:
        """The parts of the Brier score, summed over the outputs."""
        return {f"brier_{name}": value for name, value in reliability.parts(sums, days).items()}

    def classes(self, forecast: Array, decision: Array, y: Array) -> tuple[Array, Array, Array]:
        """See `Scoring.classes`."""
        return forecast, probabilities.indicators(forecast, decision), probabilities.indicators(forecast, y)

    def class_names(self, outputs: list[str]) -> list[str]:
        """See `Scoring.class_names`."""
        return outputs


class CategoryScoring(ProbabilityScoring):
    """Of a category: what is said of a day is one of the classes."""


class EventScoring(ProbabilityScoring):
    """Of events: the scores of each label, yes or no, averaged."""

    def from_means(self, means: Mapping[str, Array]) -> Terms:
        """See `Scoring.from_means`."""
        if (known := means.get(KNOWN)) is None:
            return super().from_means(means)
        with np.errstate(invalid="ignore"):
            each = {name: means[name] / known for name in SHARES}  # nan where a label is never known
        found = _over_known({**means, "accuracy": means["right"].mean(-1)}, known.mean(-1))
        return super().from_means(found | each) | {"accuracy": found["accuracy"]}

    def of_shares(self, right: Array, came: Array, decided: Array) -> Terms:
        """See `ProbabilityScoring.of_shares`."""
        yes_or_no = [np.stack([1 - one, one], axis=-1) for one in (came, decided)]
        return {name: one.mean(-1) for name, one in super().of_shares(right, *yes_or_no).items()}

    def from_bins(self, sums: Mapping[str, Array], days: int) -> Terms:
        """The parts of the Brier score, averaged over what is known of the labels."""
        return super().from_bins(sums, sums["n"].sum((-2, -1)))

    def classes(self, forecast: Array, decision: Array, y: Array) -> tuple[Array, Array, Array]:
        """Of several labels each; of a single event the days with it, and those without."""
        every = super().classes(forecast, decision, y)
        if forecast.shape[-1] > 1:
            return every
        event, decided, came = (np.concatenate([one, 1 - one], axis=-1) for one in every)
        return event, decided, came

    def class_names(self, outputs: list[str]) -> list[str]:
        """See `Scoring.class_names`."""
        return outputs if len(outputs) > 1 else [outputs[0], f"no {outputs[0]}"]


def _filled(y: Array, *others: Array) -> tuple[Array, ...]:
    """Whether each of y is known; and y and others, 0 where it is not: a forecast without an error."""
    known = ~unknown(y)
    return (known, y, *others) if known.all() else (known, *(np.where(known, one, 0) for one in (y, *others)))


def _over_known(means: Mapping[str, Array], share: Array | None) -> Terms:
    """Means over days as means over what is known, a share of them; the loss is one over days."""
    return {
        name: value if share is None or name == "loss" or value.ndim > share.ndim else value / share
        for name, value in means.items()
        if name != KNOWN
    }


def scoring_of(target: Target, tolerance: float = 0.0) -> Scoring:
    """The scores of a target; values within `tolerance` (its unit) count as accurate."""
    if isinstance(target, Continuous):
        return ValueScoring(tolerance)
    return CategoryScoring() if isinstance(target, Category) else EventScoring()
