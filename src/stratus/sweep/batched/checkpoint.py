"""A member's checkpoints: what Lightning would have written, had it been trained alone."""

import copy
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lightning.pytorch import Callback
from torch.optim import Optimizer

from stratus.data.datamodule import WeatherDataModule
from stratus.data.splits import Splits
from stratus.settings.experiment import Config
from stratus.sweep.batched.group import Outcome
from stratus.sweep.batched.steps import Moment
from stratus.tasks.linear import LinearTask
from stratus.training.checkpoints import AtomicCheckpointIO, Keep, best_and_last
from stratus.training.descent import Patience, StabilityGuard


class Common:
    """What the checkpoints of a group's members have in common: making it takes as long as writing one of them.

    Args:
        splits: The samples.
        saved: A checkpoint that Lightning's trainer has saved, of which what is Lightning's own is taken.

    Attributes:
        validated: Whether there are validation days.
        guard: A callback of a run alone, to be copied.
        keeps: Others, that keep its checkpoints, to be copied too.
        loops: The counters of Lightning's loops, to be set anew for each checkpoint.
        version: Lightning's.
        recipe: What the samples were made by.
    """

    def __init__(self, splits: Splits, saved: Mapping[str, Any]) -> None:
        self.validated = splits.validation is not None
        self.guard, self.keeps = StabilityGuard(splits), best_and_last(Path(), validation=self.validated)
        self.loops: dict[str, Any] = saved["loops"]
        self.version: str = saved["pytorch-lightning_version"]
        self.recipe = dict(WeatherDataModule(splits).hparams)


