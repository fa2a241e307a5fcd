"""What a forecast has to beat: climatology and persistence; and what the same model can reach at best: the optimum."""

from dataclasses import dataclass

import numpy as np

from stratus.data.samples import Array, Samples, unknown
from stratus.data.splits import Splits
from stratus.data.targets import Classes
from stratus.tasks.linear import LinearTask
from stratus.training.optimum import Optimum, optimum
from stratus.verification.climatology import Climatology, Past
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

    climatology: Climatology  # stands in
    frequency: Array | None = None  # f [places + 1, choices, classes]; None for values
    stay: Array | None = None  # ρ [places + 1, choices]; None for values

    @classmethod
    def fit(cls, splits: Splits) -> "Persistence":
        """The persistence of the weather before the test."""
        past = Past.before_test(splits)
        return cls.of(past, Climatology.of(past))

    @classmethod
    def of(cls, past: Past, usual: Climatology) -> "Persistence":
        """The persistence of what was, whose climatology is given."""
        if not isinstance(past.target, Classes):
            return cls(usual)
        came, (known, stayed) = past.came.sum(axis=1), past.persisted
        frequency = came / np.maximum(came.sum(axis=2, keepdims=True), 1)
        by_chance = np.square(frequency).sum(axis=2)
        varies = (known > 0) & (by_chance < 1)
        stay = (stayed / np.maximum(known, 1) - by_chance) / np.where(varies, 1 - by_chance, 1)
        return cls(usual, frequency, np.where(varies, np.maximum(0.0, stay), 0.0))

    def forecast(self, days: Samples) -> Array:
        """Values or probabilities [n, k]."""
        target, none = self.climatology.target, unknown(days.last)
        again = days.last
        if isinstance(target, Classes) and self.stay is not None and self.frequency is not None:
            last = target.indicators(np.where(none, 0, days.last), self.climatology.usual.shape[-1])
            rows, _ = self.climatology.place(days)
            stay = self.stay[rows][:, :, None]
            again = target.probabilities(stay * last + (1 - stay) * self.frequency[rows])
        return np.where(none.reshape(len(days), -1), self.climatology.forecast(days), again)

    def decision(self, days: Samples) -> Array:
        """The last known y itself, in the form of y."""
        usual = self.climatology.forecast(days)
        return np.where(unknown(days.last), self.climatology.target.likeliest(usual), days.last)


@dataclass(frozen=True)
class Baselines:
    """The forecasters that know what was, and not the inputs: climatology and persistence."""

    task: LinearTask  # theirs, whatever its weights
    climatology: Climatology
    persistence: Persistence

    @classmethod
    def of(cls, task: LinearTask, past: Past) -> "Baselines":
        """Those of a task, fitted on what was."""
        usual = Climatology.of(past)
        return cls(task, usual, Persistence.of(past, usual))

    def forecasts(self, days: Samples) -> Forecasts:
        """Their forecasts of n days."""
        task, target, again = self.task, self.climatology.target, self.persistence
        usual = Forecasts.of_forecast(task, "climatology", days, target, forecast=self.climatology.forecast(days))
        forecast, decision = again.forecast(days), again.decision(days)
        last = Forecasts.of_forecast(task, "persistence", days, target, forecast=forecast, decision=decision)
        return beside([usual, last])


@dataclass(frozen=True)
class References:
    """The forecasters beside a model: climatology, persistence, and the exact optimum of the same task."""

    baselines: Baselines
    splits: Splits  # whose training days they are fitted on
    optimum: Optimum

    NAMES = ("climatology", "persistence", "optimum")

    @classmethod
    def fit(cls, task: LinearTask, splits: Splits) -> "References":
        """Those of a task, fitted on the training days."""
        return cls(Baselines.of(task, Past.before_test(splits)), splits, optimum(task, splits))

    def unseen_days(self) -> int:
        """How many test days are in a season that no day before the test was in."""
        return sum(self.baselines.climatology.unseen(part) for part in self.splits.test.chunks())

    def forecasts(self, days: Samples) -> Forecasts:
        """Their forecasts of n days, in the order of `NAMES`."""
        best = Model(self.baselines.task, self.optimum.weights, self.splits.target, ("optimum",))
        return beside([self.baselines.forecasts(days), best.forecasts(days)])
