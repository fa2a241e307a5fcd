"""How good a finished run's kept weights are on days of its own data or of another table."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from stratus.data.samples import Array, Samples
from stratus.data.weeks import BLOCK
from stratus.errors import DataError, counted
from stratus.runs.kept import Kept
from stratus.runs.record import ResamplingRecord
from stratus.runs.report import beside_climatology, unlearnt
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
        first, last = min(self.ends), max(self.ends)
        return f"{counted(self.count, 'day')}, {first!s}" + (f" to {last!s}" if first < last else "")


@dataclass(frozen=True)
class Evaluation:
    """Scores of a run's model on some days, beside its references'."""

    rows: dict[str, dict[str, float]]  # scores by name, by forecaster
    days: str  # how many, from when to when
    verdict: str | None  # whether skill may be chance, or why that cannot be said; None where there are too few days
    unlearnt: str | None  # which classes of these days training lacks, and what such a day counts
    references: str  # what they were fitted on, or why there are none


@np.errstate(all="ignore")  # a stranger's weights may be beyond all bounds
def evaluate(kept: Kept, since: date | None = None, until: date | None = None) -> Evaluation:
    """Evaluates a run on its test days, and later ones of another table, or on those from a day until another.

    The last day is the table's where a first is given or the table is another, else the run's last test day.
    Raises DataError if there is no such day, and what `Kept` raises.
    """
    elsewhere, places = kept.asked.elsewhere, set[str]()
    first, last = since or kept.borders.test_from, until or (None if elsewhere or since else kept.borders.until)
    if last and last < first:
        begin = f"--from {first}" if since else f"the run's first test day, {first}: earlier days need --from too"
        raise DataError(f"there is no day to score: --until {last} is before {begin}")
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
    others = unlearnt([one for one in forecasts.days.others if rows["model"][f"days/{one}"]])
    return Evaluation(rows, f"{every}", verdict, others, f"{'' if baselines else 'no '}references: {whence}")


def _nothing(kept: Kept, first: date, last: date | None) -> str:
    end, span = kept.asked.observations.last_day, f"from {first} " + (f"to {last}" if last else "on")
    known = f"{kept.asked.name} has no day {span} with all inputs and the truth, and ends on {end}"
    return f"{known}: give later days with --observations, or ask for others, trained on or not, with --from"


def _verdict(tally: Tally, trained: Span, unseen: int, skill: float | None) -> str | None:
    if trained.count:
        verb = "is" if trained.count == 1 else "are"
        return f"not a forecast's scores: {trained}, {verb} of the time that the run was trained or validated on"
    if not isinstance(tally, Trial):
        return None
    if tally.draws.bootstrap.days < 4 * BLOCK:  # too few for an interval
        return beside_climatology(skill, (None, None), None, unseen)
    (found,) = tally.intervals()
    return beside_climatology(skill, found.scores["test/skill"], ResamplingRecord(found.days, found.block), unseen)
