"""Intervals of a run's test scores, and of their differences from climatology's."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from stratus.bootstrap import Bootstrap, interval
from stratus.contributions import of_categories, of_events, of_values, scores
from stratus.references import Weights, climatology, exact
from stratus.samples import Array
from stratus.splits import Splits
from stratus.tasks.linear import LinearTask

_NO_DIFFERENCE = ("bias", "skill")  # bias is no better for being smaller, and skill is a comparison itself


def intervals(task: LinearTask, splits: Splits, seed: int) -> dict[str, dict[str, tuple[float, float]]]:
    """95 % intervals of the test scores, by the circular block bootstrap.

    Args:
        task: With the weights that are scored.
        splits: Whose test days count.
        seed: Of the resampling.

    Returns:
        `intervals` by the scores' names in run.json, `intervals_against_climatology` of the score less climatology's.
    """
    usual, weights = climatology(splits), Weights.of(task)
    draw = Bootstrap(seed)
    for days in splits.test.chunks():
        forecasts = {"model": weights.logits(task, days.x), "climatology": task.link(torch.as_tensor(usual(days)))}
        of_both = {
            f"{who}/{name}": value
            for who, logits in forecasts.items()
            for name, value in _contributions(task, splits.target.kind, logits, days.y).items()
        }
        draw.update(days.dates, of_both)
    means = draw.means()
    model, reference = (
        scores({name.removeprefix(who): value for name, value in means.items() if name.startswith(who)})
        for who in ("model/", "climatology/")
    )
    ruler = "loss" if splits.target.kind == "continuous" else "brier"
    model["skill"] = 1 - model[ruler] / reference[ruler]
    return {
        "intervals": {f"test/{name}": interval(values) for name, values in model.items()},
        "intervals_against_climatology": {
            f"test/{name}": interval(values - reference[name])
            for name, values in model.items()
            if name not in _NO_DIFFERENCE
        },
    }


def _contributions(task: LinearTask, kind: str, logits: Tensor, y: Any) -> dict[str, Array]:
    losses = task.losses(logits, exact(y))
    if task.class_weights is not None:
        losses = losses * task.importance(exact(y))
    loss = {"loss": np.asarray(losses.sum(1))}
    forecast, decision = (np.asarray(one) for one in (task.activation(logits), task.decide(logits)))
    if kind == "continuous":
        return loss | of_values(forecast, y, task.hparams["tolerance"])
    return loss | (of_categories if kind == "category" else of_events)(forecast, decision, y)
