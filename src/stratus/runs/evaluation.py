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
    dates: list[Array] = field(default_factory=list)

    def update(self, dates: Array) -> None:
        """Takes in some days."""
        self.count += len(dates)
        self.dates += [dates.min(), dates.max()] if len(dates) else []

    def __str__(self) -> str:
        return f"{self.count} days, {min(self.dates)} to {max(self.dates)}"


@dataclass(frozen=True)
class Evaluation:
    """Scores of a run's model on some days, beside its references'."""

    rows: dict[str, dict[str, float]]  # scores by name, by forecaster
    days: str  # how many, from when to when
    verdict: str | None  # whether skill may be chance, or why that cannot be said; None where there are too few days
    references: str  # what they were fitted on, or why there are none


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
    baselines, whence = kept.baselines(places, first) if places or not elsewhere else (None, "")
    forecasters = [one for one in (kept.model, baselines, kept.optimum) if one]
    tally = Trial(kept.checkpoint.task) if baselines else Tally(kept.checkpoint.task)
    span, trained_on, unseen = Span(), Span(), 0
    for days in (chunk for part in parts for chunk in part.chunks()):
        forecasts = beside([one.forecasts(days) for one in forecasters])
        tally.update(forecasts)
        span.update(days.dates)
        trained_on.update(days.dates[kept.trained_on(days.dates)])
        unseen += baselines.climatology.unseen(days) if baselines else 0
    if not span.count:
        raise DataError(_nothing(kept, first, last))
    rows = dict(zip(forecasts.names, by_forecaster(tally.compute(), len(forecasts.names)), strict=True))
    if trained_on.count:
        verdict: str | None = (
            f"no forecast's scores: the run was trained or validated in the span of {trained_on} of them"
        )
    else:
        verdict = _verdict(tally, rows["model"]["skill"], unseen) if isinstance(tally, Trial) else None
    return Evaluation(rows, f"{span}", verdict, f"{'' if baselines else 'no '}references: {whence}")


def _nothing(kept: Kept, first: date, last: date | None) -> str:
    name, end = kept.asked.name, kept.asked.observations.last_day
    span = f"from {first} to {last}" if last else f"from {first} on, after the training"
    return (
        f"{name} has no day {span} with all inputs and the truth; it ends on {end}: --from DAY names another first day"
    )


def _verdict(trial: Trial, skill: float, unseen: int) -> str | None:
    if trial.draws.bootstrap.days < 4 * BLOCK:
        return beside_climatology(skill, (None, None), None, unseen)
    (found,) = trial.intervals()
    return beside_climatology(skill, found.scores["test/skill"], ResamplingRecord(found.days, found.block), unseen)
