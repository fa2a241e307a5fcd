"""A member of a trained group as a run of its own: its curves, its checkpoints, its scores, its record."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from stratus import files
from stratus.runs import experiment, recording, tensorboard
from stratus.runs.events import EventFile
from stratus.runs.experiment import Outputs
from stratus.runs.finished import FinishedRun
from stratus.runs.record import RunRecord
from stratus.settings.compose import swept
from stratus.settings.experiment import Config
from stratus.sweep.batched.days import Days
from stratus.sweep.batched.group import Group
from stratus.sweep.batched.lightning_inside import MemberTrainer
from stratus.sweep.batched.result import GroupResult
from stratus.sweep.worker import failed
from stratus.training.callbacks import Trace
from stratus.training.fit import TrainingResult
from stratus.training.optimum import minimised
from stratus.training.stability import divergence
from stratus.verification.model import Model
from stratus.verification.verify import Verification, verify


@dataclass(frozen=True)
class TrainedGroup:
    """Runs that have been trained as one."""

    members: Sequence[Config]
    result: GroupResult
    trainer: MemberTrainer  # writes their checkpoints; its task is given each member's weights in turn


def train_together(members: Sequence[Config], days: Sequence[Days]) -> TrainedGroup:
    """Trains runs that differ only in numbers and in their days, which are given of each.

    Raises ConfigurationError if this machine has no such accelerator.
    """
    torch.set_num_threads(1)
    # With deterministic algorithms torch fills all new memory with nan, for programs that read before they write.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    task = experiment.new_task(members[0], days[0].splits)
    trainer = MemberTrainer(task, members[0], days[0].splits)
    result = Group(task, members, days, trainer.device).train()
    task.cpu()  # where they are recorded
    return TrainedGroup(members, result, trainer)


@dataclass(frozen=True)
class Block:
    """Members on the same days, which are verified together when the first of them is recorded."""

    group: TrainedGroup
    places: list[int]  # theirs in the group
    days: Days

    @cached_property
    def verifications(self) -> dict[int, Verification]:
        """By place."""
        weights, splits = self.group.result.best.weights(self.places), self.days.splits
        models = Model(self.days.task, weights, splits.target, tuple(map(str, self.places)))
        return dict(zip(self.places, verify(models, splits, self.days.references), strict=True))


@dataclass(frozen=True)
class Member:
    """A job that has been trained with others."""

    block: Block  # those who are verified with it
    place: int  # its place in their group

    @property
    def settings(self) -> Config:
        """Its settings."""
        return self.block.group.members[self.place]

    def run(self, composed: DictConfig) -> float:
        """Hydra's task function for this job: does what is left of its run, and returns the sweep's objective.

        Raises what `failed` makes of an error, so that the other jobs run.
        """
        job = HydraConfig.get()
        folder, task = Path(job.runtime.output_dir), job.runtime.choices["task"]
        try:
            with recording.recorded(
                folder, task=task, overrides=list(job.overrides.task), seed=composed.seed
            ) as entries:
                entries.data = self.block.days.provenance
                return self.finish(folder, entries, swept(job))
        except Exception as error:
            raise failed(error, int(job.job.num), folder) from None

    def finish(self, folder: Path, entries: RunRecord, differing: Collection[str] | None = ()) -> float:
        """Writes what a lone run writes, and returns its objective; raises Diverged as a lone run does.

        `differing` is what `swept` says of the job.
        """
        days = self.block.days
        with closing(EventFile(folder if "tensorboard" in self.settings.loggers else None)) as file:
            outputs = Outputs(folder, entries, file, differing)
            result = self.hand_over(outputs)
            verification = self.block.verifications[self.place]
            assert verification.test is not None
            with files.replacing(folder / "forecasts.csv") as beside, open(beside, "wb") as csv:
                verification.test.append_to(csv)
            run = FinishedRun(self.settings, days.observations, days.splits, result, verification, days.references)
            experiment.finish(run, outputs)
        assert entries.objective is not None
        return entries.objective

    def hand_over(self, outputs: Outputs) -> TrainingResult:
        """Writes what a lone run writes while it trains, and gives what its training gives; it may raise Diverged."""
        group, place, splits = self.block.group, self.place, self.block.days.splits
        result, trainer, task = group.result, group.trainer, group.trainer.task
        trainer.prepare(self.settings, self.block.days.task, splits)
        experiment.begin(self.settings, splits, task, outputs, self.block.days.eigenvalue)
        epochs = int(result.last.epochs[place])
        tensorboard.curves(outputs.file, self._curves(epochs))
        trainer.write(result, place, self.settings, outputs.folder / "checkpoints")
        if found := result.divergences.get(place):
            rate, limit = result.rates[epochs, place].item(), outputs.record.largest_stable_step
            raise divergence(found.loss, found.step, found.last_finite, rate, limit)
        last_value = minimised(task, result.last.weights(place), splits)
        result.best.weights(place).put(task)
        best, steps = int(result.best.epochs[place]), epochs * result.steps_an_epoch[place]
        return TrainingResult(task, best, last_value, epochs, steps, result.seconds, Trace())

    def _curves(self, epochs: int) -> Iterator[tuple[int, dict[str, float]]]:
        """Steps and points of the curves, as Lightning logs them."""
        result, every = self.block.group.result, self.settings.trainer.check_val_every_n_epoch
        curves = {tag: values[:, self.place].tolist() for tag, values in result.curves.items()}
        for epoch in range(epochs):
            values = {tag: curves[tag][epoch] for tag in ("train/loss", "train/accuracy")}
            validation, missing = divmod(epoch + 1, every)
            if curves["val/loss"] and not missing:
                values |= {tag: curves[tag][validation - 1] for tag in ("val/loss", "val/accuracy")}
            yield result.steps_an_epoch[self.place] * (epoch + 1) - 1, values
