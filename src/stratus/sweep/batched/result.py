"""What training a group gives: of each member its curves, its last and its best state, and where it diverged."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from stratus.tasks.linear import LinearTask


@dataclass(frozen=True)
class Snapshot:
    """The members as an epoch left them, each perhaps another epoch. Members are the last dimension, M.

    Attributes:
        theta: W with b below it [m + 1, k, M].
        memory: What the optimiser remembers, by torch's names: [m + 1, k, M], or a number of steps [M].
        epochs: Epochs completed [M]; 0 before the first.
        last_finite: The last loss that was finite [M].
        best_loss: The lowest validation loss so far [M].
        waited: Validations since then [M].
    """

    theta: Tensor
    memory: Mapping[str, Tensor]
    epochs: Tensor
    last_finite: Tensor
    best_loss: Tensor
    waited: Tensor

    def updated(self, which: Tensor, later: "Snapshot") -> "Snapshot":
        """The later state of the members `which` [M], this one of the others; all tensors are new."""
        memory = {name: torch.where(which, later.memory[name], value) for name, value in self.memory.items()}
        names = ("theta", "epochs", "last_finite", "best_loss", "waited")
        return Snapshot(
            memory=memory, **{name: torch.where(which, getattr(later, name), getattr(self, name)) for name in names}
        )

    def cpu(self) -> "Snapshot":
        """The same in the host's memory."""
        memory = {name: value.cpu() for name, value in self.memory.items()}
        return Snapshot(**{name: value.cpu() for name, value in vars(self).items() if name != "memory"}, memory=memory)

    def put(self, task: LinearTask, member: int) -> None:
        """Gives a task a member's weights."""
        with torch.no_grad():
            task.linear.weight.copy_(self.theta[:-1, :, member].T)
            task.linear.bias.copy_(self.theta[-1, :, member])

    def memory_of(self, member: int) -> list[dict[str, Any]]:
        """What a lone run's optimiser would remember of W and of b, in tensors of their own."""
        parts: list[dict[str, Any]] = [{}, {}]
        for name, value in self.memory.items():
            own = value[..., member]
            for part, numbers in zip(parts, (own[:-1].T, own[-1]) if own.ndim else (own, own), strict=True):
                part[name] = numbers.clone(memory_format=torch.contiguous_format)
        return parts


@dataclass(frozen=True)
class Divergence:
    """Where a member's loss stopped being a finite number."""

    step: int
    loss: float
    last_finite: float


@dataclass(frozen=True)
class GroupResult:
    """A trained group of M members, in the host's memory.

    Attributes:
        curves: Loss and accuracy by tag [epochs, M]; of validation at each validated epoch.
        rates: Learning rate of each epoch, and the one after the last [epochs + 1, M].
        steps_an_epoch: Number of steps of an epoch.
        last: The members as their last completed epoch left them.
        best: As the epoch with the lowest validation loss left them; as the last one where there is no validation.
        divergences: By member.
        trace: θ at the start and after each epoch; empty if nothing is drawn.
        seconds: The training's time, shared out among the members.
    """

    curves: dict[str, Tensor]
    rates: Tensor
    steps_an_epoch: int
    last: Snapshot
    best: Snapshot
    divergences: dict[int, Divergence]
    trace: list[Tensor]
    seconds: float
