"""Many runs trained as one: their weights lie side by side in one tensor, and one Lightning fit moves them all."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from lightning.pytorch import LightningModule
from torch import Tensor

from stratus.data.batches import EpochOrder
from stratus.data.splits import Splits
from stratus.settings.experiment import Config
from stratus.sweep.batched.loss import Batch, Days, Loss
from stratus.sweep.batched.steps import Moment, Steps
from stratus.tasks.linear import LinearTask

AT_ONCE = 1 << 21
"""Inputs and logits of the batches that are gathered, guarded and judged together, since each alone takes longer."""


@dataclass(frozen=True)
class Outcome:
    """What became of a group's members.

    Attributes:
        curves: Loss and accuracy by tag [epochs, M]; of validation at each validated epoch.
        rates: Of each member the learning rate of each epoch, and the one after the last.
        steps_an_epoch: Number of steps of each epoch.
        epochs: Number of epochs that each member completed [M].
        last: The members as their last completed epoch left them; None where none completed one.
        best: Likewise, as the epoch with the lowest validation loss left them; None without validation.
        best_epoch: That epoch [M], -1 for none.
        best_loss: Its validation loss [M].
        waited: Validations since then [M].
        impatient: Whether a member stopped because its validation loss did not fall [M].
        unending: Step, loss and last finite loss of each member whose loss was not finite.
        trace: θ at the start and after each epoch, where it was kept.
    """

    curves: dict[str, Tensor]
    rates: list[list[float]]
    steps_an_epoch: int
    epochs: Tensor
    last: Moment | None
    best: Moment | None
    best_epoch: Tensor
    best_loss: Tensor
    waited: Tensor
    impatient: Tensor
    unending: dict[int, tuple[int, float, float]]
    trace: list[Tensor]

    @property
    def kept(self) -> Moment | None:
        """The members with the weights that are kept: the best where there is validation, else the last."""
        return self.best or self.last


class Group(LightningModule):
    """Runs that differ only in numbers. Every tensor has the members as its last dimension, M.

    θ [m + 1, k, M] holds each member's W with b below it, so that its logits are z = (x, 1) θ. Nothing here mixes
    members: each has batches of its own, from its resample of the days and in the order of its seed, and a member whose
    loss is no longer finite changes no bit of another's weights.

    Args:
        task: Theirs; its weights do not matter.
        settings: Of each.
        splits: The samples, which they share.
        traced: Whether θ is kept after each epoch.
    """

    def __init__(self, task: LinearTask, settings: Sequence[Config], splits: Splits, *, traced: bool) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.task, self.members, self.splits, self.traced = task, list(settings), splits, traced
        first, days = settings[0], len(splits.train)
        size = first.data.batch_size
        self.size = min(size or days, days)
        self.steps_an_epoch = min(math.ceil(days / self.size), first.trainer.limit_train_batches or days)
        numbers = self.size * len(settings) * (len(splits.inputs) + len(splits.outputs))
        self.gathered = self.size * max(AT_ONCE // numbers, 1)
        # All days at once come in no order.
        drawn = [(None if size is None else one.seed, one.data.resample) for one in settings]
        place = {one: k for k, one in enumerate(dict.fromkeys(drawn))}
        self.orders = [EpochOrder(days, seed) for seed, _ in place]
        rows = {number: torch.from_numpy(splits.drawn(number)) for _, number in place}
        self.rows = torch.stack([rows[number] for _, number in place])
        self.register_buffer("order_of", torch.tensor([place[one] for one in drawn]))
        start = []
        for one in settings:
            task.start(one.init.build(), one.seed)
            start.append(torch.cat([task.linear.weight.T, task.linear.bias[None]]).detach())
        self.register_buffer("theta", torch.stack(start, -1))

    order_of: Tensor
    theta: Tensor

    def setup(self, stage: str) -> None:
        """Puts samples and optimiser beside the weights."""
        device = self.trainer.strategy.root_device
        self.to(device)
        count = len(self.members)
        self.train_days = Days(self.task, self.splits.train, count, device)
        self.val_days = self.splits.validation and Days(self.task, self.splits.validation, count, device).same()
        self.loss, self.steps = Loss(self.task, self.train_days), Steps(self.theta, self.members)
        self.curves: dict[str, list[Tensor]] = {f"{s}/{n}": [] for s in ("train", "val") for n in ("loss", "accuracy")}
        self.alive, self.impatient = (torch.full((count,), one, device=device) for one in (True, False))
        self.finite = torch.full((count,), math.nan, device=device)
        self.best_loss = torch.full((count,), math.inf, device=device)
        self.epochs, self.waited = (torch.zeros(count, dtype=torch.long, device=device) for _ in range(2))
        self.best_epoch = self.epochs - 1
        self.patience = torch.tensor([one.patience or math.inf for one in self.members], device=device)
        self.last: Moment | None = None
        self.best: Moment | None = None
        self.unending: dict[int, tuple[int, float, float]] = {}
        self.trace = [self.theta.clone()] if self.traced else []

    def outcome(self) -> Outcome:
        """What became of the members, in the host's memory."""
        tensors = ("epochs", "best_epoch", "best_loss", "waited", "impatient")
        return Outcome(
            curves={
                tag: torch.stack(values).cpu() if values else torch.empty(0, len(self.members))
                for tag, values in self.curves.items()
            },
            rates=self.steps.planned,
            steps_an_epoch=self.steps_an_epoch,
            last=self.last and self.last.cpu(),
            best=self.best and self.best.cpu(),
            unending=self.unending,
            trace=[one.cpu() for one in self.trace],
            **{name: getattr(self, name).cpu() for name in tensors},
        )

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """The members' own; an epoch steps it many times."""
        return self.steps.optimizer

    def train_dataloader(self) -> range:
        """An epoch of all members is one step of Lightning's loop, which costs more than a step of so small a model."""
        return range(1)

    def training_step(self, batch: int, index: int) -> None:
        """An epoch: the steps of all members, their curves, and what is to be kept."""
        epoch = self.current_epoch
        order, step = self._order(epoch)[: self.steps_an_epoch * self.size], epoch * self.steps_an_epoch
        loss, accuracy = (torch.zeros(len(self.members), device=self.device) for _ in range(2))
        for rows in torch.split(order, self.gathered):
            days = self._days(rows)
            losses, logits = self._descend(days, epoch)
            self._guard(losses, step)
            step += len(losses)
            # Shares before they are summed: the sum over the days of a loss that is about to end may be infinite.
            full, last = self.size / len(order), (len(rows) - self.size * (len(losses) - 1)) / len(order)
            loss += (full * losses[:-1]).sum(0) + last * losses[-1]
            accuracy += len(rows) / len(order) * self.loss.accuracy(logits, days.y)
        self.curves["train/loss"].append(loss)
        self.curves["train/accuracy"].append(accuracy)
        self._keep(epoch)

    def _descend(self, days: Batch, epoch: int) -> tuple[Tensor, Tensor]:
        """A step by each batch of some days: the losses before each step [steps, M], and the logits [n, k, M]."""
        losses, answers = [], []
        for batch in days.batches(self.size):
            logits = batch.logits(self.theta)
            loss, slope = self.loss.with_slope(logits, batch)
            self.steps.take(self.theta, batch.gradient(slope), epoch)
            losses.append(loss)
            answers.append(logits.detach())
        return torch.stack(losses), torch.cat(answers)

    def _order(self, epoch: int) -> Tensor:
        """Where the days of each order stand [n, orders]."""
        for one in self.orders:
            one.set_epoch(epoch)
        order = torch.stack([one.order() for one in self.orders])
        return self.rows.gather(1, order).T.to(self.device)

    def _days(self, rows: Tensor) -> Batch:
        if len(self.orders) == 1:
            return self.train_days.same(rows[:, 0])
        return self.train_days.own(rows[:, self.order_of])

    def _guard(self, losses: Tensor, step: int) -> None:
        """Lets members go that have a loss which is not finite: what becomes of them from there on counts no more.

        Args:
            losses: Those of some steps [steps, M].
            step: The first of these.
        """
        fine = torch.isfinite(losses)
        if not fine.all():
            for i in (~fine.all(0) & self.alive).nonzero()[:, 0].tolist():
                *before, loss = losses[: fine[:, i].tolist().index(False) + 1, i].tolist()
                self.unending[i] = step + len(before), loss, before[-1] if before else self.finite[i].item()
            self.alive &= fine.all(0)
        self.finite = torch.where(self.alive, losses[-1], self.finite)

    def _keep(self, epoch: int) -> None:
        """Keeps the epoch of those that reached its end, validates them, and lets the impatient go."""
        now = Moment(self.theta.clone(), self.steps.memory, self.steps.groups, self.finite)
        if self.traced:
            self.trace.append(now.theta)
        self.epochs = torch.where(self.alive, epoch + 1, self.epochs)
        self.last = self.last.updated(self.alive, now) if self.last else now
        if self.val_days and (epoch + 1) % self.members[0].trainer.check_val_every_n_epoch == 0:
            self._validate(now, self.val_days, epoch)
        self.trainer.should_stop = not bool(self.alive.any())

    def _validate(self, now: Moment, days: Batch, epoch: int) -> None:
        logits = days.logits(self.theta)
        losses = self.loss(logits, days)
        self.curves["val/loss"].append(losses)
        self.curves["val/accuracy"].append(self.loss.accuracy(logits, days.y))
        # As Lightning's ModelCheckpoint and EarlyStopping do: nan is no fall, and the first is the best so far.
        fell = self.alive & (losses < self.best_loss)
        first = self.alive & (self.best_epoch < 0)
        self.best = self.best.updated(fell | first, now) if self.best else now
        self.best_epoch = torch.where(fell | first, epoch, self.best_epoch)
        self.best_loss = torch.where(fell, losses, self.best_loss)
        self.waited = torch.where(fell, 0, self.waited + torch.isfinite(losses))
        tired = (self.waited >= self.patience) | ~torch.isfinite(losses)
        self.impatient |= self.alive & tired & torch.isfinite(self.patience)
        self.alive &= ~self.impatient
