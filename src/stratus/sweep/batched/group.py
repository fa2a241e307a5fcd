"""Many runs trained as one: their weights lie side by side in one tensor, and each step moves them all."""

import math
import time
from collections.abc import Sequence

import torch
from torch import Tensor

from stratus.errors import counted
from stratus.progress import working
from stratus.settings.experiment import Config
from stratus.sweep.batched.days import Days
from stratus.sweep.batched.loss import Loss
from stratus.sweep.batched.pool import Batch, Pool
from stratus.sweep.batched.result import Divergence, GroupResult, Snapshot
from stratus.sweep.batched.steps import steps_of
from stratus.tasks.linear import LinearTask


class Group:
    """Runs that differ only in numbers. Every tensor has the members as its last dimension, M.

    θ [m + 1, k, M] holds each member's W with b below it, so that its logits are z = (x, 1) θ. Nothing here mixes
    members: each has batches of its own, from its own days and in the order of its seed. One with fewer days than
    others stands still while these finish an epoch; one whose loss is no longer finite changes no bit of another.

    Args:
        task: Theirs; its weights are overwritten, and it goes to the device.
        members: The settings of each.
        days: Those of each.
        device: Where they are trained.
    """

    def __init__(self, task: LinearTask, members: Sequence[Config], days: Sequence[Days], device: torch.device) -> None:
        self.members, self.device = list(members), device
        start = []
        for one in members:  # drawn on the CPU, as of a run alone
            task.start(one.init.build(), one.seed)
            start.append(torch.cat([task.linear.weight.T, task.linear.bias[None]]).detach())
        self.loss, count = Loss(task.to(device)), len(members)
        size, limit = members[0].data.batch_size, members[0].trainer.limit_train_batches
        # All days at once are not shuffled, so the seed does not matter.
        seeds = [one.seed if size else None for one in members]
        self.train_days = Pool([(one.task, one.splits.train) for one in days], seeds, device, size, limit)
        validation = [(one.task, one.splits.validation) for one in days if one.splits.validation]
        self.val_days = Pool(validation, [None] * count, device).take(0) if validation else None
        self.others = any(one.splits.train.others for one in days)
        self.theta = torch.stack(start, -1).to(device)
        self.steps = steps_of(members, self.theta, days)
        self.curves: dict[str, list[Tensor]] = {f"{s}/{n}": [] for s in ("train", "val") for n in ("loss", "accuracy")}
        self.alive = torch.ones(count, dtype=torch.bool, device=device)
        self.epochs, self.waited = (torch.zeros(count, dtype=torch.long, device=device) for _ in range(2))
        self.last_finite, self.best_loss = (torch.full((count,), one, device=device) for one in (math.nan, math.inf))
        self.patience = torch.tensor([one.patience or math.inf for one in members], device=device)
        self.last = self.best = self._now().updated(self.alive, self._now())
        self.divergences: dict[int, Divergence] = {}

    def train(self) -> GroupResult:
        """Trains all members to their ends."""
        started = time.perf_counter()
        epochs = self.members[0].trainer.max_epochs
        with working(f"training {counted(len(self.members), 'job')} as one", epochs, "epochs") as work:
            for epoch in range(epochs):
                self._train(epoch)
                self._keep(epoch)
                work.at(epoch + 1)
                if not self.alive.any():
                    break
        none = torch.empty(0, len(self.members))
        return GroupResult(
            curves={tag: torch.stack(values).cpu() if values else none for tag, values in self.curves.items()},
            rates=self.steps.planned,
            steps_an_epoch=self.train_days.steps.tolist(),
            last=self.last,
            best=self.best if self.val_days else self.last,
            divergences=self.divergences,
            seconds=(time.perf_counter() - started) / len(self.members),
        )

    def _train(self, epoch: int) -> None:
        """An epoch's steps, and its point of the training curves."""
        days = self.train_days.take(epoch)
        losses, logits, sizes = [], [], []
        for batch in days.batches(self.train_days.size):
            answers = batch.logits(self.theta)
            loss, slope = self.loss.with_slope(answers, batch)
            moving = None if batch.own is None else batch.count > 0
            self.steps.take(self.theta, batch.gradient(slope), epoch, moving)
            losses.append(loss if moving is None else torch.where(moving, loss, 0))
            logits.append(answers.detach())
            sizes.append(batch.count)
        before_step, counts = torch.stack(losses), torch.stack(sizes)
        self._find_divergences(before_step, epoch)
        # Each batch's share of the days first: a sum over the days could overflow as a run diverges.
        self.curves["train/loss"].append((counts / counts.sum(0) * before_step).sum(0))
        self.curves["train/accuracy"].append(self.loss.accuracy(torch.cat(logits), days))

    def _find_divergences(self, losses: Tensor, epoch: int) -> None:
        """Ends members with a loss that is not finite among those of an epoch's steps [steps, M].

        Their weights are still computed, but no longer kept.
        """
        finite, steps = torch.isfinite(losses), self.train_days.steps
        for i in (self.alive & ~finite.all(0)).nonzero()[:, 0].tolist():
            first = int(finite[:, i].int().argmin())
            last_finite = losses[first - 1, i] if first else self.last_finite[i]
            step = epoch * int(steps[i]) + first
            self.divergences[i] = Divergence(step, losses[first, i].item(), last_finite.item())
        self.alive = self.alive & finite.all(0)
        self.last_finite = torch.where(self.alive, losses.gather(0, steps[None] - 1)[0], self.last_finite)

    def _keep(self, epoch: int) -> None:
        """Keeps the state of the members that reached the epoch's end, validated where it is time to."""
        reached, better = self.alive, torch.zeros_like(self.alive)
        self.epochs = torch.where(reached, epoch + 1, self.epochs)
        if self.val_days and (epoch + 1) % self.members[0].trainer.check_val_every_n_epoch == 0:
            better = self._validate(self.val_days)
        now = self._now()
        self.last, self.best = self.last.updated(reached, now), self.best.updated(better, now)

    def _validate(self, days: Batch) -> Tensor:
        """Validates all members, ends those whose patience has run out, and says which are better than before [M].

        As Lightning's ModelCheckpoint and EarlyStopping: the first validation is the best so far, nan is never better.
        """
        logits = days.logits(self.theta)
        losses = self.loss.held_out(logits, days) if self.others else self.loss(logits, days)
        self.curves["val/loss"].append(losses)
        self.curves["val/accuracy"].append(self.loss.accuracy(logits, days))
        lower = self.alive & (losses < self.best_loss)
        better = lower | (self.alive & (self.best.epochs == 0))
        self.best_loss = torch.where(lower, losses, self.best_loss)
        self.waited = torch.where(lower, 0, self.waited + torch.isfinite(losses))
        impatient = (self.waited >= self.patience) | ~torch.isfinite(losses)
        self.alive = self.alive & ~(impatient & torch.isfinite(self.patience))
        return better

    def _now(self) -> Snapshot:
        """The members as they are; the next step changes the tensors."""
        return Snapshot(self.theta, self.steps.memory, self.epochs, self.last_finite, self.best_loss, self.waited)
