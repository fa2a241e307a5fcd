"""Losses and accuracies of many members at once, of the tasks as they are."""

import torch
from torch import Tensor
from torch.func import vmap

from stratus.sweep.batched.pool import Batch
from stratus.tasks.linear import BROADCASTS, LinearTask


class Loss:
    """A task's loss and accuracy of M members at once.

    A loss that is declared to broadcast over members takes logits [n, k, M] as it takes [n, k]. That is far faster than
    `torch.func.vmap`, by which any other goes; of that all members need as many days.

    Args:
        task: Whose loss it is.
    """

    def __init__(self, task: LinearTask) -> None:
        self.task = task
        self.broadcasts = type(task).loss is LinearTask.loss and BROADCASTS in vars(type(task).losses)
        self.by_member = vmap(task.loss, in_dims=-1)
        self._held_out = vmap(task.held_out_losses, -1, -1)
        self._right = vmap(lambda logits, y: task.correct(task.decide(logits), y).float(), -1, -1)

    def _terms(self, logits: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        """Terms of L [., ., M] and what each of them counts; together they are L."""
        if not self.broadcasts:
            losses = self.by_member(logits, *batch.truth)[None, None]
            return losses, torch.ones_like(losses)
        terms = self.task.losses(logits, batch.y)
        each = terms.new_ones(()) if batch.importance is None else batch.importance
        if batch.own is None:
            return terms, (each / len(terms)).expand_as(terms)
        return terms, (each * (batch.own / batch.count.clamp(min=1))[:, None]).expand_as(terms)

    def __call__(self, logits: Tensor, batch: Batch) -> Tensor:
        """L of each member [M]."""
        terms, counts = self._terms(logits, batch)
        return (terms * counts).sum((0, 1))

    def held_out(self, logits: Tensor, batch: Batch) -> Tensor:
        """L of each member [M] over days that training has not seen, whose classes may be none of the outputs."""
        return batch.mean(self._held_out(logits, *batch.truth))

    def with_slope(self, logits: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        """L of each member [M] and ∂L/∂z [n, k, M]."""
        logits = logits.requires_grad_()
        with torch.enable_grad():
            terms, counts = self._terms(logits, batch)
        (slope,) = torch.autograd.grad(terms, logits, counts)
        return (terms.detach() * counts).sum((0, 1)), slope

    def accuracy(self, logits: Tensor, batch: Batch) -> Tensor:
        """Share of right decisions of each member [M], of all that are of something known."""
        right = self._right(logits, batch.y)
        if batch.known is not None:
            return batch.mean((right * batch.known).mean(1)) / batch.mean(batch.known.float().mean(1))
        return batch.mean(right.mean(1) if right.ndim > 2 else right)
