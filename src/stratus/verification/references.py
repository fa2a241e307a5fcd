"""What a forecast has to beat: climatology and persistence; and what the same model can reach at best: the optimum."""

from dataclasses import dataclass

import numpy as np

from stratus.data.samples import Array, Samples, unknown
from stratus.data.splits import Splits
from stratus.data.targets import Classes
from stratus.tasks.linear import LinearTask
from stratus.training.optimum import Optimum, optimum
from stratus.verification.climatology import Climatology, sums_by_day
from stratus.verification.forecasts import Forecasts, beside
from stratus.verification.model import Model


@dataclass(frozen=True)
class Persistence:
    """Tomorrow like today: the last known y again.

    A class or event is given a probability by the simplest chain that persists: with probability ρ the weather stays,
    else it is drawn anew from the frequencies f (discrete autoregression of order 1, Jacobs & Lewis, 1978).
    ρ = (h - Σf²)/(1 - Σf²), where h is the share of days that were as the last. f and ρ are those of the days before
    the test, station by station; a station with less than a year of days gets what all together give. Where nothing is
    known before, or a class that training lacks, the climatology stands in.
    """

    splits: Splits
    climatology: Climatology  # stands in
    frequency: Array | None = None  # f [places + 1, choices, classes]; None for values
    stay: Array | None = None  # ρ [places + 1, choices]; None for values

    @classmethod
    def fit(cls, splits: Splits, climatology: Climatology | None = None) -> "Persistence":
        """The persistence of the weather before the test."""
        usual, target, k = climatology or Climatology.fit(splits), splits.target, len(splits.outputs)
        if not isinstance(target, Classes):
            return cls(splits, usual)

        def columns(part: Samples) -> Array:
            came = target.indicators(part.y, k)
            known = came.any(axis=2) & np.reshape(~unknown(part.last), came.shape[:2])
            stayed = known & np.reshape(part.y == part.last, known.shape)
            return np.concatenate([came.reshape(len(part), -1), known, stayed], axis=1)

        sums = sums_by_day(splits, columns)[1].sum(axis=1)
        c = target.classes(k)
        choices = (sums.shape[1] - 1) // (c + 2)
        came = sums[:, 1 : 1 + choices * c].reshape(-1, choices, c)
        frequency = came / np.maximum(came.sum(axis=2, keepdims=True), 1)
        known, stayed = np.split(sums[:, 1 + choices * c :], 2, axis=1)
        by_chance = np.square(frequency).sum(axis=2)
        varies = (known > 0) & (by_chance < 1)
        stay = (stayed / np.maximum(known, 1) - by_chance) / np.where(varies, 1 - by_chance, 1)
        return cls(splits, usual, frequency, np.where(varies, np.maximum(0.0, stay), 0.0))

    def forecast(self, days: Samples) -> Array:
        """Values or probabilities [n, k]."""
        target, none = self.splits.target, unknown(days.last)
        again = days.last
        if isinstance(target, Classes) and self.stay is not None and self.frequency is not None:
            last = target.indicators(np.where(none, 0, days.last), len(self.splits.outputs))
            rows, _ = self.climatology.place(days)
            stay = self.stay[rows][:, :, None]
            again = target.probabilities(stay * last + (1 - stay) * self.frequency[rows])
        return np.where(none.reshape(len(days), -1), self.climatology.forecast(days), again)

    def decision(self, days: Samples) -> Array:
        """The last known y itself, in the form of y."""
        usual = self.climatology.forecast(days)
        return np.where(unknown(days.last), self.splits.target.likeliest(usual), days.last)


@dataclass(frozen=True)
class References:
    """The forecasters beside a model: climatology, persistence, and the exact optimum of the same task."""

    task: LinearTask  # theirs, whatever its weights
    splits: Splits  # whose training days they are fitted on
    climatology: Climatology
    persistence: Persistence
    optimum: Optimum

    NAMES = ("climatology", "persistence", "optimum")

    @classmethod
    def fit(cls, task: LinearTask, splits: Splits) -> "References":
        """Those of a task, fitted on the training days."""
        usual = Climatology.fit(splits)
        return cls(task, splits, usual, Persistence.fit(splits, usual), optimum(task, splits))

    def unseen_days(self) -> int:
        """How many test days are in a season that no day before the test was in."""
        return sum(self.climatology.unseen(part) for part in self.splits.test.chunks())

    def forecasts(self, days: Samples) -> Forecasts:
        """Their forecasts of n days, in the order of `NAMES`."""
        task, target, again = self.task, self.splits.target, self.persistence
        usual = Forecasts.of_forecast(task, "climatology", days, target, forecast=self.climatology.forecast(days))
        forecast, decision = again.forecast(days), again.decision(days)
        last = Forecasts.of_forecast(task, "persistence", days, target, forecast=forecast, decision=decision)
        return beside([usual, last, Model(task, self.optimum.weights, target, ("optimum",)).forecasts(days)])
