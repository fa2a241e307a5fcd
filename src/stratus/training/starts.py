"""Where descent starts."""

import torch
from torch import Tensor


def zeros(parameter: Tensor, generator: torch.Generator) -> None:
    """θ = 0."""
    parameter.zero_()


def gaussian(parameter: Tensor, generator: torch.Generator, sigma: float) -> None:
    """θ ~ N(0, σ), σ being the standard deviation."""
    parameter.normal_(0.0, sigma, generator=generator)


def uniform(parameter: Tensor, generator: torch.Generator, sigma: float) -> None:
    """θ ~ U(-σ, σ)."""
    parameter.uniform_(-sigma, sigma, generator=generator)
