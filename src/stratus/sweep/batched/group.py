"""Many runs trained as one: their weights lie side by side in one tensor, and each step moves them all."""

import math
import time
from collections.abc import Sequence

import torch
from torch import Tensor

from stratus.data.batches import EpochOrder
from stratus.data.splits import Splits
from stratus.settings.experiment import Config
from stratus.sweep.batched.loss import Batch, Days, Loss
from stratus.sweep.batched.result import Divergence, GroupResult, Snapshot
from stratus.sweep.batched.steps import steps_of
from stratus.tasks.linear import LinearTask


class Group:
    """Runs that differ only in numbers. Every tensor has the members as its last dimension, M.

    θ [m + 1, k, M] holds each member's W with b below it, so that its logits are z = (x, 1) θ. Nothing here mixes
    members: each has batches of its own, from its resample of the days and in the order of its seed, and a member whose
    loss is no longer finite changes no bit of another's weights.

    Args:
        task: Theirs; its weights are overwritten, and it goes to the device.
        members: The settings of each.
        splits: The days that they share, not those of a resample; their resamples have as many days each.
        device: Where they are trained.
    """

    def __init__(self, task: LinearTask, members: Sequence[Config], splits: Splits, device: torch.device) -> None:
        self.members, self.device = list(members), device
        start = []
        for one in members:  # drawn on the CPU, as of a run alone
            task.start(one.init.build(), one.seed)
            start.append(torch.cat([task.linear.weight.T, task.linear.bias[None]]).detach())
        self.loss, count = Loss(task.to(device)), len(members)
        self.train_days = Days(task, splits.train, count, device)
        self.val_days: Batch | None = None
        self.others = bool(splits.train.others)
        if splits.validation:
            every = torch.arange(len(splits.validation), device=device)[:, None]
            self.val_days = Days(task, splits.validation, count, device).take(every)
        self._draw(splits)
        self.theta = torch.stack(start, -1).to(device)
        self.steps = steps_of(members, self.theta)
        self.curves: dict[str, list[Tensor]] = {f"{s}/{n}": [] for s in ("train", "val") for n in ("loss", "accuracy")}
        self.alive = torch.ones(count, dtype=torch.bool, device=device)
        self.epochs, self.waited = (torch.zeros(count, dtype=torch.long, device=device) for _ in range(2))
        self.last_finite, self.best_loss = (torch.full((count,), one, device=device) for one in (math.nan, math.inf))
        self.patience = torch.tensor([one.patience or math.inf for one in members], device=device)
        self.last = self.best = self._now().updated(self.alive, self._now())
        self.divergences: dict[int, Divergence] = {}

    def _draw(self, splits: Splits) -> None:
        """Which days each member draws, and in which orders: members of one seed and resample share theirs."""
        data = self.members[0].data
        # All days at once are not shuffled, so the seed does not matter.
        drawn = [(None if data.batch_size is None else one.seed, one.data.resample) for one in self.members]
        place = {one: k for k, one in enumerate(dict.fromkeys(drawn))}
        rows = {number: torch.from_numpy(splits.drawn(number)) for _, number in place}
        self.rows = torch.stack([rows[number] for _, number in place])
        days = self.rows.shape[1]
        self.orders = [EpochOrder(days, seed) for seed, _ in place]
        self.size = min(data.batch_size or days, days)
        self.steps_an_epoch = min(math.ceil(days / self.size), self.members[0].trainer.limit_train_batches or days)
        self.order_of = torch.tensor([place[one] for one in drawn], device=self.device)

    def train(self) -> GroupResult:
        """Trains all members to their ends."""
        started = time.perf_counter()
        for epoch in range(self.members[0].trainer.max_epochs):
            self._train(epoch)
            self._keep(epoch)
            if not self.alive.any():
                break
        none = torch.empty(0, len(self.members))
        return GroupResult(
            curves={tag: torch.stack(values).cpu() if values else none for tag, values in self.curves.items()},
            rates=self.steps.planned,
            steps_an_epoch=self.steps_an_epoch,
            last=self.last,
            best=self.best if self.val_days else self.last,
            divergences=self.divergences,
            seconds=(time.perf_counter() - started) / len(self.members),
        )

    def _train(self, epoch: int) -> None:
        """An epoch's steps, and its point of the training curves."""
        days = self._days(epoch)
        losses, logits, sizes = [], [], []
        for batch in days.batches(self.size):
            answers = batch.logits(self.theta)
            loss, slope = self.loss.with_slope(answers, batch)
            self.steps.take(self.theta, batch.gradient(slope), epoch)
            losses.append(loss)
            logits.append(answers.detach())
            sizes.append(len(answers))
        before_step = torch.stack(losses)
        self._find_divergences(before_step, epoch * self.steps_an_epoch)
        # Each batch's share of the days first: a sum over the days could overflow as a run diverges.
        share = torch.tensor(sizes, device=self.device)[:, None] / sum(sizes)
        self.curves["train/loss"].append((share * before_step).sum(0))
        self.curves["train/accuracy"].append(self.loss.accuracy(torch.cat(logits), days.y))

    def _days(self, epoch: int) -> Batch:
        """The days of an epoch, to each member in the order of its seed."""
        for one in self.orders:
            one.set_epoch(epoch)
        order = torch.stack([one.order() for one in self.orders])
        rows = self.rows.gather(1, order).T[: self.steps_an_epoch * self.size].to(self.device)
        return self.train_days.take(rows if len(self.orders) == 1 else rows[:, self.order_of])

    def _find_divergences(self, losses: Tensor, step: int) -> None:
        """Ends members with a loss that is not finite among those [steps, M] from a step on.

        Their weights are still computed, but no longer kept.
        """
        finite = torch.isfinite(losses)
        for i in (self.alive & ~finite.all(0)).nonzero()[:, 0].tolist():
            first = int(finite[:, i].int().argmin())
            last_finite = losses[first - 1, i] if first else self.last_finite[i]
            self.divergences[i] = Divergence(step + first, losses[first, i].item(), last_finite.item())
        self.alive = self.alive & finite.all(0)
        self.last_finite = torch.where(self.alive, losses[-1], self.last_finite)

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
        losses = self.loss.held_out(logits, days, others=self.others)
        self.curves["val/loss"].append(losses)
        self.curves["val/accuracy"].append(self.loss.accuracy(logits, days.y))
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
