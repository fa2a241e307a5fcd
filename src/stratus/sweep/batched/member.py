"""A member of a trained group as a run of its own: its curves, its checkpoints, its scores, its record."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from hydra.core.hydra_config import HydraConfig
from hydra.errors import CompactHydraException
from omegaconf import DictConfig
from polars import DataFrame

from stratus.data.splits import Splits
from stratus.errors import StratusError
from stratus.runs import experiment
from stratus.runs import record as records
from stratus.runs import tensorboard as board
from stratus.runs.events import Sink
from stratus.settings.schema import Config
from stratus.sweep.batched.group import Group
from stratus.sweep.batched.lightning_inside import MemberTrainer
from stratus.sweep.batched.result import GroupResult
from stratus.sweep.batched.scores import Scores
from stratus.training.descent import Trace, announced_limit, divergence
from stratus.training.lone import Fitted, starting
from stratus.verification.evaluation import References
from stratus.verification.references import Weights


@dataclass(frozen=True)
class TrainedGroup:
    """Runs that have been trained as one.

    Attributes:
        result: What training gave.
        trainer: Writes their checkpoints; its task is given each member's weights in turn.
        scores: Their scores.
    """

    result: GroupResult
    trainer: MemberTrainer
    scores: Scores

    def hand_over(
        self, place: int, settings: Config, splits: Splits, folder: Path, sink: Sink, record: dict[str, Any]
    ) -> Fitted:
        """Writes what a lone run writes while it trains, and gives what its training gives.

        Raises:
            Diverged: If the member's loss stopped being a finite number.
        """
        result, task = self.result, self.trainer.task
        optimizer = self.trainer.prepare(settings)
        record["largest_stable_step"] = limit = announced_limit(task, splits, optimizer)
        epochs = int(result.last.epochs[place])
        board.curves(sink, self._curves(place, epochs, settings.trainer.check_val_every_n_epoch))
        self.trainer.write(result, place, settings, folder / "checkpoints")
        if found := result.divergences.get(place):
            raise divergence(found.loss, found.step, found.last_finite, result.rates[epochs, place].item(), limit)
        result.last.put(task, place)
        last = Weights.of(task)
        result.best.put(task, place)
        steps, best_epoch = result.steps_an_epoch * epochs, int(result.best.epochs[place])
        scored = partial(self.scores.of, place, splits)
        return Fitted(task, best_epoch, last, epochs, steps, result.seconds, self._trace(place, epochs), scored)

    def _curves(self, place: int, epochs: int, validated_every: int) -> Iterator[tuple[int, dict[str, float]]]:
        """Steps and points of the curves, as Lightning logs them."""
        curves = {tag: values[:, place].tolist() for tag, values in self.result.curves.items()}
        for epoch in range(epochs):
            values = {tag: curves[tag][epoch] for tag in ("train/loss", "train/accuracy")}
            validation, missing = divmod(epoch + 1, validated_every)
            if curves["val/loss"] and not missing:
                values |= {tag: curves[tag][validation - 1] for tag in ("val/loss", "val/accuracy")}
            yield self.result.steps_an_epoch * (epoch + 1) - 1, values | {"epoch": epoch}

    def _trace(self, place: int, epochs: int) -> Trace:
        trace = Trace()
        for epoch, theta in enumerate(self.result.trace[: epochs + 1]):
            trace.steps.append(self.result.steps_an_epoch * epoch)
            trace.weight.append(theta[:-1, :, place].T.clone())
            trace.bias.append(theta[-1, :, place].clone())
        return trace


def train_together(settings: Sequence[Config], splits: Splits) -> TrainedGroup:
    """Trains runs that differ only in numbers; `splits` are those of the days themselves, not of a resample.

    Raises:
        ConfigurationError: If this machine has no such accelerator.
    """
    torch.set_num_threads(1)
    # With deterministic algorithms torch fills all new memory with nan, for programs that read before they write.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    task = starting(settings[0], splits.resampled(settings[0].data.resample))
    trainer = MemberTrainer(task, settings[0], splits)
    traced = any(one.pictures != "none" or one.lesson for one in settings)
    result = Group(task, settings, splits, device=trainer.device, traced=traced).train()
    return TrainedGroup(result, trainer, Scores(task, result, [one.data.resample for one in settings]))


@dataclass(frozen=True)
class Member:
    """A job that has been trained with others.

    Attributes:
        settings: Its settings.
        group: With whom.
        place: Its place among them.
        table: The daily table.
        facts: What the record says of the table.
        splits: Its samples.
        references: What it is compared with; computed once for all that share them.
    """

    settings: Config
    group: TrainedGroup
    place: int
    table: DataFrame
    facts: dict[str, Any]
    splits: Splits
    references: Callable[[], References]

    def record(self, composed: DictConfig) -> float:
        """Hydra's task function for this job: does what is left of its run, and returns the sweep's objective.

        Raises:
            CompactHydraException: In place of an error that the user can mend, so that the other jobs run.
        """
        job = HydraConfig.get()
        folder = Path(job.runtime.output_dir)
        said = {"task": composed.task.name, "overrides": list(job.overrides.task), "seed": composed.seed}
        try:
            with records.recorded(folder, **said) as entries:
                entries["data"] = dict(self.facts)
                return experiment.run(
                    self.settings,
                    self.table,
                    self.splits,
                    folder=folder,
                    record=entries,
                    fit=partial(self.group.hand_over, self.place),
                    references=self.references,
                )
        except StratusError as error:
            raise CompactHydraException(str(error)) from None
