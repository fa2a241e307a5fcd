"""Optimisers, schedules and callbacks of the user's own, each made by a function or class in a file of theirs.

The file is run as that of `features.own` is: only where the user names it, never where a record does.
"""

from collections.abc import Mapping
from typing import Any

import torch
from lightning.pytorch import Callback
from torch.optim.lr_scheduler import LRScheduler
from torch.optim.optimizer import ParamsT

from stratus.data.features.user import made
from stratus.errors import ConfigurationError


def optimizer(
    parameters: ParamsT, *, lr: float, path: str, function: str, arguments: Mapping[str, Any]
) -> torch.optim.Optimizer:
    """What the function makes of the parameters, `lr` and the arguments; ConfigurationError if it knows no `lr`."""
    found = made(path, function, "optimizer.path", torch.optim.Optimizer, parameters, lr=lr, **arguments)
    if "lr" not in found.defaults:
        raise ConfigurationError(f"{path}: {function} has no lr among its defaults, which schedules change")
    return found


def schedule(
    optimizer: torch.optim.Optimizer, epochs: int, *, path: str, function: str, arguments: Mapping[str, Any]
) -> LRScheduler:
    """What the function makes of the optimiser, the number of `epochs` and the arguments; stepped once an epoch."""
    return made(path, function, "schedule.path", LRScheduler, optimizer, epochs=epochs, **arguments)


def callback(named: str) -> Callback:
    """What the function or class of `file.py:Name` makes of no arguments."""
    path, _, name = named.rpartition(":")
    return made(path, name, "callbacks", Callback)
