"""How the learning rate changes over the epochs."""

import math

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR


def cosine(optimizer: Optimizer, epochs: int, final: float = 0.0) -> LambdaLR:
    """lr(t) = lr · (final + (1 - final) (1 + cos πt/T)/2), Loshchilov & Hutter (2017), without restarts.

    From lr to the share `final` of it at the last epoch T. A resumed run with more epochs follows the longer cosine.
    """
    return LambdaLR(optimizer, lambda t: final + (1 - final) * (1 + math.cos(math.pi * min(t / epochs, 1.0))) / 2)


def step(optimizer: Optimizer, epochs: int, every: int = 30, factor: float = 0.1) -> LambdaLR:
    """Learning rate times `factor` after each `every` epochs."""
    return LambdaLR(optimizer, lambda t: factor ** (t // every))
