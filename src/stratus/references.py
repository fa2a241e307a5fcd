"""What a forecast has to beat: climatology and persistence; and what the same model can reach at best: the optimum."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from stratus.features import YEAR
from stratus.samples import Array, Samples
from stratus.splits import Splits
from stratus.tasks.linear import LinearTask


def climatology(splits: Splits, days: Samples) -> Array:
    """What is usual on these days: the mean of y given the season, fitted on the training days of each station.

    For a value, least squares on two harmonics of the year (with the mean, five numbers an output). For events and
    categories, the frequencies of the calendar month among the training days, with half a day of each class added
    (Krichevsky & Trofimov, 1981), so that none is impossible. A station without training days gets what all
    stations together give.

    Returns:
        Values or probabilities [n, k].
    """
    classes = len(splits.outputs) if splits.target.kind == "category" else 2
    season = _two_harmonics if splits.target.kind == "continuous" else partial(_monthly_frequencies, classes)
    y = _indicators(splits, splits.train.y)
    usual = season(splits.train.dates, y, days.dates)
    for station in np.unique(days.stations):
        here, trained = days.stations == station, splits.train.stations == station
        if trained.any():
            usual[here] = season(splits.train.dates[trained], y[trained], days.dates[here])
    return usual


def _two_harmonics(dates: Array, y: Array, at: Array) -> Array:
    def design(days: Array) -> Any:
        day = (days - days.astype("datetime64[Y]")).astype(int) + 1
        angle = 2 * np.pi * day / YEAR
        waves = (wave(j * angle) for j in (1, 2) for wave in (np.cos, np.sin))
        return np.stack([np.ones(len(day)), *waves], axis=1)

    return np.asarray(design(at) @ np.linalg.lstsq(design(dates), y, rcond=None)[0])


def _monthly_frequencies(classes: int, dates: Array, y: Array, at: Array) -> Array:
    month, month_at = (d.astype("datetime64[M]").astype(int) % 12 for d in (dates, at))
    members = np.eye(12)[month]
    frequencies = (members.T @ y + 0.5) / (members.sum(axis=0)[:, None] + 0.5 * classes)
    return np.asarray(frequencies[month_at])


def persistence(splits: Splits, days: Samples) -> tuple[Array, Array]:
    """Tomorrow like today: the last known y again.

    A class or event alone is no probability. It is given one by the simplest chain that persists: with probability
    ρ the weather stays, else it is drawn anew from the training frequencies f (discrete autoregression of order 1,
    Jacobs & Lewis, 1978). ρ = (h - Σf²)/(1 - Σf²), where h is the share of training days that were as the last.
    Where nothing is known before, the climatology stands in.

    Returns:
        Values or probabilities [n, k], and the answer: the last known y itself, in the form of y.
    """
    usual = climatology(splits, days)
    if splits.target.kind == "continuous":
        again = np.where(np.isnan(days.last), usual, days.last)
        return again, again
    if splits.target.kind == "category":
        known = days.last >= 0
        onehot, frequency, stay = _chain(splits, slice(None))
        p = stay * onehot[days.last] + (1 - stay) * frequency
        answer = np.where(known, days.last, usual.argmax(axis=1))
        return np.where(known[:, None], p, usual), answer
    columns = [_chain(splits, k) for k in range(len(splits.outputs))]
    p = np.column_stack([stay * days.last[:, k] + (1 - stay) * f[1] for k, (_, f, stay) in enumerate(columns)])
    p = np.where(np.isnan(p), usual, p)
    return p, np.where(np.isnan(days.last), usual > 0.5, days.last)


def _chain(splits: Splits, column: int | slice) -> tuple[Array, Array, float]:
    """Unit vectors of the classes, their training frequencies f and the probability ρ of staying."""
    train = splits.train
    y, last = (train.y, train.last) if train.y.ndim == 1 else (train.y[:, column], train.last[:, column])
    both = (last >= 0) & ~np.isnan(last.astype(float))
    onehot = np.eye(len(splits.outputs) if train.y.ndim == 1 else 2)
    frequency = onehot[y.astype(int)].mean(axis=0)
    by_chance = (frequency**2).sum()
    stay = max(0.0, ((y[both] == last[both]).mean() - by_chance) / (1 - by_chance)) if both.any() else 0.0
    return onehot, frequency, float(stay)


def _indicators(splits: Splits, y: Array) -> Array:
    """y as a matrix [n, k] whose mean is a forecast: categories become unit vectors."""
    return np.eye(len(splits.outputs))[y] if y.ndim == 1 else y


@dataclass(frozen=True)
class Weights:
    """θ = (W [k, m], b [k]) on standardised inputs, in float64."""

    weight: Tensor
    bias: Tensor

    @classmethod
    def of(cls, task: LinearTask) -> "Weights":
        """The weights that a task has now."""
        return cls(task.linear.weight.detach().double().cpu(), task.linear.bias.detach().double().cpu())

    def logits(self, task: LinearTask, x: Array) -> Tensor:
        """Logits [n, k] of inputs [n, m] in their own units."""
        return _standardised(task, x) @ self.weight.T + self.bias


def _standardised(task: LinearTask, x: Array) -> Tensor:
    mean, scale = task.mean.double().cpu(), task.scale.double().cpu()
    return (torch.as_tensor(x, dtype=torch.float64) - mean) / scale


def optimum(task: LinearTask, splits: Splits, tolerance: float = 1e-12, iterations: int = 100) -> tuple[Weights, bool]:
    """Minimises the task's own mean loss over the training days by Newton's method in float64.

    θ' = θ - s H⁺∇L, where H⁺ is the pseudo-inverse (softmax has directions that change nothing) and s is halved
    until the loss falls (Armijo). For the squared loss one step is the normal equations' solution. Losses are
    convex, so this is the global optimum; no penalty is added.

    Args:
        task: Gives the loss and the standardisation.
        splits: Whose training days count.
        tolerance: Ends when half the Newton decrement, the expected fall of the loss, is below it.
        iterations: Ends at the latest after so many steps.

    Returns:
        The weights, and whether they are the minimum: False where there is none, because a boundary separates a
        class without error and the loss falls for ever.
    """
    design = _standardised(task, splits.train.x)
    design = torch.cat([design, design.new_ones(len(design), 1)], 1)
    y = torch.as_tensor(splits.train.y)
    shape = (len(splits.outputs), design.shape[1])

    def loss(theta: Tensor) -> Tensor:
        return task.loss(design @ theta.view(shape).T, y)

    theta = design.new_zeros(shape[0] * shape[1])
    value = loss(theta)
    attained = False
    for _ in range(iterations):
        gradient = torch.func.grad(loss)(theta)
        direction = torch.linalg.pinv(torch.func.jacrev(torch.func.grad(loss))(theta), hermitian=True) @ gradient
        fall = gradient @ direction
        if fall / 2 < tolerance * max(1.0, abs(value.item())):
            # Where a class is separated the loss falls to nothing as well, but by steps that stay long.
            attained = bool((design @ direction.view(shape).T).abs().max() < 0.01)
            break
        size = 1.0
        while (lower := loss(theta - size * direction)) > value - 1e-4 * size * fall and size > 1e-8:
            size /= 2
        if not lower < value:
            attained = True  # rounding leaves nothing to gain
            break
        theta, value = theta - size * direction, lower
    solution = theta.view(shape)
    return Weights(solution[:, :-1], solution[:, -1]), attained
