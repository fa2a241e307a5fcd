"""Losses with local minima, on which the start decides where descent ends."""

import torch
from torch import Tensor


def toy(x: Tensor) -> Tensor:
    """The lecture's f(x) = 3x² + sin 5x: two minima, with a maximum between them."""
    return 3 * x**2 + torch.sin(5 * x)
