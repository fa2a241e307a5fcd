"""What training a group gives: of each member its curves, its last and its best state, and where it diverged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from stratus.tasks.weights import Weights


@dataclass(frozen=True)
class Snapshot:
    """M members as an epoch left them, each perhaps another epoch; members are the last dimension."""

    theta: Tensor  # W with b below it [m + 1, k, M]
    memory: Mapping[str, Tensor]  # what the optimiser remembers, by torch's names: [m + 1, k, M], or a count [M]
    epochs: Tensor  # epochs completed [M]; 0 before the first
    last_finite: Tensor  # the last loss that was finite [M]
    best_loss: Tensor  # the lowest validation loss so far [M]
    waited: Tensor  # validations since then [M]

    def updated(self, which: Tensor, later: "Snapshot") -> "Snapshot":
        """The later state of the members `which` [M], this one of the others; all tensors are new."""
        memory = {name: torch.where(which, later.memory[name], value) for name, value in self.memory.items()}
        others = {name: value for name, value in vars(self).items() if name != "memory"}
        return Snapshot(
            memory=memory, **{name: torch.where(which, getattr(later, name), value) for name, value in others.items()}
        )

    def weights(self, members: int | list[int]) -> Weights:
        """The weights of one member [k, m] and [k], or of several [F, k, m] and [F, k]."""
        theta = self.theta[..., members].movedim(-1, 0) if isinstance(members, list) else self.theta[..., members]
        theta = theta.double().cpu()
        return Weights(theta[..., :-1, :].mT, theta[..., -1, :])

    def memory_of(self, member: int) -> list[dict[str, Any]]:
        """What a lone run's optimiser would remember of W and of b, in tensors of their own."""
        parts: list[dict[str, Any]] = [{}, {}]
        for name, value in self.memory.items():
            own = value[..., member].cpu()
            for part, numbers in zip(parts, (own[:-1].T, own[-1]) if own.ndim else (own, own), strict=True):
                part[name] = numbers.clone(memory_format=torch.contiguous_format)
        return parts


@dataclass(frozen=True)
class Divergence:
    """Where a member's loss stopped being a finite number."""

    step: int  # the step it was to be taken from
    loss: float  # that loss
    last_finite: float  # the one before


@dataclass(frozen=True)
class GroupResult:
    """A trained group of M members."""

    curves: Mapping[str, Tensor]  # loss and accuracy by tag [epochs, M]; of validation at each validated epoch
    rates: Tensor  # learning rate of each epoch, and the one after the last [epochs + 1, M], float64
    steps_an_epoch: Sequence[int]  # of each member
    last: Snapshot  # as the last completed epoch left the members
    best: Snapshot  # as the epoch with the lowest validation loss did; the last where there is no validation
    divergences: Mapping[int, Divergence]  # by member
    seconds: float  # the training's time, shared out among the members
