"""What the launcher needs of Lightning's inside: a member's checkpoints, as a lone run's Trainer writes them.

Names that Lightning does not document, what each is used for, and the test that fails when it changes:

* `Trainer.strategy.setup_optimizers`: gives the Trainer a member's own optimiser and schedule;
* `Trainer.callbacks` set anew: gives it a member's own callbacks;
* `Trainer.fit_loop`, in it `epoch_progress`, `epoch_loop.batch_progress`, `epoch_loop.scheduler_progress` and
  `epoch_loop.automatic_optimization.optim_progress`, their `reset` and `increment_by`: how far the member has come;
* `epoch_loop.on_load_checkpoint` with the private `_batches_that_stepped`: the step at which curves go on.

All: `test_batched.py`, "a job's checkpoints hold what a lone run's hold" and "a resumed job goes on as a resumed run".
"""

import shutil
import warnings
from pathlib import Path

import torch
from lightning.pytorch import Callback, Trainer
from torch.optim import Optimizer

from stratus.data.datamodule import WeatherDataModule
from stratus.data.splits import Splits
from stratus.settings.experiment import Config
from stratus.sweep.batched.result import GroupResult, Snapshot
from stratus.tasks.linear import LinearTask
from stratus.training.callbacks import Patience, StabilityGuard
from stratus.training.checkpoints import AtomicCheckpointIO, best_and_last


class MemberTrainer:
    """Lightning's Trainer as of a lone run: it has taken one step, and is then put into the state of each member.

    Args:
        task: The members'; its weights are overwritten.
        settings: Those of any member.
        splits: The days that the members share.
    """

    def __init__(self, task: LinearTask, settings: Config, splits: Splits) -> None:
        self.task, self.guard, self.validated = task, StabilityGuard(), splits.validation is not None
        self.trainer: Trainer = settings.trainer.build()(
            max_steps=1,
            logger=False,
            plugins=[AtomicCheckpointIO()],
            deterministic=True,
            enable_checkpointing=False,
            enable_model_summary=False,
            enable_progress_bar=False,
            num_sanity_val_steps=0,
            limit_val_batches=0,
        )
        warnings.filterwarnings("ignore", "`isinstance.treespec, LeafSpec.` is deprecated")
        self.trainer.fit(task, WeatherDataModule(splits, settings.data.batch_size))

    @property
    def device(self) -> torch.device:
        """Where the Trainer trains."""
        return self.trainer.strategy.root_device

    def prepare(self, settings: Config) -> Optimizer:
        """Gives the Trainer the optimiser and the schedule of a member, and returns the optimiser."""
        self.task.optimizer, self.task.schedule = settings.optimizer.build(), settings.schedule.build()
        self.trainer.strategy.setup_optimizers(self.trainer)
        return self.trainer.optimizers[0]

    def write(self, result: GroupResult, place: int, settings: Config, folder: Path) -> None:
        """Writes best.ckpt and last.ckpt of the member that was prepared, as far as it has come.

        Args:
            result: The trained group.
            place: The member's place in it.
            settings: Its settings.
            folder: Where the checkpoints go.
        """
        for name, snapshot in (("best", result.best), ("last", result.last)):
            epochs = int(snapshot.epochs[place])
            if epochs and (self.validated or name == "last"):
                snapshot.weights(place).put(self.task)
                self._advance(epochs, epochs * result.steps_an_epoch)
                self._put_optimizer(snapshot, place, result.rates[epochs, place].item())
                self._put_callbacks(snapshot, place, settings, folder)
                self.trainer.save_checkpoint(folder / f"{name}.ckpt", weights_only=False)
        if not self.validated and result.last.epochs[place]:
            shutil.copy2(folder / "last.ckpt", folder / "best.ckpt")

    def _advance(self, epochs: int, steps: int) -> None:
        """Sets the counters to an epoch's end, where callbacks save: the epoch is processed, but not yet completed."""
        fit, epoch = self.trainer.fit_loop, self.trainer.fit_loop.epoch_loop
        optimizer = epoch.automatic_optimization.optim_progress.optimizer
        by_epoch = [fit.epoch_progress, *([epoch.scheduler_progress] if self.trainer.lr_scheduler_configs else [])]
        by_step = [epoch.batch_progress, optimizer.step, optimizer.zero_grad]
        for number, counters in ((epochs, by_epoch), (steps, by_step)):
            for one in counters:
                one.reset()
                one.increment_by(number)
        for reach in (fit.epoch_progress.total, fit.epoch_progress.current):
            reach.completed = epochs - 1
        epoch.batch_progress.is_last_batch = True
        epoch.on_load_checkpoint({"_batches_that_stepped": steps})

    def _put_optimizer(self, snapshot: Snapshot, place: int, rate: float) -> None:
        (optimizer,) = self.trainer.optimizers
        optimizer.param_groups[0]["lr"] = rate
        for parameter, memory in zip(self.task.parameters(), snapshot.memory_of(place), strict=True):
            optimizer.state[parameter] = memory
        for config in self.trainer.lr_scheduler_configs:
            epochs = int(snapshot.epochs[place])
            now = {"last_epoch": epochs, "_step_count": epochs + 1, "_last_lr": [rate]}
            config.scheduler.load_state_dict({**config.scheduler.state_dict(), **now})

    def _put_callbacks(self, snapshot: Snapshot, place: int, settings: Config, folder: Path) -> None:
        self.guard.last_finite = snapshot.last_finite[place].item()
        keeps, score = best_and_last(folder, validation=self.validated), snapshot.best_loss[place].cpu().clone()
        for keep in keeps:
            keep.best_model_path = str(Path(str(keep.dirpath)) / f"{keep.filename}.ckpt")
        if self.validated:
            best = keeps[0]
            best.best_model_score = best.kth_value = best.current_score = score
            best.kth_best_model_path, best.best_k_models = best.best_model_path, {best.best_model_path: score}
        callbacks: list[Callback] = [self.guard, *keeps]
        if settings.patience is not None:
            patience = Patience("val/loss", patience=settings.patience)
            patience.best_score, patience.wait_count = score, int(snapshot.waited[place])
            callbacks.append(patience)
        self.trainer.callbacks = callbacks  # type: ignore[attr-defined]
