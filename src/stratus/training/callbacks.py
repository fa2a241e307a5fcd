"""What watches a run while it trains, and keeps what is asked of it afterwards."""

import math
import signal
import threading
from collections.abc import Mapping
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import EarlyStopping
from torch import Tensor
from torch.optim.lr_scheduler import LambdaLR

from stratus.progress import Work
from stratus.tasks.linear import LinearTask
from stratus.training.stability import divergence


class StabilityGuard(Callback):
    """Stops at a loss that is not finite; the largest stable step, `limit`, is for the message."""

    def __init__(self, limit: float | None = None) -> None:
        self.limit, self.last_finite = limit, math.nan

    def on_before_backward(self, trainer: Trainer, pl_module: LightningModule, loss: Tensor) -> None:
        """Raises Diverged before a loss that is not finite reaches the weights."""
        value = loss.item()
        if math.isfinite(value):
            self.last_finite = value
            return
        lr = trainer.optimizers[0].param_groups[0]["lr"]
        raise divergence(value, trainer.global_step, self.last_finite, lr, self.limit)

    def state_dict(self) -> dict[str, Any]:
        """The last finite loss."""
        return {"last_finite": self.last_finite}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes up the last finite loss of the run that is resumed."""
        self.last_finite = state_dict["last_finite"]


class SignalsBack(Callback):
    """Gives SIGTERM back to its handler: Lightning's own speaks with other processes, which may wait for this one."""

    def __init__(self) -> None:
        self.handler = signal.getsignal(signal.SIGTERM)

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Lightning has put its own handler there by now."""
        if self.handler is not None and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, self.handler)


class Progress(Callback):
    """Shows how far training is: how many of its epochs are done, and the losses."""

    def __init__(self, work: Work) -> None:
        self.work = work

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *args: Any) -> None:
        """Tells it of a part of an epoch too: one may take long."""
        batches = trainer.num_training_batches
        done = trainer.current_epoch + (args[-1] + 1) / batches
        self.work.at(done, lambda: " ".join(f"{k} {v:.4g}" for k, v in trainer.progress_bar_metrics.items()))


class SettingsRule(Callback):
    """Lets the settings rule over a resumed checkpoint: it brings the optimiser's memory, they its learning rate."""

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Puts the optimiser's and the schedule's own numbers back."""
        (optimizer,), made = trainer.optimizers, pl_module.configure_optimizers()
        anew: Any = made["optimizer"] if isinstance(made, dict) else made
        for group, own in zip(optimizer.param_groups, anew.param_groups, strict=True):
            group.update({name: value for name, value in own.items() if name != "params"})
        for config in trainer.lr_scheduler_configs:
            schedule = config.scheduler
            if not isinstance(schedule, LambdaLR):  # of the user's own: it goes on as it was
                continue
            schedule.base_lrs = [optimizer.defaults["lr"]] * len(optimizer.param_groups)
            for group, factor in zip(optimizer.param_groups, schedule.lr_lambdas, strict=True):
                group["initial_lr"] = optimizer.defaults["lr"]
                group["lr"] = optimizer.defaults["lr"] * factor(schedule.last_epoch)


class Patience(EarlyStopping):
    """Early stopping with the patience of the settings, in a resumed run too; a patience that ran out starts again."""

    @classmethod
    def ended(cls, content: Mapping[str, Any], monitor: str, patience: int) -> bool:
        """Whether training had ended for want of a lower score, or at one that is not finite, when a file was written.

        `content` is the file's; with more patience than it had then training had not ended.
        """
        state = content["callbacks"].get(cls(monitor).state_key)
        if state is None:
            return False
        stopped = state["stopped_epoch"] == content["epoch"] > 0 and patience <= state["patience"]
        return bool(stopped or state["wait_count"] >= patience)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes up the best score, and how long ago it was."""
        waited = state_dict["wait_count"] if state_dict["wait_count"] < state_dict["patience"] else 0
        super().load_state_dict({**state_dict, "patience": self.patience, "wait_count": waited})


class Trace(Callback):
    """Keeps θ, on standardised inputs, at the start of training and after each epoch."""

    def __init__(self) -> None:
        self.steps: list[int] = []  # number of steps taken by then
        self.weight: list[Tensor] = []  # W [k, m]
        self.bias: list[Tensor] = []  # b [k]

    def keep(self, task: LinearTask, step: int) -> None:
        """Keeps θ as it is now, after so many steps."""
        self.steps.append(step)
        self.weight.append(task.linear.weight.detach().clone())
        self.bias.append(task.linear.bias.detach().clone())

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Keeps θ as it is now."""
        assert isinstance(pl_module, LinearTask)
        self.keep(pl_module, trainer.global_step)

    on_train_epoch_end = on_train_start
