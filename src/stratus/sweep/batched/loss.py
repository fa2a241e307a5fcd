"""Losses and accuracies of many members at once, of the tasks as they are."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat

import torch
from torch import Tensor
from torch.func import vmap

from stratus.data.batches import targets
from stratus.data.samples import Samples
from stratus.tasks.linear import BROADCASTS, LinearTask


@dataclass(frozen=True)
class Batch:
    """n days of each of M members."""

    x: Tensor  # (standardised inputs, 1) [m + 1, n, M]; [m + 1, n, 1] where the days are the same for all
    y: Tensor  # truth [n, M] or [n, k, M]
    importance: Tensor | None  # class weights of the loss's terms [n, choices, M]

    def logits(self, theta: Tensor) -> Tensor:
        """z = (x, 1) θ [n, k, M], θ being [m + 1, k, M]."""
        if self.x.shape[-1] == 1:
            return (self.x[..., 0].T @ theta.flatten(1)).view(-1, *theta.shape[1:])
        logits = torch.addcmul(theta[-1], self.x[0].unsqueeze(1), theta[0])
        for x, weight in zip(self.x[1:-1], theta[1:-1], strict=True):
            logits.addcmul_(x.unsqueeze(1), weight)
        return logits

    def gradient(self, slope: Tensor) -> Tensor:
        """∂L/∂θ = (x, 1)ᵀ ∂L/∂z [m + 1, k, M] of ∂L/∂z [n, k, M]."""
        if self.x.shape[-1] == 1:
            return (self.x[..., 0] @ slope.flatten(1)).view(-1, *slope.shape[1:])
        return (self.x.unsqueeze(2) * slope).sum(1)

    def batches(self, size: int) -> Iterator["Batch"]:
        """The days so many at a time."""
        importance = repeat(None) if self.importance is None else torch.split(self.importance, size)
        for x, y, weights in zip(torch.split(self.x, size, 1), torch.split(self.y, size), importance, strict=False):
            yield Batch(x, y, weights)


class Days:
    """A split's days as tensors, from which each of M members takes its own; days are the last dimension.

    The task standardises them and gives the class weights.
    """

    def __init__(self, task: LinearTask, samples: Samples, members: int, device: torch.device) -> None:
        x, y = torch.as_tensor(samples.x, dtype=torch.float32, device=device), targets(samples).to(device)
        self.members, self.x, self.y = members, task.design(x).T.contiguous(), y.movedim(0, -1).contiguous()
        self.importance = None
        if task.class_weights is not None:  # of a class that is no output none is asked for
            self.importance = task.importance(y.clamp(max=task.class_weights.shape[1] - 1)).T.contiguous()

    def take(self, rows: Tensor) -> Batch:
        """To each member its own days [n, M], or the same days [n, 1] to all."""

        def taken(values: Tensor) -> Tensor:
            return values.index_select(-1, rows.flatten()).view(*values.shape[:-1], *rows.shape)

        def by_day(values: Tensor) -> Tensor:
            found = taken(values).movedim(-2, 0)
            return found.expand(*found.shape[:-1], self.members)

        return Batch(taken(self.x), by_day(self.y), None if self.importance is None else by_day(self.importance))


class Loss:
    """A task's loss and accuracy of M members at once.

    A loss that is declared to broadcast over members takes logits [n, k, M] as it takes [n, k]. That is far faster than
    `torch.func.vmap`, by which any other goes.

    Args:
        task: Whose loss it is.
    """

    def __init__(self, task: LinearTask) -> None:
        self.task = task
        self.broadcasts = type(task).loss is LinearTask.loss and BROADCASTS in vars(type(task).losses)
        self.by_member = vmap(task.loss, in_dims=-1)
        self.by_member_held_out = vmap(lambda logits, y: task.held_out_losses(logits, y).mean(), in_dims=-1)
        self._hits = vmap(lambda logits, y: task.correct(task.decide(logits), y).float().mean(), in_dims=-1)

    def _terms(self, logits: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        """Terms of L [., ., M] and what each of them counts; together they are L."""
        if not self.broadcasts:
            losses = self.by_member(logits, batch.y)[None, None]
            return losses, torch.ones_like(losses)
        terms = self.task.losses(logits, batch.y)
        each = terms.new_ones(()) if batch.importance is None else batch.importance
        return terms, (each / len(terms)).expand_as(terms)

    def __call__(self, logits: Tensor, batch: Batch) -> Tensor:
        """L of each member [M]."""
        terms, counts = self._terms(logits, batch)
        return (terms * counts).sum((0, 1))

    def held_out(self, logits: Tensor, batch: Batch, *, others: bool) -> Tensor:
        """The same of days that training has not seen [M], among them perhaps `others` than of the outputs' classes."""
        return self.by_member_held_out(logits, batch.y) if others else self(logits, batch)

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
