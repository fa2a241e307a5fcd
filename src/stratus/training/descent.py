"""Gradient descent: where it starts, how large a step may be, how the step changes, and when to stop for good."""

import logging
import math
from typing import Any

import numpy as np
import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import EarlyStopping
from torch import Tensor
from torch.optim import SGD, Optimizer
from torch.optim.lr_scheduler import LambdaLR

from stratus.data.batches import targets
from stratus.data.splits import Splits
from stratus.errors import Diverged
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


def largest_stable_step(task: LinearTask, splits: Splits, optimizer: Optimizer) -> float | None:
    """The learning rate up to which descent on all training days at once is sure to be stable.

    Along an eigenvector of the Hessian with eigenvalue λ, a step multiplies the error by 1 - ελ, so ε < 2/λmax.
    The Hessian is at most curvature · AᵀCA/n with A = (standardised x, 1) and C the days' weights, if any, and equal
    to it for the squared loss, which therefore diverges above the limit; a cross-entropy may bear more. Weight decay
    adds to λ. Nesterov's momentum β allows (2 + 2β)/(1 + 2β) in place of 2, plain momentum 2 + 2β: the bounds at which
    the roots of its characteristic polynomial leave the unit circle.

    Args:
        task: Its `curvature` bounds the loss's second derivative in the logits; its class weights count.
        splits: Whose training days make A.
        optimizer: Its momentum and weight decay count.

    Returns:
        The limit; None for optimisers without a fixed step (Adam scales it by parameter, L-BFGS searches it).
    """
    if not isinstance(optimizer, SGD):
        return None
    largest = task.curvature * largest_eigenvalue(task, splits) + optimizer.defaults["weight_decay"]
    momentum = optimizer.defaults["momentum"]
    reach = (2 + 2 * momentum) / (1 + 2 * momentum) if optimizer.defaults["nesterov"] else 2 + 2 * momentum
    return float(reach / largest)


def largest_eigenvalue(task: LinearTask, splits: Splits) -> float:
    """λmax of AᵀCA/n over the training days, the largest of the choices' where each has weights C of its own."""
    if task.class_weights is None:
        return float(np.linalg.eigvalsh(splits.products).max())
    products: Any = 0
    for part in splits.train.chunks():
        design, weights = splits.design(part), task.importance(targets(part).to(task.device)).cpu().numpy()
        products = products + np.einsum("ni,nc,nj->cij", design, weights, design, optimize=True)
    return float(np.linalg.eigvalsh(products / len(splits.train)).max())


def announced_limit(task: LinearTask, splits: Splits, optimizer: Optimizer) -> float | None:
    """The largest stable step, logged beside the chosen one."""
    lr, limit = optimizer.defaults["lr"], largest_stable_step(task, splits, optimizer)
    exact = task.curvature_is_constant
    name = "the largest stable step" if exact else "the largest step sure to be stable"
    if limit is None:
        log.info("learning rate %.4g; %s has no fixed largest stable step", lr, type(optimizer).__name__)
    elif lr > limit:
        outcome = "expect divergence" if exact else "it may oscillate"
        log.warning("learning rate %.4g is above %s, %.4g: %s", lr, name, limit, outcome)
    else:
        log.info("learning rate %.4g; %s is %.4g", lr, name, limit)
    return limit


def divergence(loss: float, step: int, last_finite: float, lr: float, limit: float | None) -> Diverged:
    """Says that training diverged, when and at which learning rate, and what mends it."""
    known = "" if limit is None else f", the largest stable step {limit:.4g}"
    below = 0.9 * limit if limit is not None and lr > limit else lr / 10
    return Diverged(
        f"training diverged: the loss is {loss} at step {step}, the last finite one was "
        f"{last_finite:.6g}; the learning rate is {lr:.4g}{known}. Mend: optimizer.lr={below:.2g}"
    )


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
        """Logs the chosen learning rate beside the largest stable one, of descent on all training days at once."""
        assert isinstance(pl_module, LinearTask)
        (optimizer,) = trainer.optimizers
        self.limit = announced_limit(pl_module, self.splits, optimizer)

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
        raise divergence(value, trainer.global_step, self.last_finite, lr, self.limit)

    def state_dict(self) -> dict[str, Any]:
        """The last finite loss."""
        return {"last_finite": self.last_finite}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes up the last finite loss of the run that is resumed."""
        self.last_finite = state_dict["last_finite"]


class SettingsRule(Callback):
    """Lets the settings rule over a resumed checkpoint: it brings the optimiser's memory, they its learning rate."""

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Puts the optimiser's and the schedule's own numbers back."""
        (optimizer,) = trainer.optimizers
        for group in optimizer.param_groups:
            group.update(optimizer.defaults)
        for config in trainer.lr_scheduler_configs:
            schedule = config.scheduler
            assert isinstance(schedule, LambdaLR)
            schedule.base_lrs = [optimizer.defaults["lr"]] * len(optimizer.param_groups)
            for group, factor in zip(optimizer.param_groups, schedule.lr_lambdas, strict=True):
                group["initial_lr"] = optimizer.defaults["lr"]
                group["lr"] = optimizer.defaults["lr"] * factor(schedule.last_epoch)


class Patience(EarlyStopping):
    """Early stopping whose patience is the setting's, in a resumed run too; one that had run out begins anew."""

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes up the best score, and how long ago it was."""
        spent = state_dict["wait_count"] >= state_dict["patience"]
        waited = 0 if spent else state_dict["wait_count"]
        super().load_state_dict({**state_dict, "patience": self.patience, "wait_count": waited})


class Trace(Callback):
    """Keeps θ at the start of training and after each epoch.

    Attributes:
        steps: Number of steps taken at each of them.
        weight: W at each of them, [k, m], on standardised inputs.
        bias: b at each of them, [k].
    """

    def __init__(self) -> None:
        self.steps: list[int] = []
        self.weight: list[Tensor] = []
        self.bias: list[Tensor] = []

    def _keep(self, trainer: Trainer, task: LightningModule) -> None:
        assert isinstance(task, LinearTask)
        self.steps.append(trainer.global_step)
        self.weight.append(task.linear.weight.detach().clone())
        self.bias.append(task.linear.bias.detach().clone())

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Keeps θ as training starts."""
        self._keep(trainer, pl_module)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Keeps θ as the epoch leaves it."""
        self._keep(trainer, pl_module)
