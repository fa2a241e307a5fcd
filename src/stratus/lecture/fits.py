"""Models fitted to some days: the one that a run has trained, and others at their optimum to set beside it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import polars as pl
import torch
from matplotlib.figure import Figure

from stratus import tasks
from stratus.data.recipe import Recipe
from stratus.data.samples import Array, Samples
from stratus.data.splits import Splits, split
from stratus.pictures import fit_over_calendar
from stratus.pictures.boundary import Plane
from stratus.runs import pictures as of_run
from stratus.runs.finished import FinishedRun
from stratus.scores.skill import skill
from stratus.training.optimum import optimum
from stratus.verification import verify
from stratus.verification.climatology import Climatology
from stratus.verification.model import Model

# The lecture's three questions to the temperatures of two days, by task.
TWO_DAYS = {
    "regression": Recipe("temperature", {"two_days": {}}, lead_days=1),
    "binary": Recipe("rain", {"two_days": {}}),
    "multiclass": Recipe("weather", {"two_days": {}}),
}


@dataclass(frozen=True)
class Fit:
    """A model and the days that it was fitted to and is tested on."""

    splits: Splits
    model: Model

    def scores(self, name: str) -> dict[str, float]:
        """The model's scores on a split: "train" or "test"."""
        return verify.scores(self.model, self.splits.named[name])

    @property
    def line(self) -> tuple[Array, Array]:
        """W [k, m] per unit of the inputs and b [k]: z = Wx + b without standardising."""
        task, theta = self.model.task, self.model.weights
        weight = (theta.weight / task.scale.double()).numpy()
        return weight, theta.bias.numpy() - weight @ task.mean.double().numpy()


def fit_of(run: FinishedRun) -> Fit:
    """The model that a run has trained."""
    return Fit(run.splits, run.model)


def own_scores(run: FinishedRun, *names: str) -> dict[str, float]:
    """The run's scores on its test days by name; `train_loss` and `test_loss` are the loss on either split."""
    metrics = {name: name.replace("_", "/") if name.endswith("_loss") else f"test/{name}" for name in names}
    return {name: run.metrics[metric] for name, metric in metrics.items()}


def best_fit(splits: Splits, name: str, penalty: float = 0.0) -> Fit:
    """The exact optimum of the task of that name on the training days, its weights penalised so much."""
    task = tasks.find(name).for_splits(splits, optimizer=partial(torch.optim.SGD, lr=1.0, weight_decay=penalty))
    return Fit(splits, Model(task, optimum(task, splits).weights, splits.target))


def skill_over(fits: Iterable[Fit]) -> float:
    """The skill of models of several places, over all their test days, against what is usual at each."""
    lost, usual = 0.0, 0.0
    for fit in fits:
        days = fit.splits.test
        lost += float(np.nansum(np.square(fit.model.forecast(days.x) - days.y)))
        usual += float(np.nansum(np.square(Climatology.fit(fit.splits).forecast(days) - days.y)))
    return float(skill(lost, usual))


def by_place(table: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The days of each station of a daily table."""
    return {str(name): own for (name,), own in table.group_by("station", maintain_order=True)}


def split_like(run: FinishedRun, recipe: Recipe, table: pl.DataFrame | None = None, standardise: bool = True) -> Splits:
    """Samples by another recipe, of the run's daily table or of another, split at the run's dates."""
    borders = run.settings.data.borders
    return split(run.table if table is None else table, recipe, borders, standardise=standardise)


def plane_of(fit: Fit) -> Plane:
    """The model's probabilities over the plane of its two inputs."""
    plane = of_run.plane(fit.model, fit.splits)
    assert plane is not None
    return plane


def calendar(days: Samples, fits: Mapping[str, Array]) -> Callable[[], Figure]:
    """The picture of the training days' temperatures and of fits to them [n], by their names."""
    said = {"name": "average temperature", "unit": "°C", "place": of_run.title(days, "training days")}
    return partial(fit_over_calendar.draw, days.dates, days.y[:, 0], fits, **said)
