"""The exact optimum: the weights at which what a task minimises, loss and penalty, is lowest over the training days."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from stratus.data.batches import Batch, targets, truth
from stratus.data.samples import CHUNK, Samples
from stratus.data.splits import Splits
from stratus.tasks.linear import LinearTask
from stratus.tasks.weights import Weights

DAYS, LOGITS = 1 << 18, 1 << 25  # of more, or more days times outputs, the Hessian is that of some, spread evenly
TOLERANCE = 1e-12  # of the loss
NEWTON, INNER = 100, 100  # steps at most, of Newton's method and of conjugate gradients within each


@dataclass(frozen=True)
class Optimum:
    """The best weights."""

    weights: Weights
    value: float  # their loss and penalty, the least there is
    attained: bool  # False where there is no minimum: a boundary separates a class and the loss falls for ever


def mean_loss(task: LinearTask, weights: Weights, samples: Samples) -> float:
    """L of weights over samples, in float64, without the penalty."""
    parts = ((weights.logits(task, part.x), truth(targets(part, torch.float64))) for part in samples.chunks())
    return sum(task.loss(z, *known).item() * len(z) for z, known in parts) / len(samples)


def minimised(task: LinearTask, weights: Weights, splits: Splits) -> float:
    """What training minimises: L over the training days and λ/2 ‖W‖²."""
    return mean_loss(task, weights, splits.train) + task.penalty / 2 * float(weights.weight.square().sum())


def optimum(task: LinearTask, splits: Splits) -> Optimum:
    """Minimises the task's mean loss over the training days, and its penalty λ/2 ‖W‖², in float64.

    Newton's method θ' = θ - s d, where d solves Hd = ∇L by conjugate gradients, which need only products with the
    Hessian H (Nocedal & Wright, 2006, algorithm 7.1), and s is halved until the loss falls (Armijo). The inverse of
    AᵀA/n preconditions them: H = Aᵀ diag(∂²ℓ/∂z²) A/n differs from it by the curvature of ℓ alone, so a squared loss
    takes one step, and many inputs hardly more than few; and by the days on which an output is unknown. Outputs with a
    loss each are solved side by side, each until half its Newton decrement, the expected fall of its loss, is below the
    tolerance. Losses are convex, so this is the global optimum.
    """
    objective = _Objective(task, splits)
    theta = torch.zeros(objective.shape, dtype=torch.float64)
    value, gradient = objective.value(theta), objective.gradient(theta)
    open_, attained = torch.ones_like(value, dtype=torch.bool), torch.zeros_like(value, dtype=torch.bool)
    for _ in range(NEWTON):
        direction = objective.newton(theta, gradient, open_)
        fall = objective.total(gradient * direction)
        # Where a class is separated the loss falls to nothing as well, but by steps that stay long.
        ended = (fall / 2 < TOLERANCE * value.abs().clamp(min=1)) | (value < objective.separated)
        attained |= open_ & ended & (objective.longest(direction) < 0.01)
        open_ &= ~ended
        size = open_.double()
        while True:
            lower = objective.value(theta - size * direction)
            long = open_ & (lower > value - 1e-4 * size * fall) & (size > 1e-8)
            if not long.any():
                break
            size = torch.where(long, size / 2, size)
        attained |= open_ & (lower >= value)  # rounding leaves nothing to gain
        open_ &= lower < value
        if not open_.any():
            break
        theta, value = theta - open_ * size * direction, torch.where(open_, lower, value)
        gradient = objective.gradient(theta)
    return Optimum(Weights(theta[:, :-1], theta[:, -1]), float(value.sum()), bool(attained.all()))


class _Objective:
    """L(θ) + λ/2 ‖W‖² of θ = (W, b) [k, m + 1], its gradient, and Newton's direction.

    What is said of outputs with a loss each is [k, 1], else [1, 1].
    """

    def __init__(self, task: LinearTask, splits: Splits) -> None:
        self.task, self.train = task, splits.train
        self.shape = k, _ = len(splits.outputs), len(splits.inputs) + 1
        every = -(-len(self.train) // max(min(DAYS, LOGITS // k), 1))
        ((self.design, *self.truth),) = designs(task, self.train.where(slice(None, None, every)), len(self.train))
        self.parts = [(self.design, *self.truth)] if every == 1 else None
        first = self.design[:1] @ self.design.new_zeros(self.shape).T
        self.single = task.losses(first, self.truth[0][:1]).shape[1] == k
        self.decay = torch.full(self.shape[1:], task.penalty, dtype=torch.float64)
        self.decay[-1] = 0.0  # b is free
        # Below it no day is on the wrong side of the boundary: there its cross-entropy alone is log 2 or more.
        lightest = 1.0 if task.class_weights is None else float(task.class_weights.min())
        self.separated = 0.0 if task.curvature_is_constant else lightest * math.log(2) / len(self.train)
        squares = self.design.T @ self.design / len(self.design)
        self.inverse = torch.linalg.pinv(task.curvature * squares + self.decay.diag(), hermitian=True)

    def total(self, terms: Tensor) -> Tensor:
        """The sum over θ of terms [k, m + 1], output by output where each has a loss."""
        return terms.sum(1, keepdim=True) if self.single else terms.sum().view(1, 1)

    def longest(self, direction: Tensor) -> Tensor:
        """By how much the logits change at most along a direction."""
        change = (self.design @ direction.T).abs().amax(0)[:, None]
        return change if self.single else change.max().view(1, 1)

    def _mean(self, function: Callable[..., Tensor]) -> Tensor:
        """The mean over the training days of what a function gives as the mean of each part's."""
        parts, days = self.parts or designs(self.task, self.train), len(self.train)
        return torch.stack([function(*part) * (len(part[0]) / days) for part in parts]).sum(0)

    def value(self, theta: Tensor) -> Tensor:
        losses = self._mean(lambda design, *truth: self.task.weighted_losses(design @ theta.T, *truth).mean(0))
        return losses[:, None] + self.total(self.decay * theta.square()) / 2

    def gradient(self, theta: Tensor) -> Tensor:
        slopes = self._mean(lambda design, *truth: self._slope(theta, design, *truth)[1].T @ design)
        return slopes + self.decay * theta

    def _slope(self, theta: Tensor, design: Tensor, *truth: Tensor, again: bool = False) -> tuple[Tensor, Tensor]:
        """Logits z [c, k], and ∂L/∂z; differentiable once more if asked."""
        z = (design @ theta.T).requires_grad_()
        return z, torch.autograd.grad(self.task.loss(z, *truth), z, create_graph=again)[0]

    def newton(self, theta: Tensor, gradient: Tensor, wanted: Tensor) -> Tensor:
        """H⁻¹∇L [k, m + 1] by preconditioned conjugate gradients, of the outputs that are wanted; 0 of others."""
        z, slope = self._slope(theta, self.design, *self.truth, again=True)
        rows = wanted.expand(len(theta), 1)[:, 0]
        along = torch.zeros_like(z)

        def product(v: Tensor) -> Tensor:
            along[:, rows] = self.design @ v[rows].T
            (change,) = torch.autograd.grad(slope, z, along, retain_graph=True)
            found = torch.zeros_like(v)
            found[rows] = change[:, rows].T @ self.design + self.decay * v[rows]
            return found

        direction, rest = torch.zeros_like(gradient), gradient * wanted
        search = rest @ self.inverse
        first = size = self.total(rest * search)
        for _ in range(INNER):
            curved = product(search)
            bend = self.total(search * curved)
            going = (size > 1e-8 * first) & (bend > 0)  # no further where rounding is all that is left
            if not going.any():
                break
            step = torch.where(going, size / bend, 0.0)
            direction = direction + step * search
            rest = rest - step * curved
            preconditioned = rest @ self.inverse
            last, size = size, self.total(rest * preconditioned)
            search = torch.where(going, preconditioned + size / last * search, 0.0)
        return direction


def designs(task: LinearTask, samples: Samples, days: int = CHUNK) -> Iterator[Batch]:
    """A = (standardised x, 1) [c, m + 1] and the `truth` of a chunk of so many samples after another."""
    for part in samples.chunks(days):
        x = torch.as_tensor(part.x, dtype=torch.float64, device=task.device)
        yield task.design(x).cpu(), *truth(targets(part, torch.float64))
