"""What the launcher needs of Lightning's inside: a member's checkpoints, written by a lone run's Trainer.

Names that Lightning does not document, and what each is used for; the tests that fail when one changes are "a job's
checkpoints hold what a lone run's hold" and "a resumed job goes on as a resumed run" of
`tests/sweep/batched/test_batched.py`:

* `Trainer.strategy.setup_optimizers`: makes a member's own optimiser and schedule;
* `Trainer.callbacks`, set anew: a member's own callbacks;
* `Trainer.fit_loop`, its `epoch_progress`, `epoch_loop.batch_progress`, `epoch_loop.scheduler_progress` and
  `epoch_loop.automatic_optimization.optim_progress`, their `reset` and `increment_by`: how far the member has come;
* `epoch_loop.on_load_checkpoint` with the private `_batches_that_stepped`: the step at which curves go on;
* of torch, `_step_count` and `_last_lr` in a schedule's state: where the schedule goes on.
"""

import warnings
from pathlib import Path

import torch
from lightning.pytorch import Callback, Trainer

from stratus.data.datamodule import WeatherDataModule
from stratus.data.splits import Splits
from stratus.settings.experiment import Config
from stratus.sweep.batched.result import GroupResult, Snapshot
from stratus.tasks.linear import LinearTask
from stratus.training.callbacks import Patience, StabilityGuard
from stratus.training.checkpoints import AtomicCheckpointIO, best_and_last
from stratus.training.fit import new_trainer


class MemberTrainer:
    """Lightning's Trainer as of a lone run: it has taken one step, and is then put into the state of each member.

    The members' task has its weights overwritten; the settings may be any member's.
    """

    def __init__(self, task: LinearTask, settings: Config, splits: Splits) -> None:
        self.task, self.validated = task, splits.validation is not None
        self.trainer: Trainer = new_trainer(
            settings.trainer.build(),
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
        self.days = WeatherDataModule(splits, settings.data.batch_size)
        self.trainer.fit(task, self.days)

    @property
    def device(self) -> torch.device:
        """Where the Trainer trains."""
        return self.trainer.strategy.root_device

    def prepare(self, settings: Config, task: LinearTask, splits: Splits) -> None:
        """Gives the Trainer the optimiser and the schedule of a member, and its task's and its days' own numbers."""
        self.days.hparams.update(WeatherDataModule(splits).hparams)  # what is usual on its training days
        self.task.mean.copy_(task.mean)
        self.task.scale.copy_(task.scale)
        self.task.optimizer, self.task.schedule = settings.optimizer.build(), settings.schedule.build()
        self.trainer.strategy.setup_optimizers(self.trainer)

    def write(self, result: GroupResult, place: int, settings: Config, folder: Path) -> None:
        """Writes best.ckpt and last.ckpt of the member that is prepared, as far as it has come."""
        for name, snapshot in (("best", result.best), ("last", result.last)):
            epochs = int(snapshot.epochs[place])
            if epochs:
                snapshot.weights(place).put(self.task)
                self._put_progress(epochs, epochs * result.steps_an_epoch[place])
                self._put_optimizer(snapshot, place, result.rates[epochs, place].item())
                self._put_callbacks(snapshot, place, settings, folder)
                self.trainer.save_checkpoint(folder / f"{name}.ckpt", weights_only=False)

    def _put_progress(self, epochs: int, steps: int) -> None:
        """Sets the counters to an epoch's end, where callbacks save: the epoch is processed, but not yet completed."""
        fit, epoch = self.trainer.fit_loop, self.trainer.fit_loop.epoch_loop
        optimizer, schedules = epoch.automatic_optimization.optim_progress.optimizer, self.trainer.lr_scheduler_configs
        for counter, number in (
            (fit.epoch_progress, epochs),
            (epoch.scheduler_progress, epochs * len(schedules)),
            (epoch.batch_progress, steps),
            (optimizer.step, steps),
            (optimizer.zero_grad, steps),
        ):
            counter.reset()
            counter.increment_by(number)
        fit.epoch_progress.total.completed = fit.epoch_progress.current.completed = epochs - 1
        epoch.batch_progress.is_last_batch = True
        epoch.on_load_checkpoint({"_batches_that_stepped": steps})

    def _put_optimizer(self, snapshot: Snapshot, place: int, rate: float) -> None:
        (optimizer,) = self.trainer.optimizers
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.state.update(zip(self.task.parameters(), snapshot.memory_of(place), strict=True))
        epochs = int(snapshot.epochs[place])
        now = {"last_epoch": epochs, "_step_count": epochs + 1, "_last_lr": [rate] * len(optimizer.param_groups)}
        for config in self.trainer.lr_scheduler_configs:
            config.scheduler.load_state_dict({**config.scheduler.state_dict(), **now})

    def _put_callbacks(self, snapshot: Snapshot, place: int, settings: Config, folder: Path) -> None:
        guard, score = StabilityGuard(), snapshot.best_loss[place].cpu().clone()
        guard.last_finite = snapshot.last_finite[place].item()
        *best, last = best_and_last(folder, validation=self.validated)
        last.best_model_path = str(folder / "last.ckpt")
        for keep in best:  # where there is validation
            path = keep.best_model_path = keep.kth_best_model_path = str(folder / "best.ckpt")
            keep.best_model_score = keep.kth_value = keep.best_k_models[path] = score
        callbacks: list[Callback] = [guard, *best, last]
        if settings.patience is not None:
            patience = Patience("val/loss", patience=settings.patience)
            patience.best_score, patience.wait_count = score, int(snapshot.waited[place])
            callbacks.append(patience)
        self.trainer.callbacks = callbacks  # type: ignore[attr-defined]
