"""Intervals of test scores, and of their differences from climatology's, by the circular block bootstrap."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from stratus.data.samples import Array
from stratus.scores.blocks import block_length
from stratus.scores.bootstrap import EVERY, Bootstrap, interval, level
from stratus.scores.names import higher_is_better
from stratus.scores.scoring import KNOWN, Scoring, Terms
from stratus.scores.skill import skill

Ends: TypeAlias = dict[str, list[float]]  # low and high end by the score's name in run.json


@dataclass(frozen=True)
class Intervals:
    """95 % intervals of one model's test scores."""

    scores: Ends  # of the scores themselves
    against_climatology: Ends  # of each score less climatology's on the same days, where one of the two is better
    days: int  # the dates that were resampled
    block: int  # the days that were drawn together


class ScoreDraws:
    """Scores of F forecasters over resampled days, of days that come in chunks."""

    def __init__(self, scoring: Scoring) -> None:
        self.scoring, self.bootstrap = scoring, Bootstrap()

    def update(self, dates: Array, terms: Terms) -> None:
        """Takes in what each of some days contributes [F, n, …]; its dates [n]."""
        self.bootstrap.update(dates, {name: np.swapaxes(value, 0, 1) for name, value in terms.items()})

    def blocks(self, reference: int) -> Array:
        """Days of a block [F], the `block_length` of each forecaster's longest series.

        These are its errors, the ruler's squares, and their differences from those of the forecaster `reference`.
        """
        series = self.bootstrap.departures(KNOWN)
        ruler = series[self.scoring.ruler]
        found = [ruler, ruler - ruler[:, [reference]], *([series["bias"]] if "bias" in series else [])]
        return np.asarray(np.max([block_length(one) for one in found], axis=0))

    def compute(self, block: int, forecasters: slice | Array = EVERY) -> dict[str, Array]:
        """The scores by name [F, resamples] over blocks of so many days, of all forecasters or some of them."""
        drawn = self.scoring.from_means(self.bootstrap.means(block, forecasters))
        return {name: np.ascontiguousarray(values.T) for name, values in drawn.items()}


def intervals(scoring: Scoring, draws: ScoreDraws, models: int, climatology: int) -> list[Intervals]:
    """The intervals of the first so many forecasters, compared with the one at the place `climatology`."""
    found: dict[int, Intervals] = {}
    blocks = draws.blocks(climatology)[:models]
    for block in np.unique(blocks).tolist():
        places = np.flatnonzero(blocks == block)
        found |= zip(places.tolist(), _of_block(scoring, draws, block, np.append(places, climatology)), strict=True)
    return [found[place] for place in range(models)]


def _of_block(scoring: Scoring, draws: ScoreDraws, block: int, places: Array) -> list[Intervals]:
    """The intervals of all forecasters at some places but the last, which is climatology."""
    drawn, days = draws.compute(block, places), draws.bootstrap.days
    ruler = drawn[scoring.ruler]
    drawn = {name: one for name, one in drawn.items() if name != "mse"} | {"skill": skill(ruler, ruler[-1])}
    # Neither way is a bias better, and skill is a comparison itself.
    compared = [name for name in drawn if name != "skill" and higher_is_better(name) is not None]
    less = [drawn[name] - drawn[name][-1] for name in compared]
    ends = interval(np.stack([*drawn.values(), *less], axis=1)[:-1], level(block, days)).tolist()
    names = [f"test/{name}" for name in (*drawn, *compared)]
    own, rest = slice(len(drawn)), slice(len(drawn), None)
    found = ([dict(zip(names[part], one[part], strict=True)) for part in (own, rest)] for one in ends)
    return [Intervals(scores, less, days, block) for scores, less in found]
