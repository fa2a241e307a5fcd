"""Losses and accuracies of many members at once, of the tasks as they are."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat

import torch
from torch import Tensor
from torch.func import vmap

from stratus.data.batches import targets
from stratus.data.samples import Samples
from stratus.tasks.linear import LinearTask


@dataclass(frozen=True)
class Batch:
    """Days of all members; n days, M members.

    Attributes:
        x: Standardised inputs with a 1 below them, [n, m + 1] where the days are the same for all, else [m + 1, n, M].
        y: Truth [n, M] or [n, k, M].
        importance: Class weights of the loss's terms [n, choices, M], or None.
    """

    x: Tensor
    y: Tensor
    importance: Tensor | None

    def logits(self, theta: Tensor) -> Tensor:
        """z = (x, 1) θ [n, k, M], θ being [m + 1, k, M]."""
        if self.x.ndim == 2:
            return (self.x @ theta.flatten(1)).view(-1, *theta.shape[1:])
        logits = torch.addcmul(theta[-1], self.x[0].unsqueeze(1), theta[0])
        for x, weight in zip(self.x[1:-1], theta[1:-1], strict=True):
            logits.addcmul_(x.unsqueeze(1), weight)
        return logits

    def gradient(self, slope: Tensor) -> Tensor:
        """∂L/∂θ = (x, 1)ᵀ ∂L/∂z [m + 1, k, M] of ∂L/∂z [n, k, M]."""
        if self.x.ndim == 2:
            return (self.x.T @ slope.flatten(1)).view(-1, *slope.shape[1:])
        return (self.x.unsqueeze(2) * slope).sum(1)

    def batches(self, size: int) -> Iterator["Batch"]:
        """The days so many at a time."""
        importance = repeat(None) if self.importance is None else torch.split(self.importance, size)
        for x, y, weights in zip(torch.split(self.x, size, -2), torch.split(self.y, size), importance, strict=False):
            yield Batch(x, y, weights)


class Days:
    """A split's days as tensors, from which each member takes its own.

    Args:
        task: Gives the standardisation and the class weights.
        samples: The days.
        members: Their number M.
        device: Where the tensors lie.
    """

    def __init__(self, task: LinearTask, samples: Samples, members: int, device: torch.device) -> None:
        x = torch.as_tensor(samples.x, dtype=torch.float32, device=device)
        y = targets(samples).to(device)
        self.members = members
        self.x = torch.cat([(x - task.mean) / task.scale, x.new_ones(len(x), 1)], 1).T.contiguous()
        self.y = y.movedim(0, -1).contiguous()
        self.importance = None if task.class_weights is None else task.importance(y).T.contiguous()

    def same(self, rows: Tensor | slice = slice(None)) -> Batch:
        """The same days [n] for all members."""

        def shared(values: Tensor) -> Tensor:
            by_day = values[..., rows].movedim(-1, 0).unsqueeze(-1)
            return by_day.expand(*by_day.shape[:-1], self.members)

        importance = None if self.importance is None else shared(self.importance)
        return Batch(self.x[:, rows].T.contiguous(), shared(self.y), importance)

    def own(self, rows: Tensor) -> Batch:
        """To each member its own days [n, M]."""
        flat = rows.flatten()

        def taken(values: Tensor) -> Tensor:
            return values.index_select(-1, flat).view(*values.shape[:-1], *rows.shape)

        def by_day(values: Tensor) -> Tensor:
            return values if values.ndim == 2 else values.transpose(0, 1)

        importance = None if self.importance is None else by_day(taken(self.importance))
        return Batch(taken(self.x), by_day(taken(self.y)), importance)


class Loss:
    """A task's loss and accuracy of M members at once.

    Most losses take logits [n, k, M] as they take [n, k]: what is behind the classes they leave alone. That is far
    faster than `torch.func.vmap`, which is right for any loss. So a task's own loss is tried out on a few days, and
    `vmap` taken where that would not do.

    Args:
        task: Whose loss it is.
        days: Some of them are tried.
    """

    def __init__(self, task: LinearTask, days: Days) -> None:
        self.task = task
        self.by_member = vmap(task.loss, in_dims=-1)
        self._hits = vmap(lambda logits, y: task.correct(task.decide(logits), y).float().mean(), in_dims=-1)
        self.at_once = True  # on trial
        self.at_once = self._fits(days)

    def _fits(self, days: Days) -> bool:
        generator = torch.Generator().manual_seed(0)
        rows = torch.randint(days.x.shape[1], (5, 3), generator=generator).to(days.x.device)
        batch, k = days.own(rows), len(self.task.outputs)
        logits = torch.randn(5, k, 3, generator=generator).to(days.x.device)
        one_by_one = torch.stack([self.task.loss(logits[..., i], batch.y[..., i]) for i in range(3)])
        try:
            losses = self(logits, batch)
        except (RuntimeError, ValueError, IndexError):
            return False
        return losses.shape == one_by_one.shape and torch.allclose(losses, one_by_one, rtol=1e-5, atol=1e-6)

    def _terms(self, logits: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        """Terms of L [., ., M] and what each of them counts; together they are L."""
        if not self.at_once:
            losses = self.by_member(logits, batch.y)[None, None]
            return losses, torch.ones_like(losses)
        terms = self.task.losses(logits, batch.y)
        each = terms.new_ones(()) if batch.importance is None else batch.importance
        return terms, (each / len(terms)).expand_as(terms)

    def __call__(self, logits: Tensor, batch: Batch) -> Tensor:
        """L of each member [M]."""
        terms, counts = self._terms(logits, batch)
        return (terms * counts).sum((0, 1))

    def with_slope(self, logits: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        """L of each member [M] and ∂L/∂z [n, k, M]."""
        logits = logits.requires_grad_()
        with torch.enable_grad():
            terms, counts = self._terms(logits, batch)
        (slope,) = torch.autograd.grad(terms, logits, counts)
        return (terms.detach() * counts).sum((0, 1)), slope

    def accuracy(self, logits: Tensor, y: Tensor) -> Tensor:
        """Share of right decisions of each member [M]."""
        shares: Tensor = self._hits(logits, y)
        return shares
