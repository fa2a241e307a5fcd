"""What a forecast has to beat: climatology and persistence; and what the same model can reach at best: the optimum."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor

from stratus.data.features import YEAR
from stratus.data.samples import CHUNK, Array, Samples
from stratus.data.splits import Splits
from stratus.tasks.linear import LinearTask


def climatology(splits: Splits) -> Callable[[Samples], Array]:
    """What is usual on a day: the mean of y given the season, fitted on the training days of each station.

    For a value, least squares on two harmonics of the year (with the mean, five numbers an output). For events and
    categories, the frequencies of the calendar month among the training days, with half a day of each class added
    (Krichevsky & Trofimov, 1981), so that none is impossible. A station with less than a year of training days gets
    what all stations together give.

    Returns:
        From n days to values or probabilities [n, k].
    """
    fit = _two_harmonics if splits.target.kind == "continuous" else _monthly_frequencies
    usual, days = fit(splits)
    together = len(splits.train.places)  # the last row of the fits
    row = {name: k for k, name in enumerate(splits.train.places) if days[k] >= 365}

    def forecast(days: Samples) -> Array:
        rows = np.array([row.get(name, together) for name in days.places])
        return usual(days.dates, rows[days.at])

    return forecast


_Season: TypeAlias = tuple[Callable[[Array, Array], Array], Array]
"""From dates and rows of the fits to what is usual then; and the number of days that each row was fitted on."""


def _sums(samples: Samples, values: Callable[[Samples], Array], season: Callable[[Array], Array], bins: int) -> Array:
    """Sums of columns [n, c] by place and season [places + 1, bins, c]; in the last row over all places."""
    cells = len(samples.places) * bins
    here = np.sum(
        [
            [np.bincount(part.at * bins + season(part.dates), column, cells) for column in values(part).T]
            for part in samples.chunks()
        ],
        axis=0,
    ).T.reshape(len(samples.places), bins, -1)
    return np.concatenate([here, here.sum(axis=0, keepdims=True)])


def _two_harmonics(splits: Splits) -> _Season:
    """Solves the normal equations AᵀA c = Aᵀy of each place, A being the waves."""

    def waves(dates: Array) -> Array:
        angle = 2 * np.pi * ((dates - dates.astype("datetime64[Y]")).astype(int) + 1) / YEAR
        return np.stack([np.ones(len(dates)), *(wave(j * angle) for j in (1, 2) for wave in (np.cos, np.sin))], axis=1)

    def products(part: Samples) -> Array:
        a = waves(part.dates)
        return np.reshape(a[:, :, None] * np.concatenate([a, part.y], axis=1)[:, None, :], (len(a), -1))

    sums = _sums(splits.train, products, lambda dates: np.zeros(len(dates), int), 1)
    sums = sums.reshape(len(sums), 5, -1)
    solved = np.linalg.pinv(sums[:, :, :5], hermitian=True) @ sums[:, :, 5:]
    return lambda dates, rows: np.einsum("nj,njk->nk", waves(dates), solved[rows]), sums[:, 0, 0]


def _monthly_frequencies(splits: Splits) -> _Season:
    def month(dates: Array) -> Array:
        return np.asarray(dates.astype("datetime64[M]").astype(int) % 12)

    def counts(part: Samples) -> Array:
        came = _indicators(splits, part.y)
        return np.concatenate([np.ones((len(came), 1)), came], axis=1)

    sums = _sums(splits.train, counts, month, 12)
    classes = len(splits.outputs) if splits.target.kind == "category" else 2
    frequencies = (sums[:, :, 1:] + 0.5) / (sums[:, :, :1] + 0.5 * classes)
    return lambda dates, rows: frequencies[rows, month(dates)], sums[:, :, 0].sum(axis=1)


def persistence(splits: Splits) -> Callable[[Samples], tuple[Array, Array]]:
    """Tomorrow like today: the last known y again.

    A class or event alone is no probability. It is given one by the simplest chain that persists: with probability
    ρ the weather stays, else it is drawn anew from the training frequencies f (discrete autoregression of order 1,
    Jacobs & Lewis, 1978). ρ = (h - Σf²)/(1 - Σf²), where h is the share of training days that were as the last.
    Where nothing is known before, the climatology stands in.

    Returns:
        From n days to values or probabilities [n, k], and the answer: the last known y itself, in the form of y.
    """
    usual_on = climatology(splits)
    frequency, stay = (None, None) if splits.target.kind == "continuous" else _chain(splits)

    def forecast(days: Samples) -> tuple[Array, Array]:
        usual, unknown = usual_on(days), _unknown(days.last)
        if frequency is None or stay is None:
            again = np.where(unknown, usual, days.last)
            return again, again
        p = stay[:, None] * splits.indicators(np.where(unknown, 0, days.last)) + (1 - stay[:, None]) * frequency
        if days.last.ndim == 1:
            answer = np.where(unknown, usual.argmax(axis=1), days.last)
            return np.where(unknown[:, None], usual, p[:, 0]), answer
        return np.where(unknown, usual, p[:, :, 1]), np.where(unknown, usual > 0.5, days.last)

    return forecast


def _chain(splits: Splits) -> tuple[Array, Array]:
    """The training frequencies f [choices, classes], and the probability ρ of staying [choices]."""
    frequency = splits.class_counts / len(splits.train)
    by_chance = np.square(frequency).sum(axis=1)
    stayed, days = np.zeros(len(frequency)), np.zeros(len(frequency))
    for part in splits.train.chunks():
        known = ~_unknown(part.last)
        same = known & (part.y == part.last)
        stayed += same.reshape(len(part), -1).sum(axis=0)
        days += known.reshape(len(part), -1).sum(axis=0)
    share = stayed / np.maximum(days, 1)
    return frequency, np.where(days > 0, np.maximum(0.0, (share - by_chance) / (1 - by_chance)), 0.0)


def _unknown(last: Array) -> Array:
    """Where no last y is known: -1 for categories, else NaN."""
    return last < 0 if last.ndim == 1 else np.isnan(last)


def _indicators(splits: Splits, y: Array) -> Array:
    """y as a matrix [n, k] whose mean is a forecast: categories become unit vectors."""
    return np.asarray(splits.indicators(y)[:, 0] if y.ndim == 1 else y)


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


def _designs(task: LinearTask, samples: Samples) -> Iterator[tuple[Tensor, Tensor]]:
    """A = (standardised x, 1) [c, m + 1] and y of a chunk of the samples after another."""
    for part in samples.chunks():
        x = _standardised(task, part.x)
        yield torch.cat([x, x.new_ones(len(x), 1)], 1), exact(part.y)


def exact(y: Array) -> Tensor:
    """y as a tensor for losses in float64: values and events float64 [n, k], class indices int64 [n]."""
    return torch.as_tensor(y).long() if y.ndim == 1 else torch.as_tensor(y, dtype=torch.float64)


def optimum(task: LinearTask, splits: Splits, tolerance: float = 1e-12, iterations: int = 100) -> tuple[Weights, bool]:
    """Minimises the task's own mean loss over the training days by Newton's method in float64.

    θ' = θ - s H⁺∇L, where H⁺ is the pseudo-inverse (softmax has directions that change nothing) and s is halved
    until the loss falls (Armijo). For the squared loss one step is the normal equations' solution. Losses are
    convex, so this is the global optimum; no penalty is added. Of more days than fit a chunk, the loss and its
    gradient are those of all, the Hessian that of a chunk of days spread evenly over them: the same minimum, in a few
    steps more (sub-sampled Newton, Byrd et al., 2011).

    Args:
        task: Gives the loss and the standardisation.
        splits: Whose training days count.
        tolerance: Ends when half the Newton decrement, the expected fall of the loss, is below it.
        iterations: Ends at the latest after so many steps.

    Returns:
        The weights, and whether they are the minimum: False where there is none, because a boundary separates a
        class without error and the loss falls for ever.
    """
    train = splits.train
    ((some, y_some),) = _designs(task, train.where(slice(None, None, -(-len(train) // CHUNK))))
    shape = (len(splits.outputs), some.shape[1])

    def loss_of(theta: Tensor, design: Tensor, y: Tensor) -> Tensor:
        return task.loss(design @ theta.view(shape).T, y)

    def over_all(function: Callable[..., Tensor], theta: Tensor) -> Tensor:
        every = _designs(task, train) if len(train) > CHUNK else [(some, y_some)]
        return torch.stack([function(theta, design, y) * (len(y) / len(train)) for design, y in every]).sum(0)

    gradient_of = torch.func.grad(loss_of)
    theta = some.new_zeros(shape[0] * shape[1])
    value = over_all(loss_of, theta)
    attained = False
    for _ in range(iterations):
        gradient = over_all(gradient_of, theta)
        curvature = torch.func.jacrev(gradient_of)(theta, some, y_some)
        direction = torch.linalg.pinv(curvature, hermitian=True) @ gradient
        fall = gradient @ direction
        if fall / 2 < tolerance * max(1.0, abs(value.item())):
            # Where a class is separated the loss falls to nothing as well, but by steps that stay long.
            attained = bool((some @ direction.view(shape).T).abs().max() < 0.01)
            break
        size = 1.0
        while (lower := over_all(loss_of, theta - size * direction)) > value - 1e-4 * size * fall and size > 1e-8:
            size /= 2
        if not lower < value:
            attained = True  # rounding leaves nothing to gain
            break
        theta, value = theta - size * direction, lower
    solution = theta.view(shape)
    return Weights(solution[:, :-1], solution[:, -1]), attained
