"""Intervals of a run's test scores, and of their differences from climatology's."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor

from stratus.bootstrap import Bootstrap, interval
from stratus.contributions import of_categories, of_events, of_values, scores
from stratus.references import Weights, climatology, exact
from stratus.samples import Array
from stratus.splits import Splits
from stratus.tasks.linear import LinearTask

Intervals: TypeAlias = dict[str, dict[str, list[float]]]

_NO_DIFFERENCE = ("bias", "skill")  # bias is no better for being smaller, and skill is a comparison itself


def intervals(task: LinearTask, splits: Splits) -> Intervals:
    """95 % intervals of the test scores, by the circular block bootstrap.

    Args:
        task: With the weights that are scored.
        splits: Whose test days count.

    Returns:
        `intervals` by the scores' names in run.json, `intervals_against_climatology` of the score less climatology's.
    """
    (found,) = intervals_of_each(task, splits, [Weights.of(task)])
    return found


def intervals_of_each(task: LinearTask, splits: Splits, weights: Sequence[Weights]) -> list[Intervals]:
    """`intervals` of several weights of one task, from one draw."""
    usual, draw = climatology(splits), Bootstrap()
    for days in splits.test.chunks():
        forecasts = [*(one.logits(task, days.x) for one in weights), task.link(torch.as_tensor(usual(days)))]
        draw.update(days.dates, contributions(task, splits.target.kind, torch.stack(forecasts), days.y))
    drawn = {name: np.ascontiguousarray(values.T) for name, values in scores(draw.means()).items()}
    ruler = "loss" if splits.target.kind == "continuous" else "brier"
    drawn["skill"] = 1 - drawn[ruler] / drawn[ruler][-1]
    compared = [name for name in drawn if name not in _NO_DIFFERENCE]
    every = np.stack([*drawn.values(), *(drawn[name] - drawn[name][-1] for name in compared)], axis=1)
    ends = interval(every[:-1])
    names = [f"test/{name}" for name in (*drawn, *compared)]
    return [
        {
            "intervals": dict(zip(names[: len(drawn)], one[: len(drawn)], strict=True)),
            "intervals_against_climatology": dict(zip(names[len(drawn) :], one[len(drawn) :], strict=True)),
        }
        for one in ends.tolist()
    ]


def contributions(task: LinearTask, kind: str, logits: Tensor, y: Array) -> dict[str, Array]:
    """What the days contribute to the loss and the other scores of f forecasts, [n, f, …]; see `contributions`.

    Args:
        task: Whose loss and decisions they are.
        kind: Of the target.
        logits: The forecasts' [f, n, k], in float64.
        y: The truth.
    """
    flat, came = logits.flatten(0, 1), exact(y).repeat(len(logits), *[1] * (y.ndim - 1))
    losses = task.losses(flat, came)
    if task.class_weights is not None:
        losses = losses * task.importance(came)
    forecast, decision = (
        one.numpy().reshape(*logits.shape[:2], *one.shape[1:]) for one in (task.activation(flat), task.decide(flat))
    )
    if kind == "continuous":
        found = of_values(forecast, y[None], task.hparams["tolerance"])
    else:
        found = (of_categories if kind == "category" else of_events)(forecast, decision, y[None])
    loss = losses.sum(1).numpy().reshape(logits.shape[:2])
    return {name: np.swapaxes(value, 0, 1) for name, value in ({"loss": loss} | found).items()}
