"""Gradient descent: where it starts, how large a step may be, how the step changes, and when to stop for good."""

import logging
import math
from typing import Any

import numpy as np
import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor
from torch.optim import SGD, Optimizer
from torch.optim.lr_scheduler import LambdaLR

from stratus.errors import Diverged
from stratus.splits import Splits
from stratus.tasks.linear import LinearTask

log = logging.getLogger(__name__)


def zeros(parameter: Tensor, generator: torch.Generator) -> None:
    """θ = 0."""
    parameter.zero_()


def gaussian(parameter: Tensor, generator: torch.Generator, sigma: float) -> None:
    """θ ~ N(0, σ), σ being the standard deviation."""
    parameter.normal_(0.0, sigma, generator=generator)


def uniform(parameter: Tensor, generator: torch.Generator, sigma: float) -> None:
    """θ ~ U(-σ, σ)."""
    parameter.uniform_(-sigma, sigma, generator=generator)


def cosine(optimizer: Optimizer, epochs: int, final: float = 0.0) -> LambdaLR:
    """Learning rate along half a cosine, from the chosen one to the share `final` of it at the last epoch.

    lr(t) = lr · (final + (1 - final) (1 + cos πt/T)/2), Loshchilov & Hutter (2017), without restarts. A resumed
    run with more epochs follows the longer cosine.
    """
    return LambdaLR(optimizer, lambda t: final + (1 - final) * (1 + math.cos(math.pi * min(t / epochs, 1.0))) / 2)


def step(optimizer: Optimizer, epochs: int, every: int = 30, factor: float = 0.1) -> LambdaLR:
    """Learning rate times `factor` after each `every` epochs."""
    return LambdaLR(optimizer, lambda t: factor ** (t // every))


def largest_stable_step(curvature: float, splits: Splits, optimizer: Optimizer) -> float | None:
    """The learning rate above which plain descent on all training days diverges or oscillates.

    Along an eigenvector of the Hessian with eigenvalue λ, a step multiplies the error by 1 - ελ, so ε < 2/λmax.
    The Hessian is at most curvature · AᵀA/n with A = (standardised x, 1), and equal to it for the squared loss;
    weight decay adds to λ. Nesterov's momentum β allows (2 + 2β)/(1 + 2β) in place of 2, plain momentum 2 + 2β:
    the bounds at which its characteristic polynomial's roots leave the unit circle.

    Args:
        curvature: Bound of the loss's second derivative in the logits, `LinearTask.curvature`.
        splits: Whose training days make A.
        optimizer: Its momentum and weight decay count.

    Returns:
        The limit; None for optimisers without a fixed step (Adam scales it by parameter, L-BFGS searches it).
    """
    if not isinstance(optimizer, SGD):
        return None
    mean, scale = splits.standardisation
    design = np.column_stack([(splits.train.x - mean) / scale, np.ones(len(splits.train))])
    largest = curvature * np.linalg.eigvalsh(design.T @ design / len(design))[-1] + optimizer.defaults["weight_decay"]
    momentum = optimizer.defaults["momentum"]
    reach = (2 + 2 * momentum) / (1 + 2 * momentum) if optimizer.defaults["nesterov"] else 2 + 2 * momentum
    return float(reach / largest)


class StabilityGuard(Callback):
    """Says before training how large a step may be, warns of a larger one, and stops at a loss that is not finite.

    Args:
        splits: Samples trained on.
    """

    def __init__(self, splits: Splits) -> None:
        self.splits = splits
        self.limit: float | None = None
        self.last_finite = math.nan

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Logs the chosen learning rate beside the largest stable one."""
        assert isinstance(pl_module, LinearTask)
        (optimizer,) = trainer.optimizers
        lr = optimizer.defaults["lr"]
        self.limit = largest_stable_step(pl_module.curvature, self.splits, optimizer)
        if self.limit is None:
            log.info("learning rate %.4g; %s has no fixed largest stable step", lr, type(optimizer).__name__)
        elif lr > self.limit:
            log.warning(
                "learning rate %.4g is above the largest stable step %.4g: expect oscillation or divergence",
                lr,
                self.limit,
            )
        else:
            log.info("learning rate %.4g; the largest stable step is %.4g", lr, self.limit)

    def on_before_backward(self, trainer: Trainer, pl_module: LightningModule, loss: Tensor) -> None:
        """Stops before a loss that is not finite reaches the weights.

        Raises:
            Diverged: Naming step, last finite loss, learning rate, limit and mend.
        """
        value = loss.item()
        if math.isfinite(value):
            self.last_finite = value
            return
        lr = trainer.optimizers[0].param_groups[0]["lr"]
        limit = "" if self.limit is None else f", the largest stable step {self.limit:.4g}"
        below = 0.9 * self.limit if self.limit is not None and lr > self.limit else lr / 10
        raise Diverged(
            f"training diverged: the loss is {value} at step {trainer.global_step}, the last finite one was "
            f"{self.last_finite:.6g}; the learning rate is {lr:.4g}{limit}. Mend: optimizer.lr={below:.2g}"
        )

    def state_dict(self) -> dict[str, Any]:
        """The last finite loss."""
        return {"last_finite": self.last_finite}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes up the last finite loss of the run that is resumed."""
        self.last_finite = state_dict["last_finite"]
