"""How good forecasts are on each split: every score of every forecaster, from one set of forecasts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
import torch

from stratus.data.batches import targets, truth
from stratus.data.samples import CHUNK, Array, Samples
from stratus.data.splits import Splits
from stratus.scores.by_class import ByClass
from stratus.scores.skill import skill
from stratus.tasks.linear import LinearTask
from stratus.verification.forecasts import Forecasts, beside, one_after_another
from stratus.verification.intervals import Intervals, ScoreDraws, intervals
from stratus.verification.model import Model
from stratus.verification.references import References

SHOWN = 1 << 16  # so many test days, spread evenly over streamed ones, are kept for pictures and lessons


@dataclass(frozen=True)
class Verification:
    """How good one model is, beside its references."""

    metrics: dict[str, float]  # its scores: "train/loss", "test/accuracy", "test/skill", …
    references: dict[str, dict[str, float]]  # the same of climatology, persistence and optimum
    intervals: Intervals | None  # of its test scores, and of their differences from climatology's; None without test
    test: Forecasts | None  # of the test days, the `model`'s and the references'; of streamed days an even sample
    validation_years: dict[str, float]  # the model's mean loss over the validation days of each year


class Tally:
    """All scores of F forecasters, of days that come in chunks.

    Without `classes` the scores by class are left out: average precision sorts all days.
    """

    def __init__(self, task: LinearTask, *, classes: bool = True) -> None:
        self.task, self.scoring, self.classes = task, task.scoring, classes
        self.days, self.outputs = 0, task.outputs
        self._sums: dict[str, Array] = {}
        self._bins: dict[str, Array] = {}
        self._by_class = ByClass()

    def update(self, forecasts: Forecasts) -> dict[str, Array]:
        """Takes in some days; returns what each of them contributes [F, n, …]."""
        given = forecasts.forecast, forecasts.decision, forecasts.y
        terms = {"loss": losses(self.task, forecasts), **self.scoring.terms(*given)}
        self.days, self.outputs = self.days + len(forecasts.days), forecasts.outputs
        for name, value in terms.items():
            self._sums[name] = self._sums.get(name, 0) + value.sum(1, dtype=np.float64)
        for name, value in self.scoring.bins(forecasts.forecast, forecasts.y).items():
            self._bins[name] = self._bins.get(name, 0) + value
        if self.classes:
            self._by_class.update(*self.scoring.classes(*given))
        return terms

    def compute(self) -> dict[str, Array]:
        """The scores by name [F]; those of a class as `recall/snow`. The ruler of values, mse, is among them."""
        found = self.scoring.from_means({name: value / self.days for name, value in self._sums.items()})
        by_class = self._by_class.compute(self.scoring.class_names(self.outputs))
        return found | self.scoring.from_bins(self._bins, self.days) | by_class


class YearlyLoss:
    """The mean loss over the days of each year, of F models and days that come in chunks."""

    def __init__(self) -> None:
        self._sums: dict[str, Array] = {}
        self._days: dict[str, int] = {}

    def update(self, dates: Array, losses: Array) -> None:
        """Takes in the dates [n] of some days and their losses [F, n]."""
        years = dates.astype("datetime64[Y]")
        for year in np.unique(years):
            here, name = years == year, str(year)
            self._sums[name] = self._sums.get(name, 0) + losses[:, here].sum(1)
            self._days[name] = self._days.get(name, 0) + int(here.sum())

    def compute(self, models: int) -> list[dict[str, float]]:
        """By year, of each of so many models."""
        return [{year: float(self._sums[year][k] / n) for year, n in self._days.items()} for k in range(models)]


class Trial(Tally):
    """The scores of F forecasters, climatology among them, of days to judge them by: with skill and intervals."""

    def __init__(self, task: LinearTask, *, classes: bool = True) -> None:
        super().__init__(task, classes=classes)
        self.draws = ScoreDraws(task.scoring)
        self.names: tuple[str, ...] = ()

    def update(self, forecasts: Forecasts) -> dict[str, Array]:
        """See `Tally.update`."""
        terms, self.names = super().update(forecasts), forecasts.names
        self.draws.update(forecasts.days.dates, terms)
        return terms

    @property
    def _climatology(self) -> int:
        return self.names.index("climatology")

    def compute(self) -> dict[str, Array]:
        """See `Tally.compute`; and the skill."""
        rows = super().compute()
        ruler = rows[self.scoring.ruler]
        return rows | {"skill": skill(ruler, ruler[self._climatology])}

    def intervals(self, models: int = 1) -> list[Intervals]:
        """Those of the first so many forecasters."""
        return intervals(self.scoring, self.draws, models, self._climatology)


def by_forecaster(rows: Mapping[str, Array], count: int) -> list[dict[str, float]]:
    """The scores by name of each of so many forecasters, from scores by name [F] or [1], without mse."""
    flat = {name: np.broadcast_to(one, count) for name, one in rows.items() if name.rpartition("/")[2] != "mse"}
    return [{name: float(row[k]) for name, row in flat.items()} for k in range(count)]


def scores(model: Model, samples: Samples) -> dict[str, float]:
    """The scores of one model over samples whose truth is known; see `Tally`."""
    tally = Tally(model.task)
    for part in samples.chunks():
        tally.update(model.forecasts(part))
    return by_forecaster(tally.compute(), 1)[0]


def losses(task: LinearTask, forecasts: Forecasts) -> Array:
    """ℓ of each forecaster and day [F, n]: the sum over its choices, each weighed by the class that came."""
    assert forecasts.logits is not None
    z = torch.from_numpy(forecasts.logits)[..., : len(task.outputs)]
    y = (torch.cat([one] * len(z)) for one in truth(targets(forecasts.days, torch.float64)))
    return task.held_out_losses(z.flatten(0, 1), *y).reshape(len(z), -1).numpy()


def verify(
    models: Model,
    splits: Splits,
    references: References,
    each_part: Callable[[Forecasts], None] = lambda part: None,
    *,
    test: bool = True,
) -> list[Verification]:
    """Verifies one model, or F of one task side by side, on every split, or all but `test`: each day is forecast once.

    `each_part` is called for each chunk of the test days with all forecasts, the models' before the references'.
    """
    task, trial, count = models.task, Trial(models.task), len(models.names)
    rows: dict[str, Array] = {}
    shown: list[Forecasts] = []
    years = YearlyLoss()
    for name, samples in ((name, one) for name, one in splits.named.items() if test or name != "test"):
        tally = trial if name == "test" else Tally(task, classes=not samples.on_disk)
        stride = -(-len(samples) // SHOWN) if samples.on_disk else 1
        for days in samples.chunks(CHUNK // len(task.outputs)):
            part = beside([models.forecasts(days), references.forecasts(days)])
            terms = tally.update(part)
            if name == "val":
                years.update(days.dates, terms["loss"][:count])
            elif name == "test":
                # Indices copy: a slice would keep all of the part.
                shown.append(part if stride == 1 else part.at(np.arange(0, len(days), stride)))
                each_part(part)
        rows |= {f"{name}/{score}": values for score, values in tally.compute().items()}
    yearly, each = years.compute(count), by_forecaster(rows, count + len(References.NAMES))
    named = dict(zip(References.NAMES, each[count:], strict=True))
    rest, names = range(count, len(each)), ("model", *References.NAMES)
    if not shown:
        return [Verification(each[k], named, None, None, yearly[k]) for k in range(count)]
    tested, ends = one_after_another(shown), trial.intervals(count)
    return [Verification(each[k], named, ends[k], tested.pick([k, *rest], names), yearly[k]) for k in range(count)]


def evaluate(task: LinearTask, splits: Splits) -> pl.DataFrame:
    """Scores of a trained task on the test days: a row for it, climatology, persistence and the exact optimum each."""
    (found,) = verify(Model.of(task, splits.recipe.target), splits, References.fit(task, splits))
    rows = {"model": found.metrics} | found.references
    names = [name for name in found.metrics if name.startswith("test/") and name.count("/") == 1]
    columns = {name.removeprefix("test/"): [row[name] for row in rows.values()] for name in names}
    return pl.DataFrame({"forecaster": list(rows), **columns})
