"""How far the optimum's weights could have come out otherwise: other weeks of the same climate to learn from."""

import torch
from torch import Tensor

from stratus.data.samples import Array
from stratus.data.splits import Splits
from stratus.data.weeks import BLOCK
from stratus.scores.bootstrap import by_date
from stratus.tasks.linear import LinearTask
from stratus.tasks.weights import Weights
from stratus.training.optimum import designs

RIDGE = 1e-10  # of the mean curvature: inputs that say the same share their weight


def standard_errors(task: LinearTask, splits: Splits, best: Weights, block: int = BLOCK) -> Array:
    """Of the exact optimum's weights [k, m], over resamples of the training dates in blocks of so many.

    A resample's optimum is θ* - H⁻¹ ∇L_b(θ*), L_b being its loss: Newton's first step (Davidson & MacKinnon, 1999;
    Gonçalves & White, 2005, for blocks). As ∇L_b is a sum over what was drawn, the variance over all resamples needs
    no draw. In circular blocks of b it is n/b times the mean square of a block's sum, of n dates: the sandwich H⁻¹VH⁻¹
    with Bartlett's weights (Newey & West, 1987). Softmax weights are meant less their mean over the classes.
    """
    ((design, *truth),) = designs(task, splits.train, len(splits.train))
    z = (design @ torch.cat([best.weight, best.bias[:, None]], 1).T).requires_grad_()
    losses = task.weighted_losses(z, *truth)
    (slope,) = torch.autograd.grad(losses.sum(), z, create_graph=True)
    curved = [torch.autograd.grad(one.sum(), z, retain_graph=True)[0] for one in slope.unbind(1)]  # a row of ∂²ℓ/∂z²
    k, alone = z.shape[1], losses.shape[1] == z.shape[1]
    found = []
    for part in [[j] for j in range(k)] if alone else [[*range(k)]]:
        hessian = torch.cat([torch.cat([_product(design, curved[i][:, j]) for j in part], 1) for i in part])
        hessian += torch.tensor([task.penalty] * (design.shape[1] - 1) + [0.0]).double().repeat(len(part)).diag()
        score = (slope.detach()[:, part, None] * design[:, None]).flatten(1)
        influence = _solved(hessian, _by_date(splits, score)).view(-1, len(part), design.shape[1])[..., :-1]
        found.append(_error(influence if alone else influence - influence.mean(1, keepdim=True), block))
    return torch.cat(found).numpy()


def _product(design: Tensor, weights: Tensor) -> Tensor:
    return design.T @ (weights[:, None] * design) / len(design)


def _by_date(splits: Splits, score: Tensor) -> Tensor:
    """What each training date adds to the mean [dates, p] of the days' gradients [n, p], beyond what is usual."""
    _, sums = by_date(splits.train.dates, (score - score.mean(0)).numpy())
    return torch.from_numpy(sums) / len(score)


def _solved(hessian: Tensor, rows: Tensor) -> Tensor:
    """H⁻¹ of each row. Where H is flat no gradient points, and a small ridge keeps the solution from straying."""
    ridge = RIDGE * hessian.diagonal().mean() * torch.eye(len(hessian), dtype=hessian.dtype)
    return torch.cholesky_solve(rows.T, torch.linalg.cholesky(hessian + ridge)).T


def _error(influence: Tensor, block: int) -> Tensor:
    """The standard error of the sum over the dates [dates, …] that are drawn in circular blocks."""
    days = len(influence)
    around = torch.cat([torch.zeros_like(influence[:1]), influence, influence[: block - 1]]).cumsum(0)
    sums = around[block:] - around[:-block]
    return (sums.square().mean(0) * days / block).sqrt()
