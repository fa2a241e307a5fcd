"""Intervals of a run's test scores, and of their differences from climatology's."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor

from stratus.data.samples import Array
from stratus.data.splits import Splits
from stratus.scores.bootstrap import Bootstrap, interval
from stratus.scores.contributions import of_categories, of_events, of_values, scores
from stratus.tasks.linear import LinearTask
from stratus.verification.references import Weights, climatology, exact

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
        logits, y = torch.stack(forecasts), exact(days.y)
        found = contributions(task, splits.target.kind, Forecasts.of(task, logits, y))
        draw.update(days.dates, {name: np.swapaxes(value, 0, 1) for name, value in found.items()})
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


@dataclass(frozen=True)
class Forecasts:
    """Several forecasts of the same days, one below the other, as a task's functions take them.

    Attributes:
        shape: Number f of forecasts, and n of days.
        logits: [f · n, k].
        y: The truth [f · n, …].
        forecast: Values or probabilities [f · n, k].
        decision: The answers, in the form of y.
    """

    shape: tuple[int, int]
    logits: Tensor
    y: Tensor
    forecast: Tensor
    decision: Tensor

    @classmethod
    def of(cls, task: LinearTask, logits: Tensor, y: Tensor) -> "Forecasts":
        """Those of logits [f, n, k], of days with the truth y [n, …]."""
        flat, count = logits.flatten(0, 1), len(logits)
        came = y.repeat(count, *[1] * (y.ndim - 1))
        return cls((count, len(y)), flat, came, task.activation(flat), task.decide(flat))

    def apart(self, values: Tensor) -> Tensor:
        """Values [f · n, …] as [f, n, …]."""
        return values.reshape(*self.shape, *values.shape[1:])


def contributions(task: LinearTask, kind: str, given: Forecasts) -> dict[str, Array]:
    """What each day contributes to the scores of each forecast [f, n, …]; what came [1, n, …]."""
    losses = task.losses(given.logits, given.y)
    if task.class_weights is not None:
        losses = losses * task.importance(given.y)
    forecast, decision = (given.apart(one).numpy() for one in (given.forecast, given.decision))
    y = given.apart(given.y)[:1].numpy()
    if kind == "continuous":
        found = of_values(forecast, y, task.hparams["tolerance"])
    else:
        found = (of_categories if kind == "category" else of_events)(forecast, decision, y)
    return {"loss": given.apart(losses.sum(1)).numpy()} | found
