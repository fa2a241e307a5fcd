"""The exact optimum: the weights at which a task's own loss over the training days is lowest."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from stratus.data.batches import targets
from stratus.data.samples import CHUNK, Samples
from stratus.data.splits import Splits
from stratus.tasks.linear import LinearTask
from stratus.tasks.weights import Weights

DAYS = 1 << 18  # of more the Hessian is that of so many, spread evenly
ITERATIONS, TOLERANCE = 100, 1e-12  # the most of Newton's steps; the fall of the loss, of 1 or more, that ends them
_NUMBERS = 1 << 20  # of the Hessian's terms, day by day, that are held at once


@dataclass(frozen=True)
class Optimum:
    """The best weights."""

    weights: Weights
    attained: bool  # False where there is no minimum: a boundary separates a class and the loss falls for ever


def mean_loss(task: LinearTask, weights: Weights, samples: Samples) -> float:
    """L of weights over samples, in float64."""
    parts = ((weights.logits(task, part.x), targets(part, torch.float64)) for part in samples.chunks())
    return sum(task.loss(z, y).item() * len(y) for z, y in parts) / len(samples)


def optimum(task: LinearTask, splits: Splits) -> Optimum:
    """Minimises the task's own mean loss over the training days by Newton's method in float64.

    θ' = θ - s H⁺∇L, where H⁺ is the pseudo-inverse (softmax has directions that change nothing) and s is halved
    until the loss falls (Armijo). For the squared loss one step solves the normal equations. Losses are convex, so this
    is the global optimum; no penalty is added. Of more than `DAYS` days, the Hessian is that of so many spread
    evenly over them: the same minimum, in a few steps more (sub-sampled Newton, Byrd et al., 2011). It ends after
    `ITERATIONS`, or when half the Newton decrement, the expected fall of the loss, is below `TOLERANCE`.
    """
    train = splits.train
    ((some, y_some),) = designs(task, train.where(slice(None, None, -(-len(train) // DAYS))), DAYS)
    shape = (len(splits.outputs), some.shape[1])

    def loss_of(theta: Tensor, design: Tensor, y: Tensor) -> Tensor:
        return task.loss(design @ theta.view(shape).T, y)

    def over_all(function: Callable[..., Tensor], theta: Tensor) -> Tensor:
        return _mean(function, theta, designs(task, train) if len(train) > DAYS else [(some, y_some)], len(train))

    gradient_of, theta, attained = torch.func.grad(loss_of), some.new_zeros(shape).ravel(), False
    hessian_of, at_once = torch.func.jacrev(gradient_of), max(_NUMBERS // (shape[0] * shape[0] * shape[1]), 1)
    value = over_all(loss_of, theta)
    for _ in range(ITERATIONS):
        gradient = over_all(gradient_of, theta)
        parts = zip(torch.split(some, at_once), torch.split(y_some, at_once), strict=True)
        hessian = _mean(hessian_of, theta, parts, len(some))
        direction = torch.linalg.pinv(hessian, hermitian=True) @ gradient
        fall = gradient @ direction
        if fall / 2 < TOLERANCE * max(1.0, abs(value.item())):
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
    return Optimum(Weights(solution[:, :-1], solution[:, -1]), attained)


def _mean(function: Callable[..., Tensor], theta: Tensor, parts: Iterable[tuple[Tensor, Tensor]], days: int) -> Tensor:
    """The mean over so many days of what a function gives as the mean of each part."""
    return torch.stack([function(theta, design, y) * (len(y) / days) for design, y in parts]).sum(0)


def designs(task: LinearTask, samples: Samples, days: int = CHUNK) -> Iterator[tuple[Tensor, Tensor]]:
    """A = (standardised x, 1) [c, m + 1] and y of a chunk of so many samples after another."""
    for part in samples.chunks(days):
        x = torch.as_tensor(part.x, dtype=torch.float64, device=task.device)
        yield task.design(x).cpu(), targets(part, torch.float64)
