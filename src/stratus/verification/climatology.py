"""Climatology: what is usual on a day of the year, at each station."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from stratus.data.normals import DAYS, WAVES, YEAR_OF_DAYS, day_of_year, least_squares, log_odds, softmax
from stratus.data.samples import Array, Samples, unknown
from stratus.data.splits import Splits
from stratus.data.targets import Category, Classes, Target

NEAR = 15  # days before and after a day of the year that are its season


@dataclass(frozen=True)
class Climatology:
    """What is usual on a day: the mean of y given the season, fitted on the days before the test, station by station.

    With a(t) = (1, cos ωt, sin ωt, cos 2ωt, sin 2ωt), ω one turn a year, a value is usually a(t)ᵀc, by least squares;
    the log-odds of events and classes are a(t)ᵀc, at the posterior mode under c ~ N(0, 1/`normals.PRIOR`), which
    counts where days are few, with half a day of each class added (Krichevsky & Trofimov, 1981), so that none is
    impossible (harmonic logistic regression, Stern & Coe, 1984). A station with less than a year of days gets what all
    together give. Training days that a resample has drawn count as they are; days without all inputs do not count.
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
            p = np.stack([softmax(WAVES @ log_odds(choices[:, :, one])) for one in range(choices.shape[2])], axis=2)
            usual = np.stack([target.probabilities(row) for row in p])
        else:
            usual = WAVES @ least_squares(*np.split(past.sums[:, :, 1:], 2, axis=2))
        near = np.stack([np.roll(days, shift, axis=1) for shift in range(-NEAR, NEAR + 1)]).sum(axis=0)
        own = {name: row for row, name in enumerate(past.places) if days[row].sum() >= YEAR_OF_DAYS}
        return cls(target, usual, own, near > 0)

    def place(self, days: Samples) -> tuple[Array, Array]:
        """Row and day of the year of each day [n]."""
        rows = np.array([self.row.get(name, len(self.usual) - 1) for name in days.places])[days.at]
        return rows, day_of_year(days.dates)

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
                at = part.at * DAYS + day_of_year(part.dates)
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
