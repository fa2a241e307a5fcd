"""Intervals of test scores, and of their differences from climatology's, by the circular block bootstrap."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from stratus.data.samples import Array
from stratus.scores.bootstrap import Bootstrap, interval
from stratus.scores.names import higher_is_better
from stratus.scores.scoring import Scoring, Terms
from stratus.scores.skill import skill

Ends: TypeAlias = dict[str, list[float]]  # low and high end by the score's name in run.json


@dataclass(frozen=True)
class Intervals:
    """95 % intervals of one model's test scores."""

    scores: Ends  # of the scores themselves
    against_climatology: Ends  # of each score less climatology's on the same days, where one of the two is better


class ScoreDraws:
    """Scores of F forecasters over resampled days, of days that come in chunks."""

    def __init__(self, scoring: Scoring) -> None:
        self.scoring, self.bootstrap = scoring, Bootstrap()

    def update(self, dates: Array, terms: Terms) -> None:
        """Takes in what each of some days contributes [F, n, …]; its dates [n]."""
        self.bootstrap.update(dates, {name: np.swapaxes(value, 0, 1) for name, value in terms.items()})

    def compute(self) -> dict[str, Array]:
        """The scores by name [F, resamples]."""
        drawn = self.scoring.from_means(self.bootstrap.means())
        return {name: np.ascontiguousarray(values.T) for name, values in drawn.items()}


def intervals(scoring: Scoring, draws: ScoreDraws, models: int, climatology: int) -> list[Intervals]:
    """The intervals of the first so many forecasters, compared with the one at the place `climatology`."""
    drawn = draws.compute()
    ruler = drawn[scoring.ruler]
    drawn = {name: one for name, one in drawn.items() if name != "mse"} | {"skill": skill(ruler, ruler[climatology])}
    # Neither way is a bias better, and skill is a comparison itself.
    compared = [name for name in drawn if name != "skill" and higher_is_better(name) is not None]
    less = [drawn[name] - drawn[name][climatology] for name in compared]
    ends = interval(np.stack([*drawn.values(), *less], axis=1)[:models]).tolist()
    names = [f"test/{name}" for name in (*drawn, *compared)]
    parts = slice(len(drawn)), slice(len(drawn), None)
    return [Intervals(*(dict(zip(names[part], one[part], strict=True)) for part in parts)) for one in ends]
