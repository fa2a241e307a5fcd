"""How large a step of gradient descent may be, and what is said when it was too large."""

import logging
from typing import Any

import numpy as np
from torch.optim import SGD, Optimizer

from stratus.data.splits import Splits
from stratus.errors import Diverged
from stratus.tasks.linear import LinearTask
from stratus.training.optimum import designs

log = logging.getLogger(__name__)


def largest_stable_step(
    task: LinearTask, splits: Splits, optimizer: Optimizer, eigenvalue: float | None = None
) -> float | None:
    """The learning rate up to which descent on all training days at once is sure to be stable.

    Along an eigenvector of the Hessian with eigenvalue λ, a step multiplies the error by 1 - ελ, so ε < 2/λmax. The
    Hessian is at most curvature · AᵀCA/n with A = (standardised x, 1) and C what each day counts, and equal to it
    for the squared loss, which therefore diverges above the limit; a cross-entropy may bear more. Weight decay adds to
    λ. Nesterov's momentum β allows (2 + 2β)/(1 + 2β) in place of 2, plain momentum 2 + 2β: the bounds at which the
    roots of its characteristic polynomial leave the unit circle.

    None for optimisers without a fixed step (Adam scales it by parameter, L-BFGS searches it).
    """
    if not isinstance(optimizer, SGD):
        return None
    known = largest_eigenvalue(task, splits) if eigenvalue is None else eigenvalue
    largest = task.curvature * known + optimizer.defaults["weight_decay"]
    momentum = optimizer.defaults["momentum"]
    reach = (2 + 2 * momentum) / (1 + 2 * momentum) if optimizer.defaults["nesterov"] else 2 + 2 * momentum
    return float(reach / largest)


def largest_eigenvalue(task: LinearTask, splits: Splits) -> float:
    """λmax of AᵀCA/n over the training days, the largest of the choices' where each has its own `importance` C."""
    products: Any = 0
    for inputs, *truth in designs(task, splits.train):
        design, weights = inputs.numpy(), task.importance(*(one.to(task.device) for one in truth))
        if weights is None:
            products = products + design.T @ design
        else:
            each = weights.double().cpu().T.numpy()
            products = products + np.stack([(design * one[:, None]).T @ design for one in each])
    return float(np.linalg.eigvalsh(products / len(splits.train)).max())


def announced_limit(
    task: LinearTask, splits: Splits, optimizer: Optimizer, eigenvalue: float | None = None
) -> float | None:
    """The largest stable step, logged beside the chosen one; λmax is computed where it is not given."""
    lr, limit = optimizer.defaults["lr"], largest_stable_step(task, splits, optimizer, eigenvalue)
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
    known = "" if limit is None else f", the largest step sure to be stable {limit:.4g}"
    below = 0.9 * limit if limit is not None and lr > limit else lr / 10
    return Diverged(
        f"training diverged: the loss is {loss} at step {step}, the last finite one was "
        f"{last_finite:.6g}; the learning rate is {lr:.4g}{known}. Mend: optimizer.lr={below:.2g}"
    )
