"""Intervals of a run's test scores, and of their differences from climatology's."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from stratus.bootstrap import interval, resampled_means
from stratus.contributions import of_categories, of_events, of_values, scores
from stratus.references import Weights, climatology
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
    test = splits.test
    usual = torch.as_tensor(climatology(splits, test))
    forecasts = {"model": Weights.of(task).logits(task, test.x), "climatology": task.link(usual)}
    means = {
        name: resampled_means(test.dates, _contributions(task, splits, logits), seed)
        for name, logits in forecasts.items()
    }
    model, reference = (scores(means[name]) for name in forecasts)
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


def _contributions(task: LinearTask, splits: Splits, logits: Tensor) -> dict[str, Array]:
    y: Any = splits.test.y
    forecast, decision = (np.asarray(one.detach().cpu()) for one in (task.activation(logits), task.decide(logits)))
    if splits.target.kind == "continuous":
        return of_values(forecast, y, task.hparams["tolerance"])
    return (of_categories if splits.target.kind == "category" else of_events)(forecast, decision, y)
