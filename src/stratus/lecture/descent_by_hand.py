"""The lecture's loop without a trainer, for many starts and learning rates at once; and two losses to try it on."""

import math
from collections.abc import Callable
from functools import partial
from typing import TypeAlias

import torch
from torch import Tensor
from torch.func import grad, vmap

from stratus.data.batches import targets
from stratus.data.samples import Samples
from stratus.tasks.linear import LinearTask
from stratus.tasks.weights import Weights
from stratus.training.callbacks import Trace

Loss: TypeAlias = Callable[[Tensor], Tensor]  # L as a function of θ alone: a scalar


def loss_on(task: LinearTask, days: Samples, dtype: torch.dtype = torch.float32) -> Loss:
    """L(θ) of a task on these days, θ = (W, b) being one matrix [k, m + 1] whose last column is the bias."""
    design = task.design(torch.as_tensor(days.x, dtype=dtype))
    y = targets(days, dtype)
    return lambda theta: task.loss(design @ theta.T, y)


def on_plane(loss: Loss, origin: Tensor, axes: Tensor) -> Loss:
    """L as a function of two numbers t [2]: at θ = origin + t₁ axes₁ + t₂ axes₂."""
    return lambda t: loss(origin + torch.tensordot(t, axes, 1))


def descend(loss: Loss, start: Tensor, rate: Tensor | float, steps: int) -> Tensor:
    """Repeats θ' = θ - ε ∇L(θ): θ after 0, 1, … steps [steps + 1, …], inf or NaN where it has diverged."""
    gradient, path = grad(loss), [start]
    for _ in range(steps):
        path.append(path[-1] - rate * gradient(path[-1]))
    return torch.stack(path)


def descend_each(loss: Loss, starts: Tensor, rates: Tensor | float, steps: int) -> Tensor:
    """`descend` from s starts [s, …], each at its own rate [s] or all at one: s paths [s, steps + 1, …]."""
    each = 0 if isinstance(rates, Tensor) else None
    return vmap(partial(descend, loss, steps=steps), in_dims=(0, each))(starts, rates)


def path_of(trace: Trace) -> Tensor:
    """θ of a run in the form of `loss_on`: at the beginning and after each epoch [epochs + 1, k, m + 1]."""
    return torch.cat([torch.stack(trace.weight), torch.stack(trace.bias).unsqueeze(-1)], -1)


def matrix(weights: Weights) -> Tensor:
    """θ in the form of `loss_on` [k, m + 1], in float64."""
    return torch.cat([weights.weight, weights.bias[:, None]], 1)


def toy(x: Tensor) -> Tensor:
    """The lecture's f(x) = 3x² + sin 5x: two minima, with a maximum between them."""
    return 3 * x**2 + torch.sin(5 * x)


def learnt_period(times: Tensor, y: Tensor) -> Loss:
    """L(u): how well a wave of u cycles over the whole record fits y [n]; times [n] are in lengths of the record.

    The model is y = c + a cos ωt + b sin ωt with ω = 2πu, and L(u) = min over a, b and c of the mean squared error.
    For a given u it is linear, so a, b and c solve the normal equations and the loss is convex; in u it is not.
    """

    def loss(cycles: Tensor) -> Tensor:
        angle = 2 * math.pi * cycles * times
        design = torch.stack([torch.ones_like(angle), torch.cos(angle), torch.sin(angle)], 1)
        best = torch.linalg.solve(design.T @ design, design.T @ y)
        error: Tensor = y - design @ best
        return error.square().mean()

    return loss
