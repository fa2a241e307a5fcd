"""The exact optimum: the weights at which what a task minimises, loss and penalty, is lowest over the training days."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from stratus.data.batches import Batch, targets, truth
from stratus.data.samples import CHUNK, Array, Samples
from stratus.data.splits import Splits
from stratus.progress import each
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
    (found,) = optima(task, splits, np.ones((1, len(splits.outputs), len(splits.inputs)), bool))
    return found


def optima(task: LinearTask, splits: Splits, kept: Array) -> list[Optimum]:
    """The `optimum` of each of F models side by side, which have the inputs kept [F, k, m] of each output alone.

    The weights of the others are 0.
    """
    objective = _Objective(task, splits, kept)
    theta = torch.zeros(objective.shape, dtype=torch.float64)
    value, gradient = objective.value(theta), objective.gradient(theta)
    open_, attained = torch.ones_like(value, dtype=torch.bool), torch.zeros_like(value, dtype=torch.bool)
    for _ in each(range(NEWTON), "the exact optimum", "steps at most"):
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
    solved = zip(theta, value, attained, strict=True)
    return [Optimum(Weights(one[:, :-1], one[:, -1]), float(v.sum()), bool(so.all())) for one, v, so in solved]


class _Objective:
    """L(θ) + λ/2 ‖W‖² of θ = (W, b) [F, k, m + 1] of F models, its gradient, and Newton's direction.

    What is said of outputs with a loss each is [F, k, 1], else [F, 1, 1].
    """

    def __init__(self, task: LinearTask, splits: Splits, kept: Array) -> None:
        self.task, self.train = task, splits.train
        self.kept = torch.nn.functional.pad(torch.as_tensor(kept), (0, 1), value=True)  # b always
        self.shape = models, k, _ = self.kept.shape
        every = -(-len(self.train) // max(min(DAYS, LOGITS // (models * k)), 1))
        ((self.design, *self.truth),) = designs(task, self.train.where(slice(None, None, every)), len(self.train))
        self.parts = [(self.design, *self.truth)] if every == 1 else None
        self.single = task.losses(self.design.new_zeros(1, k), self.truth[0][:1]).shape[1] == k
        self.decay = torch.full(self.shape[2:], task.penalty, dtype=torch.float64)
        self.decay[-1] = 0.0  # b is free
        # Below it no day is on the wrong side of the boundary: there its cross-entropy alone is log 2 or more.
        lightest = 1.0 if task.class_weights is None else float(task.class_weights.min())
        self.separated = 0.0 if task.curvature_is_constant else lightest * math.log(2) / len(self.train)
        squares = task.curvature * (self.design.T @ self.design) / len(self.design) + self.decay.diag()
        masks, place = np.unique(self.kept.flatten(0, 1).numpy(), axis=0, return_inverse=True)
        self.inverses = [  # with the outputs that have them
            (torch.from_numpy(place.ravel() == row), _inverse(squares, torch.from_numpy(mask)))
            for row, mask in enumerate(masks)
        ]

    def total(self, terms: Tensor) -> Tensor:
        """The sum over θ of terms [F, k, m + 1], output by output where each has a loss."""
        return terms.sum(2, keepdim=True) if self.single else terms.sum((1, 2), keepdim=True)

    def longest(self, direction: Tensor) -> Tensor:
        """By how much the logits change at most along a direction."""
        change = self._logits(direction, self.design).abs().amax(0)[..., None]
        return change if self.single else change.amax(1, keepdim=True)

    def _logits(self, theta: Tensor, design: Tensor) -> Tensor:
        """Those of all models [c, F, k]."""
        return (design @ theta.flatten(0, 1).T).view(-1, *self.shape[:2])

    def _losses(self, z: Tensor, *truth: Tensor) -> Tensor:
        """Terms of the weighted loss of logits [c, F, k] and of what came on the c days [c, F, choices]."""
        models = self.shape[0]
        losses = self.task.weighted_losses(z.flatten(0, 1), *(one.repeat_interleave(models, 0) for one in truth))
        return losses.view(len(z), models, -1)

    def _mean(self, function: Callable[..., Tensor]) -> Tensor:
        """The mean over the training days of what a function gives as the mean of each part's."""
        parts, days = self.parts or designs(self.task, self.train), len(self.train)
        return torch.stack([function(*part) * (len(part[0]) / days) for part in parts]).sum(0)

    def value(self, theta: Tensor) -> Tensor:
        losses = self._mean(lambda design, *truth: self._losses(self._logits(theta, design), *truth).mean(0))
        return losses[..., None] + self.total(self.decay * theta.square()) / 2

    def gradient(self, theta: Tensor) -> Tensor:
        """0 of what is not kept."""
        found = self._mean(lambda design, *truth: self._along(self._slope(theta, design, *truth)[1], design))
        return (found + self.decay * theta) * self.kept

    def _along(self, slope: Tensor, design: Tensor) -> Tensor:
        """Slopes of the loss along z [c, F, k] as those along θ."""
        return (slope.flatten(1).T @ design).view(self.shape)

    def _slope(self, theta: Tensor, design: Tensor, *truth: Tensor, again: bool = False) -> tuple[Tensor, Tensor]:
        """Logits z [c, F, k], and ∂L/∂z; differentiable once more if asked."""
        z = self._logits(theta, design).requires_grad_()
        loss = self._losses(z, *truth).sum() / len(design)
        return z, torch.autograd.grad(loss, z, create_graph=again)[0]

    def _preconditioned(self, rest: Tensor) -> Tensor:
        if len(self.inverses) == 1:
            return rest @ self.inverses[0][1]
        found = torch.zeros_like(rest)
        for rows, inverse in self.inverses:
            found.flatten(0, 1)[rows] = rest.flatten(0, 1)[rows] @ inverse
        return found

    def newton(self, theta: Tensor, gradient: Tensor, wanted: Tensor) -> Tensor:
        """H⁻¹∇L [F, k, m + 1] by preconditioned conjugate gradients, of the outputs that are wanted; 0 of others."""
        z, slope = self._slope(theta, self.design, *self.truth, again=True)
        rows = wanted.expand(*self.shape[:2], 1)[..., 0]
        along = torch.zeros_like(z)

        def product(v: Tensor) -> Tensor:
            along[:, rows] = self.design @ v[rows].T
            (change,) = torch.autograd.grad(slope, z, along, retain_graph=True)
            found = torch.zeros_like(v)
            found[rows] = change[:, rows].T @ self.design + self.decay * v[rows]
            return found * self.kept

        direction, rest = torch.zeros_like(gradient), gradient * wanted
        search = self._preconditioned(rest)
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
            preconditioned = self._preconditioned(rest)
            last, size = size, self.total(rest * preconditioned)
            search = torch.where(going, preconditioned + size / last * search, 0.0)
        return direction


def _inverse(squares: Tensor, kept: Tensor) -> Tensor:
    """The inverse of what is kept of a matrix, 0 elsewhere."""
    found = torch.zeros_like(squares)
    found[kept[:, None] & kept] = torch.linalg.pinv(squares[kept][:, kept], hermitian=True).flatten()
    return found


def designs(task: LinearTask, samples: Samples, days: int = CHUNK) -> Iterator[Batch]:
    """A = (standardised x, 1) [c, m + 1] and the `truth` of a chunk of so many samples after another."""
    for part in samples.chunks(days):
        x = torch.as_tensor(part.x, dtype=torch.float64, device=task.device)
        yield task.design(x).cpu(), *truth(targets(part, torch.float64))