class Checkpoints:
    """Writes best.ckpt and last.ckpt of one member.

    Args:
        outcome: The trained group.
        common: What its members' checkpoints have in common.
        place: The member's place in it.
        settings: Its settings.
        task: A task of its kind, which is given its weights.
        folder: Where the checkpoints go.
    """

    def __init__(
        self, outcome: Outcome, common: Common, place: int, settings: Config, task: LinearTask, *, folder: Path
    ) -> None:
        self.outcome, self.common, self.place, self.settings, self.task = outcome, common, place, settings, task
        self.folder = folder
        self.rates = outcome.rates[place]
        self.optimizer: Optimizer = settings.optimizer.build()(task.parameters())
        schedule = settings.schedule.build()
        self.schedule = schedule(self.optimizer, epochs=settings.trainer.max_epochs) if schedule else None
        self.guard, self.keeps = copy.copy(common.guard), [copy.copy(one) for one in common.keeps]
        for one in self.keeps:
            one.dirpath = os.path.realpath(folder)  # as its constructor has it
        patience = settings.patience
        self.patience = None if patience is None else Patience("val/loss", patience=patience)

    def write(self) -> None:
        """Writes both. Where there is no validation the best are the last."""
        done, best = int(self.outcome.epochs[self.place]), int(self.outcome.best_epoch[self.place]) + 1
        assert self.outcome.last is not None
        writer = AtomicCheckpointIO()
        if self.outcome.best is not None and best:
            content = self._content(self.outcome.best, best, at_best=True)
            writer.save_checkpoint(content, self.folder / "best.ckpt")
        writer.save_checkpoint(self._content(self.outcome.last, done, at_best=False), self.folder / "last.ckpt")
        if not self.common.validated:
            shutil.copy2(self.folder / "last.ckpt", self.folder / "best.ckpt")

    def _content(self, moment: Moment, epochs: int, *, at_best: bool) -> dict[str, Any]:
        moment.put(self.task, self.place)
        steps = self.outcome.steps_an_epoch
        return {
            "epoch": epochs - 1,
            "global_step": steps * epochs,
            "pytorch-lightning_version": self.common.version,
            "state_dict": self.task.state_dict(),
            "loops": self._loops(epochs),
            "callbacks": {one.state_key: one.state_dict() for one in self._callbacks(moment, epochs, at_best=at_best)},
            "optimizer_states": [self._optimizer_state(moment, epochs)],
            "lr_schedulers": self._schedule_states(epochs),
            "hparams_name": None,
            "hyper_parameters": dict(self.task.hparams),
            "datamodule_hparams_name": None,
            "datamodule_hyper_parameters": self.common.recipe,
            "task": self.task.name,
            "optimizer": type(self.optimizer).__name__,
        }

    def _optimizer_state(self, moment: Moment, epochs: int) -> dict[str, Any]:
        state: dict[str, Any] = self.optimizer.state_dict()
        state["param_groups"][0]["lr"] = self.rates[epochs]
        remembered = moment.remembered(self.place)
        return {**state, "state": {k: dict(one) for k, one in enumerate(remembered) if one}}

    def _schedule_states(self, epochs: int) -> list[dict[str, Any]]:
        if self.schedule is None:
            return []
        now = {"last_epoch": epochs, "_step_count": epochs + 1, "_last_lr": [self.rates[epochs]]}
        return [{**self.schedule.state_dict(), **now, "_is_initial": False}]

    def _callbacks(self, moment: Moment, epochs: int, *, at_best: bool) -> list[Callback]:
        self.guard.last_finite = moment.finite[self.place].item()
        *_, last = self.keeps
        if not at_best or epochs > 1:
            last.best_model_path = self._path(last)
        seen = self.outcome.curves["val/loss"][: epochs // self.settings.trainer.check_val_every_n_epoch, self.place]
        score = self.outcome.best_loss[self.place].clone()
        if self.common.validated and len(seen):
            best = self.keeps[0]
            best.best_model_path = best.kth_best_model_path = self._path(best)
            best.best_model_score = best.kth_value = score
            best.best_k_models = {best.best_model_path: score}
            best.current_score = seen[-1].clone()
        if self.patience is None:
            return [self.guard, *self.keeps]
        self.patience.best_score = score
        self.patience.wait_count = 0 if at_best else int(self.outcome.waited[self.place])
        self.patience.stopped_epoch = epochs - 1 if self.outcome.impatient[self.place] and not at_best else 0
        return [self.guard, *self.keeps, self.patience]

    def _path(self, keep: Any) -> str:
        assert isinstance(keep, Keep)
        return str(Path(str(keep.dirpath)) / f"{keep.filename}.ckpt")

    def _loops(self, epochs: int) -> dict[str, Any]:
        """Lightning's counters, which for the group counted its own epochs as steps."""
        fit, steps = self.common.loops["fit_loop"], self.outcome.steps_an_epoch
        validated = int(self.common.validated and epochs >= self.settings.trainer.check_val_every_n_epoch)
        optimizer = fit["epoch_loop.automatic_optimization.optim_progress"]["optimizer"]
        counted = {
            "step": optimizer["step"],
            "zero_grad": optimizer["zero_grad"],
            "batch": fit["epoch_loop.batch_progress"],
        }
        for progress in counted.values():
            _count(progress, steps * epochs, steps)
        _count(fit["epoch_loop.manual_optimization.optim_step_progress"], 0, 0)
        _count(fit["epoch_loop.scheduler_progress"], epochs * bool(self.schedule), int(bool(self.schedule)))
        _count(fit["epoch_loop.val_loop.batch_progress"], validated, validated)
        _count(fit["epoch_progress"], epochs, epochs)
        for reach in ("total", "current"):
            fit["epoch_progress"][reach]["completed"] = epochs - 1  # as while a callback saves
        fit["epoch_loop.batch_progress"]["is_last_batch"] = True
        fit["epoch_loop.val_loop.batch_progress"]["is_last_batch"] = bool(validated)
        fit["epoch_loop.state_dict"] = {"_batches_that_stepped": steps * epochs}
        return self.common.loops


def _count(progress: dict[str, Any], total: int, current: int) -> None:
    for reach, number in (("total", total), ("current", current)):
        progress[reach] = dict.fromkeys(progress[reach], number)
