"""Losses with local minima, on which the start decides where descent ends."""

import math
from collections.abc import Callable

import torch
from torch import Tensor


def toy(x: Tensor) -> Tensor:
    """The lecture's f(x) = 3x² + sin 5x: two minima, with a maximum between them."""
    return 3 * x**2 + torch.sin(5 * x)


def learnt_period(times: Tensor, y: Tensor) -> Callable[[Tensor], Tensor]:
    """L(u): how well a wave of u cycles over the whole record fits at best, as a function of u alone.

    The model is y = c + a cos ωt + b sin ωt with ω = 2πu, and L(u) = min over a, b and c of the mean squared error.
    For a given ω the model is linear, so a, b and c solve the normal equations; u alone is left to descend. With u
    fixed the loss is convex; in u it is not.

    Args:
        times: t of each day [n], in lengths of the record.
        y: What was measured [n].
    """

    def loss(cycles: Tensor) -> Tensor:
        angle = 2 * math.pi * cycles * times
        design = torch.stack([torch.ones_like(angle), torch.cos(angle), torch.sin(angle)], 1)
        best = torch.linalg.solve(design.T @ design, design.T @ y)
        error: Tensor = y - design @ best
        return error.square().mean()

    return loss
