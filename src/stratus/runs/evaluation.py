"""How good a finished run's kept weights are on days of its own data or of another table."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from stratus.data.samples import Array, Samples
from stratus.data.weeks import BLOCK
from stratus.errors import DataError
from stratus.runs.kept import Kept
from stratus.runs.record import ResamplingRecord
from stratus.runs.report import beside_climatology
from stratus.verification.forecasts import beside
from stratus.verification.verify import Tally, Trial, by_forecaster


@dataclass
class Span:
    """How many days there are, from when to when."""

    count: int = 0
    ends: list[Array] = field(default_factory=list)  # first and last day of each part

    def update(self, dates: Array) -> None:
        """Takes in some days."""
        self.count += len(dates)
        self.ends += [dates.min(), dates.max()] if len(dates) else []

    def __str__(self) -> str:
        return f"{self.count} days, {min(self.ends)!s} to {max(self.ends)!s}"


@dataclass(frozen=True)
class Evaluation:
    """Scores of a run's model on some days, beside its references'."""

    rows: dict[str, dict[str, float]]  # scores by name, by forecaster
    days: str  # how many, from when to when
    verdict: str | None  # whether skill may be chance, or why that cannot be said; None where there are too few days
    references: str  # what they were fitted on, or why there are none


@np.errstate(all="ignore")  # a stranger's weights may be beyond all bounds
def evaluate(kept: Kept, since: date | None = None, until: date | None = None) -> Evaluation:
    """Evaluates a run on its test days, and later ones of another table, or on those from a day until another.

    Raises DataError if there is no such day, and what `Kept` raises.
    """
    elsewhere, places = kept.asked.elsewhere, set[str]()
    first, last = since or kept.borders.test_from, until or (None if elsewhere else kept.borders.until)
    parts: Iterable[Samples] = kept.days(kept.asked.observations, first, last)
    if elsewhere:
        parts = list(parts)  # of a table in memory
        places = {name for part in parts for name in np.unique(part.stations)}
    baselines, whence = kept.baselines(places, first)
    forecasters = [one for one in (kept.model, baselines, kept.optimum) if one]
    tally = Trial(kept.checkpoint.task) if baselines else Tally(kept.checkpoint.task)
    every, trained, unseen = Span(), Span(), 0
    for days in (chunk for part in parts for chunk in part.chunks()):
        forecasts = beside([one.forecasts(days) for one in forecasters])
        tally.update(forecasts)
        every.update(days.dates)
        trained.update(days.dates[kept.trained_on(days.dates)])
        unseen += baselines.climatology.unseen(days) if baselines else 0
    if not every.count:
        raise DataError(_nothing(kept, first, last))
    scores = by_forecaster(tally.compute(), len(forecasts.names))
    rows = dict(zip(forecasts.names, scores, strict=True))
    verdict = _verdict(tally, trained, unseen, rows["model"].get("skill"))
    return Evaluation(rows, f"{every}", verdict, f"{'' if baselines else 'no '}references: {whence}")


def _nothing(kept: Kept, first: date, last: date | None) -> str:
    end, span = kept.asked.observations.last_day, f"from {first} " + (f"to {last}" if last else "on")
    known = f"{kept.asked.name} has no day {span} with all inputs and the truth, and ends on {end}"
    return f"{known}: --from DAY scores others, those that the run was trained on included"


def _verdict(tally: Tally, trained: Span, unseen: int, skill: float | None) -> str | None:
    if trained.count:
        return f"not a forecast's scores: {trained}, are of the time that the run was trained or validated on"
    if not isinstance(tally, Trial):
        return None
    if tally.draws.bootstrap.days < 4 * BLOCK:  # too few for an interval
        return beside_climatology(skill, (None, None), None, unseen)
    (found,) = tally.intervals()
    return beside_climatology(skill, found.scores["test/skill"], ResamplingRecord(found.days, found.block), unseen)
