"""The days of many members, and which of them each member takes in an epoch."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import repeat

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from stratus.data.batches import EpochOrder, targets, truth
from stratus.data.samples import Samples
from stratus.tasks.linear import LinearTask


@dataclass(frozen=True)
class Batch:
    """n days of each of M members."""

    x: Tensor  # (standardised inputs, 1) [m + 1, n, M]; [m + 1, n, 1] where the days are the same for all
    y: Tensor  # truth [n, M] or [n, k, M]; 0 where unknown
    known: Tensor | None  # whether it is known [n, k, M]; None where all is
    importance: Tensor | None  # what each of the loss's terms counts [n, choices, M]; None where all count alike
    own: Tensor | None  # whether a day is the member's [n, M], not only there to fill up; None where all are

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

    @property
    def truth(self) -> tuple[Tensor, ...]:
        """y as the tasks' losses take it."""
        return (self.y,) if self.known is None else (self.y, self.known)

    @cached_property
    def count(self) -> Tensor:
        """The number of days of each member [M], or of all [1]."""
        return self.y.new_tensor([len(self.y)]) if self.own is None else self.own.sum(0)

    def mean(self, values: Tensor) -> Tensor:
        """The mean of values [n, M] over the days of each member [M]; 0 where it has none."""
        return values.mean(0) if self.own is None else (values * self.own).sum(0) / self.count.clamp(min=1)

    def batches(self, size: int) -> Iterator["Batch"]:
        """The days so many at a time."""
        there = (self.y, self.known, self.importance, self.own)
        rest = (repeat(None) if one is None else torch.split(one, size) for one in there)
        for parts in zip(torch.split(self.x, size, 1), *rest, strict=False):
            yield Batch(*parts)


class Pool:
    """The days of M members as tensors, those that several share once, and the order that each takes them in.

    Each task standardises its days, and says what the terms of their loss count. Members with the same days and seed
    take them in the same order.

    Args:
        days: Of each member: its task and its days.
        seeds: Of each member's order; None keeps it.
        device: Where the tensors are.
        size: The days of a batch; None for all.
        limit: The most batches of an epoch; None for no such limit.
    """

    def __init__(
        self,
        days: Sequence[tuple[LinearTask, Samples]],
        seeds: Sequence[int | None],
        device: torch.device,
        size: int | None = None,
        limit: int | None = None,
    ) -> None:
        parts = {id(samples): (task, samples) for task, samples in days}
        x = [task.design(torch.as_tensor(samples.x, dtype=torch.float32)) for task, samples in parts.values()]
        y = [targets(samples) for _, samples in parts.values()]
        every, *known = truth(torch.cat(y))
        shares = [torch.split(one, [*map(len, y)]) for one in (every, *known)]
        found = [_importance(task, *one) for (task, _), *one in zip(parts.values(), *shares, strict=True)]
        weights = [one for one in found if one is not None]

        def stored(values: Tensor) -> Tensor:
            return values.movedim(0, -1).contiguous().to(device)

        self.x, self.y = torch.cat(x).T.contiguous().to(device), stored(every.nan_to_num() if known else every)
        self.known = stored(known[0]) if known else None
        self.importance = stored(torch.cat(weights)) if weights else None
        starts = dict(zip(parts, torch.tensor([0, *map(len, y)]).cumsum(0).tolist(), strict=False))
        drawn = [(id(samples), seed) for (_, samples), seed in zip(days, seeds, strict=True)]
        once = list(dict.fromkeys(drawn))
        lengths = [len(parts[key][1]) for key, _ in once]
        self.orders = [(starts[key], EpochOrder(n, seed)) for (key, seed), n in zip(once, lengths, strict=True)]
        self.of = torch.tensor([once.index(one) for one in drawn], device=device)
        self.size = min(size or max(lengths), max(lengths))
        steps = [min(-(-n // self.size), limit or n) for n in lengths]
        taken = [min(n, k * self.size) for n, k in zip(lengths, steps, strict=True)]
        self.days = max(taken)
        self.steps = torch.tensor(steps, device=device)[self.of]
        last = torch.tensor(taken, device=device)[self.of]
        self.own = torch.arange(self.days, device=device)[:, None] < last if len(set(taken)) > 1 else None

    def take(self, epoch: int) -> Batch:
        """The days of an epoch."""
        found = []
        for start, order in self.orders:
            order.set_epoch(epoch)
            found.append(start + order.order())
        rows = pad_sequence(found)[: self.days].to(self.x.device)
        rows = rows if len(found) == 1 else rows[:, self.of]

        def taken(values: Tensor) -> Tensor:
            return values.index_select(-1, rows.flatten()).view(*values.shape[:-1], *rows.shape)

        def by_day(values: Tensor) -> Tensor:
            one = taken(values).movedim(-2, 0)
            return one.expand(*one.shape[:-1], len(self.of))

        known, importance = (None if one is None else by_day(one) for one in (self.known, self.importance))
        return Batch(taken(self.x), by_day(self.y), known, importance, self.own)


def _importance(task: LinearTask, y: Tensor, *known: Tensor) -> Tensor | None:
    if task.class_weights is not None and not y.is_floating_point():
        y = y.clamp(max=task.class_weights.shape[1] - 1)  # a class that is no output has no weight
    found = task.importance(y, *known)
    return None if found is None else found.float()
