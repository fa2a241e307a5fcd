"""A member of a group as a run of its own: its curves, its checkpoints, and how it ended."""

import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

from stratus.data.splits import Splits
from stratus.runs import tensorboard as board
from stratus.runs.events import Sink
from stratus.settings.experiment import Config
from stratus.sweep.batched.checkpoint import Checkpoints, Common
from stratus.sweep.batched.group import Group, Outcome
from stratus.sweep.batched.scores import Scores
from stratus.tasks.linear import LinearTask
from stratus.training.descent import Trace, announced_limit, divergence
from stratus.training.lone import Fit, Fitted, starting
from stratus.verification.references import Weights


def fit_together(settings: Sequence[Config], splits: Splits) -> "Trained":
    """Trains runs that differ only in numbers; `splits` are those of the days themselves, not of a resample."""
    torch.set_num_threads(1)
    # With deterministic algorithms torch fills all new memory with nan, for programs that read before they write.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    task = starting(settings[0], splits.resampled(settings[0].data.resample))
    drawn = any(one.pictures != "none" or one.lesson for one in settings)
    group = Group(task, settings, splits, traced=drawn)
    trainer = settings[0].trainer.build()(
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        limit_train_batches=1.0,  # the group itself knows how many of an epoch's batches are asked for
        limit_val_batches=0,
        check_val_every_n_epoch=1,
        gradient_clip_val=None,
        deterministic=True,
    )
    warnings.filterwarnings("ignore", "`isinstance.treespec, LeafSpec.` is deprecated")
    started = time.perf_counter()
    trainer.fit(group)
    seconds = (time.perf_counter() - started) / len(settings)
    with tempfile.TemporaryDirectory() as folder:
        trainer.save_checkpoint(Path(folder) / "group.ckpt", weights_only=False)
        common = Common(splits, torch.load(Path(folder) / "group.ckpt", weights_only=True))
    outcome = group.outcome()
    return Trained(outcome, task, seconds, common, Scores(task, outcome, [one.data.resample for one in settings]))


@dataclass(frozen=True)
class Trained:
    """A trained group.

    Attributes:
        outcome: What became of its members.
        task: What has each member's weights in its turn.
        seconds: The training's time, shared out among them.
        common: What their checkpoints have in common.
        scores: Their scores.
    """

    outcome: Outcome
    task: LinearTask
    seconds: float
    common: Common
    scores: Scores

    def fit_of(self, place: int) -> Fit:
        """What `experiment.run` takes for the training of the member at `place`."""

        def fit(settings: Config, splits: Splits, folder: Path, sink: Sink, record: dict[str, Any]) -> Fitted:
            return self._handed_over(place, settings, splits, folder=folder, sink=sink, record=record)

        return fit

    def _handed_over(
        self, place: int, settings: Config, splits: Splits, *, folder: Path, sink: Sink, record: dict[str, Any]
    ) -> Fitted:
        """Writes what a run alone writes while it trains.

        Raises:
            Diverged: If the member's loss stopped being a finite number.
        """
        outcome, task = self.outcome, self.task
        checkpoints = Checkpoints(outcome, self.common, place, settings, task, folder=folder / "checkpoints")
        record["largest_stable_step"] = limit = announced_limit(task, splits, checkpoints.optimizer)
        epochs = int(outcome.epochs[place])
        board.curves(sink, self._curves(place, epochs, settings.trainer.check_val_every_n_epoch))
        if epochs:
            checkpoints.write()
        if place in outcome.unending:
            step, loss, finite = outcome.unending[place]
            raise divergence(loss, step, finite, checkpoints.rates[epochs], limit)
        assert outcome.last is not None
        outcome.last.put(task, place)
        last, best_epoch = Weights.of(task), epochs
        if outcome.best is not None:
            outcome.best.put(task, place)
            best_epoch = int(outcome.best_epoch[place]) + 1
        steps = outcome.steps_an_epoch
        trace, scored = self._trace(place, epochs), partial(self.scores.of, place, splits)
        return Fitted(task, best_epoch, last, epochs, steps * epochs, self.seconds, trace, scored)

    def _curves(self, place: int, epochs: int, validated_every: int) -> Iterator[tuple[int, dict[str, float]]]:
        """Steps and points of the curves, as Lightning logs them."""
        curves = {tag: values[:, place].tolist() for tag, values in self.outcome.curves.items()}
        for epoch in range(epochs):
            values = {tag: curves[tag][epoch] for tag in ("train/loss", "train/accuracy")}
            validation, missing = divmod(epoch + 1, validated_every)
            if curves["val/loss"] and not missing:
                values |= {tag: curves[tag][validation - 1] for tag in ("val/loss", "val/accuracy")}
            yield self.outcome.steps_an_epoch * (epoch + 1) - 1, values | {"epoch": epoch}

    def _trace(self, place: int, epochs: int) -> Trace:
        trace = Trace()
        for epoch, theta in enumerate(self.outcome.trace[: epochs + 1]):
            trace.steps.append(self.outcome.steps_an_epoch * epoch)
            trace.weight.append(theta[:-1, :, place].T.clone())
            trace.bias.append(theta[-1, :, place].clone())
        return trace
