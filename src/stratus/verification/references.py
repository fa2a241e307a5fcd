"""What a forecast has to beat: climatology and persistence; and what the same model can reach at best: the optimum."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from stratus.data.features import YEAR
from stratus.data.samples import Array, Samples, unknown
from stratus.data.splits import Splits
from stratus.data.targets import Classes, Target
from stratus.tasks.linear import LinearTask
from stratus.training.optimum import Optimum, optimum
from stratus.verification.forecasts import Forecasts, beside
from stratus.verification.model import Model

YEAR_OF_DAYS = 365  # a station with fewer training days is given what all stations together give


@dataclass(frozen=True)
class Climatology:
    """What is usual on a day: the mean of y given the season, fitted on the training days of each station.

    For a value, least squares on two harmonics of the year, c₀ + Σⱼ aⱼ cos jωt + bⱼ sin jωt, j = 1, 2. For events and
    categories, the frequencies of the calendar month, with half a day of each class added (Krichevsky & Trofimov,
    1981), so that none is impossible. A station with less than a year of training days gets what all together give.
    """

    target: Target
    usual: Array  # of each station, and in the last row of all: coefficients [rows, 5, k] or frequencies [rows, 12, k]
    row: dict[str, int]  # of each station that has a fit of its own

    @classmethod
    def fit(cls, splits: Splits) -> "Climatology":
        """The climatology of the training days."""
        target, train = splits.target, splits.train
        if isinstance(target, Classes):
            usual, days = _frequencies(train, target, len(splits.outputs))
        else:
            usual, days = _harmonics(train)
        return cls(target, usual, {name: k for k, name in enumerate(train.places) if days[k] >= YEAR_OF_DAYS})

    def forecast(self, days: Samples) -> Array:
        """Values or probabilities [n, k]."""
        rows = np.array([self.row.get(name, len(self.usual) - 1) for name in days.places])[days.at]
        if isinstance(self.target, Classes):
            return np.asarray(self.usual[rows, _month(days.dates)])
        return np.asarray(np.einsum("nj,njk->nk", _waves(days.dates), self.usual[rows]))


def _sums(samples: Samples, values: Callable[[Samples], Array], season: Callable[[Array], Array], bins: int) -> Array:
    """Sums of columns [n, c] by place and season [places + 1, bins, c]; in the last row over all places."""
    cells = len(samples.places) * bins
    here: Any = 0
    for part in samples.chunks():
        at = part.at * bins + season(part.dates)
        here = here + np.stack([np.bincount(at, column, cells) for column in values(part).T], axis=1)
    here = here.reshape(len(samples.places), bins, -1)
    return np.concatenate([here, here.sum(axis=0, keepdims=True)])


def _harmonics(train: Samples) -> tuple[Array, Array]:
    """Coefficients [rows, 5, k] from the normal equations AᵀA c = Aᵀy, A being the waves; days of each row."""

    def products(part: Samples) -> Array:
        a = _waves(part.dates)
        return np.reshape(a[:, :, None] * np.concatenate([a, part.y], axis=1)[:, None, :], (len(a), -1))

    sums = _sums(train, products, lambda dates: np.zeros(len(dates), int), 1)
    sums = sums.reshape(len(sums), 5, -1)
    return np.linalg.pinv(sums[:, :, :5], hermitian=True) @ sums[:, :, 5:], sums[:, 0, 0]


def _waves(dates: Array) -> Array:
    angle = 2 * np.pi * ((dates - dates.astype("datetime64[Y]")).astype(int) + 1) / YEAR
    return np.stack([np.ones(len(dates)), *(wave(j * angle) for j in (1, 2) for wave in (np.cos, np.sin))], axis=1)


def _frequencies(train: Samples, target: Classes, k: int) -> tuple[Array, Array]:
    """How often each event or class comes in a calendar month [rows, 12, k]; days of each row."""

    def counts(part: Samples) -> Array:
        return np.concatenate([np.ones((len(part), 1)), target.probabilities(target.indicators(part.y, k))], axis=1)

    sums = _sums(train, counts, _month, 12)
    return (sums[:, :, 1:] + 0.5) / (sums[:, :, :1] + 0.5 * target.classes(k)), sums[:, :, 0].sum(axis=1)


def _month(dates: Array) -> Array:
    return np.asarray(dates.astype("datetime64[M]").astype(int) % 12)


@dataclass(frozen=True)
class Persistence:
    """Tomorrow like today: the last known y again.

    A class or event is given a probability by the simplest chain that persists: with probability ρ the weather stays,
    else it is drawn anew from the training frequencies f (discrete autoregression of order 1, Jacobs & Lewis, 1978).
    ρ = (h - Σf²)/(1 - Σf²), where h is the share of training days that were as the last. Where nothing is known before,
    the climatology stands in.
    """

    splits: Splits  # whose training days the chain is fitted on
    climatology: Climatology  # stands in
    frequency: Array | None = None  # f [choices, classes]; None for values
    stay: Array | None = None  # ρ [choices]; None for values

    @classmethod
    def fit(cls, splits: Splits, climatology: Climatology | None = None) -> "Persistence":
        """The persistence of the training days' weather."""
        usual = climatology or Climatology.fit(splits)
        if not isinstance(splits.target, Classes):
            return cls(splits, usual)
        frequency = splits.class_counts / len(splits.train)
        by_chance = np.square(frequency).sum(axis=1)
        stayed, days = np.zeros(len(frequency)), np.zeros(len(frequency))
        for part in splits.train.chunks():
            known = ~unknown(part.last)
            stayed += (known & (part.y == part.last)).reshape(len(part), -1).sum(axis=0)
            days += known.reshape(len(part), -1).sum(axis=0)
        share = stayed / np.maximum(days, 1)
        stay = np.where(days > 0, np.maximum(0.0, (share - by_chance) / (1 - by_chance)), 0.0)
        return cls(splits, usual, frequency, stay)

    def forecast(self, days: Samples) -> Array:
        """Values or probabilities [n, k]."""
        target, none = self.splits.target, unknown(days.last)
        again = days.last
        if isinstance(target, Classes) and self.stay is not None:
            last = target.indicators(np.where(none, 0, days.last), len(self.splits.outputs))
            again = target.probabilities(self.stay[:, None] * last + (1 - self.stay[:, None]) * self.frequency)
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

    def forecasts(self, days: Samples) -> Forecasts:
        """Their forecasts of n days, in the order of `NAMES`."""
        task, target, again = self.task, self.splits.target, self.persistence
        usual = Forecasts.of_forecast(task, "climatology", days, target, forecast=self.climatology.forecast(days))
        forecast, decision = again.forecast(days), again.decision(days)
        last = Forecasts.of_forecast(task, "persistence", days, target, forecast=forecast, decision=decision)
        return beside([usual, last, Model(task, self.optimum.weights, target, ("optimum",)).forecasts(days)])
