"""Climatology: what is usual on a day of the year, at each station."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from stratus.data.features import YEAR
from stratus.data.samples import Array, Samples, unknown
from stratus.data.splits import Splits
from stratus.data.targets import Category, Classes, Target

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
        return cls.of(Past.before_test(splits))

    @classmethod
    def of(cls, past: "Past") -> "Climatology":
        """The climatology of what was."""
        target, days = past.target, past.sums[:, :, 0]
        if isinstance(target, Classes):
            choices = past.came
            p = np.stack([_frequencies(choices[:, :, one]) for one in range(choices.shape[2])], axis=2)
            usual = np.stack([target.probabilities(row) for row in p])
        else:
            usual = WAVES @ _least_squares(*np.split(past.sums[:, :, 1:], 2, axis=2))
        near = np.stack([np.roll(days, shift, axis=1) for shift in range(-NEAR, NEAR + 1)]).sum(axis=0)
        own = {name: row for row, name in enumerate(past.places) if days[row].sum() >= YEAR_OF_DAYS}
        return cls(target, usual, own, near > 0)

    def place(self, days: Samples) -> tuple[Array, Array]:
        """Row and day of the year of each day [n]."""
        rows = np.array([self.row.get(name, len(self.usual) - 1) for name in days.places])[days.at]
        return rows, _day_of_year(days.dates)

    def forecast(self, days: Samples) -> Array:
        """Values or probabilities [n, k]."""
        return np.asarray(self.usual[self.place(days)])

    def in_season(self, days: Samples) -> Array:
        """Whether each day's season is one that a day before the test was in [n]; climatology is a guess elsewhere."""
        return np.asarray(self.seen[self.place(days)])

    def unseen(self, days: Samples) -> int:
        """How many of these days have a season that no day before the test had."""
        return int((~self.in_season(days)).sum())


@dataclass(frozen=True)
class Past:
    """Days that were, as sums by place and day of the year: all that climatology and persistence are fitted on."""

    target: Target
    outputs: int  # k
    places: list[str]
    sums: Array  # of 1 and of the columns below [places + 1, 366, 1 + c]; in the last row over all places
    first: np.datetime64 | None  # of the days; None where there is none

    @classmethod
    def before_test(cls, splits: Splits) -> "Past":
        """The days before the test."""
        return cls.of(splits.target, len(splits.outputs), splits.before_test)

    @classmethod
    def of(cls, target: Target, outputs: int, parts: Iterable[Samples]) -> "Past":
        """That of k outputs, of days in parts, at least one."""
        sums: dict[str, Array] = {}
        starts = []
        for samples in parts:
            here = np.zeros((1 + _width(target, outputs), len(samples.places) * DAYS))
            for part in samples.chunks():
                at = part.at * DAYS + _day_of_year(part.dates)
                for row, one in enumerate([None, *_columns(target, outputs, part).T]):
                    here[row] += np.bincount(at, one, here.shape[1])
                starts.append(part.dates.min())
            by_place = np.moveaxis(here.reshape(len(here), len(samples.places), DAYS), 0, 2)
            for name, one in zip(samples.places, by_place, strict=True):
                sums[name] = sums[name] + one if name in sums else one
        rows = np.stack(list(sums.values()))
        every = np.concatenate([rows, rows.sum(axis=0, keepdims=True)])
        return cls(target, outputs, list(sums), every, min(starts, default=None))

    def days(self, place: str) -> int:
        """How many days there are of a place."""
        return int(self.sums[self.places.index(place), :, 0].sum()) if place in self.places else 0

    @property
    def came(self) -> Array:
        """How often each class of each choice came [places + 1, 366, choices, classes]."""
        assert isinstance(self.target, Classes)
        choices, c = _choices(self.target, self.outputs), self.target.classes(self.outputs)
        return self.sums[:, :, 1 : 1 + choices * c].reshape(*self.sums.shape[:2], choices, c)

    @property
    def persisted(self) -> tuple[Array, Array]:
        """On how many days the day before was known, and of them was of the same class [places + 1, choices]."""
        known, stayed = np.split(self.sums[:, :, -2 * _choices(self.target, self.outputs) :].sum(axis=1), 2, axis=1)
        return known, stayed


def _choices(target: Target, outputs: int) -> int:
    return 1 if isinstance(target, Category) else outputs


def _width(target: Target, outputs: int) -> int:
    return _choices(target, outputs) * (target.classes(outputs) + 2) if isinstance(target, Classes) else 2 * outputs


def _columns(target: Target, outputs: int, part: Samples) -> Array:
    """What is summed of each day [n, c]: values, and which are known.

    Of classes who came, whether the last is known, and stayed.
    A day of a class that training lacks counts as of none.
    """
    if not isinstance(target, Classes):
        gone = unknown(part.y)
        return np.concatenate([np.where(gone, 0, part.y), ~gone], axis=1)
    came = target.indicators(part.y, outputs)
    known = came.any(axis=2) & np.reshape(~unknown(part.last), came.shape[:2])
    stayed = known & np.reshape(part.y == part.last, known.shape)
    return np.concatenate([came.reshape(len(part), -1), known, stayed], axis=1)


def _day_of_year(dates: Array) -> Array:
    """0 on the first of January."""
    return np.asarray((dates - dates.astype("datetime64[Y]")).astype(int))


_ANGLE = 2 * np.pi * np.arange(1, DAYS + 1) / YEAR
WAVES = np.stack([np.ones(DAYS), *(wave(j * _ANGLE) for j in (1, 2) for wave in (np.cos, np.sin))], axis=1)


def _least_squares(y: Array, known: Array) -> Array:
    """Coefficients [rows, 5, k] from the normal equations, given sums of y and how many are known [rows, 366, k]."""
    squares = np.einsum("di,rdk,dj->rkij", WAVES, known, WAVES, optimize=True)
    return np.asarray(np.einsum("rkij,rjk->rik", np.linalg.pinv(squares, hermitian=True), WAVES.T @ y))


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
