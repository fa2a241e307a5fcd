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

YEAR_OF_DAYS = 365  # a station with fewer days is given what all stations together give
DAYS = 366  # of a leap year
NEAR = 15  # days before and after a day of the year that are its season
PRIOR = np.array([0.0, 2.0, 2.0, 8.0, 8.0])  # 1/σ² of a class's waves: those of log-odds have σ = 1, and 1/2


@dataclass(frozen=True)
class Climatology:
    """What is usual on a day: the mean of y given the season, fitted on all days before the test, station by station.

    With a(t) = (1, cos ωt, sin ωt, cos 2ωt, sin 2ωt), ω one turn a year, a value is usually a(t)ᵀc, by least squares;
    the log-odds of events and classes are a(t)ᵀc, at the posterior mode under c ~ N(0, 1/`PRIOR`), which counts where
    days are few, with half a day of each class added (Krichevsky & Trofimov, 1981), so that none is impossible
    (harmonic logistic regression, Stern & Coe, 1984). A station with less than a year of days gets what all together
    give. Training days that a resample has drawn count as they are.
    """

    target: Target
    usual: Array  # of each station, and in the last row of all together, by day of the year [rows, 366, k]
    row: dict[str, int]  # of each station that has a fit of its own
    seen: Array  # whether a day of the year has a day of its season behind it [rows, 366]

    @classmethod
    def fit(cls, splits: Splits) -> "Climatology":
        """The climatology of the days before the test."""
        target, k = splits.target, len(splits.outputs)
        if isinstance(target, Classes):

            def columns(part: Samples) -> Array:
                return np.reshape(target.indicators(part.y, k), (len(part), -1))

        else:

            def columns(part: Samples) -> Array:
                return np.asarray(part.y)

        places, sums = _sums(splits, columns)
        days = sums[:, :, 0]
        if isinstance(target, Classes):
            choices = sums[:, :, 1:].reshape(len(sums), DAYS, -1, target.classes(k))
            p = np.stack([_frequencies(choices[:, :, one]) for one in range(choices.shape[2])], axis=2)
            usual = np.stack([target.probabilities(row) for row in p])
        else:
            usual = WAVES @ _least_squares(days, sums[:, :, 1:])
        near = np.stack([np.roll(days, shift, axis=1) for shift in range(-NEAR, NEAR + 1)]).sum(axis=0)
        own = {name: row for row, name in enumerate(places) if days[row].sum() >= YEAR_OF_DAYS}
        return cls(target, usual, own, near > 0)

    def _at(self, days: Samples) -> tuple[Array, Array]:
        """Row and day of the year of each day [n]."""
        rows = np.array([self.row.get(name, len(self.usual) - 1) for name in days.places])[days.at]
        return rows, _day_of_year(days.dates)

    def forecast(self, days: Samples) -> Array:
        """Values or probabilities [n, k]."""
        return np.asarray(self.usual[self._at(days)])

    def unseen(self, days: Samples) -> int:
        """How many of these days have a season that no day before the test had."""
        return int((~self.seen[self._at(days)]).sum())


def _day_of_year(dates: Array) -> Array:
    """0 on the first of January."""
    return np.asarray((dates - dates.astype("datetime64[Y]")).astype(int))


_ANGLE = 2 * np.pi * np.arange(1, DAYS + 1) / YEAR
WAVES = np.stack([np.ones(DAYS), *(wave(j * _ANGLE) for j in (1, 2) for wave in (np.cos, np.sin))], axis=1)


def _sums(splits: Splits, columns: Callable[[Samples], Array]) -> tuple[list[str], Array]:
    """Places, and sums by place and day of the year [places + 1, 366, 1 + c] of 1 and of columns [n, c] of y.

    Over the days before the test; in the last row over all places.
    """
    places = splits.train.places
    here: Any = 0
    for samples in splits.before_test:
        row = np.array([places.index(name) for name in samples.places])
        for part in samples.chunks():
            at = row[part.at] * DAYS + _day_of_year(part.dates)
            every = [None, *columns(part).T]
            here = here + np.stack([np.bincount(at, one, len(places) * DAYS) for one in every], axis=1)
    here = here.reshape(len(places), DAYS, -1)
    return places, np.concatenate([here, here.sum(axis=0, keepdims=True)])


def _least_squares(days: Array, y: Array) -> Array:
    """Coefficients [rows, 5, k] from the normal equations, given days [rows, 366] and sums of y [rows, 366, k]."""
    squares = np.einsum("di,rd,dj->rij", WAVES, days, WAVES)
    return np.asarray(np.linalg.pinv(squares, hermitian=True) @ (WAVES.T @ y))


def _frequencies(counts: Array) -> Array:
    """Probabilities [rows, 366, c] of c classes, given how often each came on a day of the year [rows, 366, c].

    Newton's method on the log-likelihood, all rows side by side: softmax(WAVES @ θ), θ [rows, 5, c].
    """
    counts = counts + 0.5 / DAYS
    rows, _, c = counts.shape
    n, prior = counts.sum(axis=2, keepdims=True), np.repeat(PRIOR[:, None], c, axis=1)
    theta = np.zeros((rows, 5, c))
    theta[:, 0] = np.log(counts.sum(axis=1) / n.sum(axis=1))
    for _ in range(50):
        p = _softmax(WAVES @ theta)
        gradient = WAVES.T @ (n * p - counts) + prior * theta
        curved = n[..., None] * (p[..., None] * np.eye(c) - p[..., None] * p[:, :, None])
        hessian = np.einsum("di,rdab,dj->riajb", WAVES, curved, WAVES, optimize=True).reshape(rows, 5 * c, 5 * c)
        # A constant added to all classes' log-odds changes nothing: the mean over classes stays what it is.
        step = np.linalg.pinv(hessian + np.diag(prior.ravel()), hermitian=True) @ gradient.reshape(rows, -1, 1)
        theta = theta - step.reshape(theta.shape)
        if np.abs(step).max() < 1e-10:
            break
    return _softmax(WAVES @ theta)


def _softmax(logits: Array) -> Array:
    odds = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=-1, keepdims=True))


@dataclass(frozen=True)
class Persistence:
    """Tomorrow like today: the last known y again.

    A class or event is given a probability by the simplest chain that persists: with probability ρ the weather stays,
    else it is drawn anew from the frequencies f (discrete autoregression of order 1, Jacobs & Lewis, 1978).
    ρ = (h - Σf²)/(1 - Σf²), where h is the share of days that were as the last. f and ρ are those of the days before
    the test, station by station; a station with less than a year of days gets what all together give. Where nothing is
    known before, the climatology stands in.
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
            known = np.reshape(~unknown(part.last), (len(part), -1))
            stayed = known & np.reshape(part.y == part.last, known.shape)
            return np.concatenate([target.indicators(part.y, k).reshape(len(part), -1), known, stayed], axis=1)

        sums = _sums(splits, columns)[1].sum(axis=1)
        c = target.classes(k)
        choices = (sums.shape[1] - 1) // (c + 2)
        frequency = sums[:, 1 : 1 + choices * c].reshape(-1, choices, c) / np.maximum(sums[:, :1, None], 1)
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
            rows, _ = self.climatology._at(days)
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
