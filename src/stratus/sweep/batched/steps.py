"""Steps of many members at once, each with its own learning rate, schedule, weight decay and momentum."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from stratus.settings.experiment import Config
from stratus.tasks.linear import LinearTask

Memory = Mapping[str, Tensor | None]


def rates(settings: Config) -> list[float]:
    """The learning rate of each epoch, and the one after the last."""
    epochs, lr = settings.trainer.max_epochs, settings.optimizer.lr
    if (schedule := settings.schedule.build()) is None:
        return [lr] * (epochs + 1)
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=lr)
    scheduler = schedule(optimizer, epochs=epochs)
    found = []
    for _ in range(epochs + 1):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return found


class Steps:
    """The members' optimiser: one of torch's own, whose steps are scaled by each member's learning rate.

    An update of SGD and of Adam is proportional to the learning rate and does not depend on the weights, but for
    their decay. So torch's optimiser steps zeros at a rate of 1, with the members' gradients, which hold the decay
    already; what the zeros become, times a member's rate, is that member's step. Members with other settings than
    rate and decay are parameter groups.

    Args:
        theta: The members' weights [m + 1, k, M].
        members: Their settings.

    Attributes:
        planned: Of each member the learning rate of each epoch, and the one after the last.
    """

    def __init__(self, theta: Tensor, members: Sequence[Config]) -> None:
        device = theta.device
        given = [asdict(one.optimizer) for one in members]
        groups: dict[tuple[Any, ...], list[int]] = {}
        for i, one in enumerate(given):
            own = {name: value for name, value in one.items() if name not in ("lr", "weight_decay")}
            groups.setdefault(tuple(own.items()), []).append(i)
        alone = len(groups) == 1
        self.places: list[Any] = [slice(None) if alone else torch.tensor(g, device=device) for g in groups.values()]
        self.groups = list(groups.values())
        self.zeros = [torch.zeros_like(theta[..., place]) for place in self.places]
        free = {"lr": 1.0, "weight_decay": 0.0}
        self.optimizer = members[0].optimizer.build()(
            [{"params": [zeros], **dict(own), **free} for zeros, own in zip(self.zeros, groups, strict=True)]
        )
        by_epoch = {name: rates(one) for name, one in {_rated(one): one for one in members}.items()}
        self.planned = [by_epoch[_rated(one)] for one in members]
        self.rates = torch.tensor(self.planned, dtype=torch.float32, device=device).T
        decays = torch.tensor([one["weight_decay"] for one in given], device=device)
        self.decays = decays if decays.any() else None
        self.longest = members[0].trainer.gradient_clip_val

    def take(self, theta: Tensor, gradient: Tensor, epoch: int) -> None:
        """One step of all members, in place."""
        if self.longest is not None:
            norm = gradient.square().sum((0, 1)).sqrt()
            gradient = gradient * (self.longest / (norm + 1e-6)).clamp(max=1.0)
        if self.decays is not None:
            gradient = gradient + self.decays * theta
        for zeros, place in zip(self.zeros, self.places, strict=True):
            zeros.grad = gradient[..., place]
        self.optimizer.step()
        for zeros, place in zip(self.zeros, self.places, strict=True):
            theta[..., place] = torch.addcmul(theta[..., place], self.rates[epoch][place], zeros)
            zeros.zero_()

    @property
    def memory(self) -> list[Memory]:
        """A copy of what the optimiser remembers: of each parameter group by name, members last."""
        return [
            {name: _of_each(value, zeros) for name, value in self.optimizer.state[zeros].items()}
            for zeros in self.zeros
        ]


def _rated(settings: Config) -> str:
    return f"{settings.optimizer.lr!r} {settings.schedule!r}"


def _of_each(value: Tensor | None, zeros: Tensor) -> Tensor | None:
    if value is None:
        return None
    return value.clone() if value.ndim else value.repeat(zeros.shape[-1]).to(zeros.device)


def _copied(value: Tensor | None) -> Tensor | None:
    """With memory of its own, which is all that a checkpoint then saves of it."""
    return None if value is None else value.clone(memory_format=torch.contiguous_format)


@dataclass(frozen=True)
class Moment:
    """What the members are at an epoch's end, each perhaps of another epoch.

    Attributes:
        theta: Their weights [m + 1, k, M].
        memory: What the optimiser remembers.
        groups: The members of each of its parameter groups.
        finite: The last loss of each that was finite [M].
    """

    theta: Tensor
    memory: Sequence[Memory]
    groups: list[list[int]]
    finite: Tensor

    def updated(self, which: Tensor, later: "Moment") -> "Moment":
        """The later moment for the members `which` [M], this one for the others."""

        def chosen(before: Tensor | None, after: Tensor | None, group: list[int]) -> Tensor | None:
            return None if before is None or after is None else torch.where(which[group], after, before)

        memory = [
            {name: chosen(value, after[name], group) for name, value in before.items()}
            for before, after, group in zip(self.memory, later.memory, self.groups, strict=True)
        ]
        theta, finite = (torch.where(which, b, a) for a, b in ((self.theta, later.theta), (self.finite, later.finite)))
        return Moment(theta, memory, self.groups, finite)

    def put(self, task: LinearTask, member: int) -> None:
        """Gives a task a member's weights."""
        with torch.no_grad():
            task.linear.weight.copy_(self.theta[:-1, :, member].T)
            task.linear.bias.copy_(self.theta[-1, :, member])

    def remembered(self, member: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """What a member's own optimiser would remember of W and of b."""
        ((group, memory),) = [one for one in zip(self.groups, self.memory, strict=True) if member in one[0]]
        place = group.index(member)
        weight: dict[str, Any] = {}
        bias: dict[str, Any] = {}
        for name, value in memory.items():
            own = None if value is None else value[..., place]
            if own is None or own.ndim == 0:  # such as the number of steps
                weight[name], bias[name] = _copied(own), _copied(own)
            else:
                weight[name], bias[name] = _copied(own[:-1].T), _copied(own[-1])
        return weight, bias

    def cpu(self) -> "Moment":
        """The moment in the host's memory."""
        memory: list[Memory] = [{k: None if v is None else v.cpu() for k, v in one.items()} for one in self.memory]
        return Moment(self.theta.cpu(), memory, self.groups, self.finite.cpu())
