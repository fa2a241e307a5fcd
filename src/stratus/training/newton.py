"""The answer without the descent: one step to where the loss and its penalty are least."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor
from torch.optim import Optimizer

from stratus.data.splits import Splits
from stratus.tasks.linear import LinearTask
from stratus.tasks.weights import Weights
from stratus.training.optimum import Optimum, optimum


class Newton(Optimizer):
    """θ ← θ + ε (θ* - θ), θ* being the exact optimum over all training days; at ε = 1 it is there after one step.

    `Solver` tells it the optimum, which a loss and a gradient alone do not; until then it stays where it is.
    """

    def __init__(self, params: Iterable[Any], lr: float = 1.0, weight_decay: float = 0.0) -> None:
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay})
        self.optimum: Weights | None = None

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Takes the step; returns the loss before it."""
        assert closure is not None
        with torch.enable_grad():
            loss = closure()
        parameters: list[Tensor] = [one for group in self.param_groups for one in group["params"]]
        if self.optimum:
            with torch.no_grad():
                for one, best in zip(parameters, (self.optimum.weight, self.optimum.bias), strict=True):
                    one.lerp_(best.to(one), self.param_groups[0]["lr"])
        return loss


class Solver(Callback):
    """Finds the optimum as training begins, where the optimiser is `Newton`, and keeps it."""

    def __init__(self, splits: Splits) -> None:
        self.splits = splits
        self.found: Optimum | None = None

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Tells it the optimiser."""
        (optimizer,) = trainer.optimizers
        if isinstance(optimizer := getattr(optimizer, "optimizer", optimizer), Newton):
            assert isinstance(pl_module, LinearTask)
            self.found = optimum(pl_module, self.splits)
            optimizer.optimum = self.found.weights
