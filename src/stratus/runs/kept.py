"""A finished run asked again: its kept weights, the days it is asked about, and what those days are held against."""

from collections.abc import Iterator, Set
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

import numpy as np
import torch

from stratus.data.normals import YEAR_OF_DAYS
from stratus.data.observations import Observations
from stratus.data.recipe import Borders
from stratus.data.samples import Array, Samples
from stratus.data.targets import TARGETS, Target
from stratus.errors import CheckpointError, DataError, counted
from stratus.runs.received import Asked
from stratus.runs.record import RunRecord
from stratus.settings.data import source_from_record
from stratus.tasks.weights import Weights
from stratus.training.checkpoints import Checkpoint, load
from stratus.verification.climatology import Past
from stratus.verification.model import Model
from stratus.verification.references import Baselines

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Kept:
    """A finished run's kept weights, and the days that they are asked about."""

    folder: Path
    run: RunRecord
    asked: Asked
    checkpoint: Checkpoint

    @classmethod
    def load(cls, folder: Path, run: RunRecord, asked: Asked) -> "Kept":
        """Those of a run's folder; CheckpointError if its checkpoint is missing or broken."""
        return cls(folder, run, asked, load(folder / "checkpoints" / "best.ckpt"))

    @property
    def target(self) -> Target:
        """What is forecast."""
        return TARGETS[self.checkpoint.recipe.target]

    @property
    def model(self) -> Model:
        """The run's model."""
        return Model.of(self.checkpoint.task, self.checkpoint.recipe.target)

    @property
    def optimum(self) -> Model | None:
        """The run's exact optimum; None where its record does not hold it, CheckpointError if it is of another task."""
        task, best = self.checkpoint.task, self.run.optimum_weights
        if best is None:
            return None
        try:
            found = Weights(*(torch.tensor(one, dtype=torch.float64) for one in (best.weight, best.bias)))
        except ValueError:  # rows of different lengths
            found = None
        if found is None or (found.weight.shape, found.bias.shape) != (
            task.linear.weight.shape,
            task.linear.bias.shape,
        ):
            raise CheckpointError(f"{self.folder}: the optimum in its record is not of the task in its checkpoint")
        return Model(task, found, self.target, ("optimum",))

    @property
    def borders(self) -> Borders:
        """Where the run's splits begin; CheckpointError if its record does not say."""
        return source_from_record(self.run.data.source if self.run.data else {}).borders

    def days(self, observations: Observations, first: date | None, last: date | None) -> Iterator[Samples]:
        """The days from a first to a last one whose inputs and truth are known, in parts of whole stations."""
        for table in observations.parts():
            samples = self.checkpoint.samples(table, observations.classes, observations.clocks)
            samples = samples.where(samples.known).until(last)
            yield samples.since(first) if first else samples

    def _past(self, observations: Observations, first: date | None, end: date) -> Past:
        parts = self.days(observations, first, max(end, date.min + ONE_DAY) - ONE_DAY)
        return Past.of(self.target, len(self.checkpoint.task.outputs), parts)

    @cached_property
    def _own_past(self) -> Past | None:
        """The run's own days before its test, if they are there as they were."""
        if self.asked.own is None:
            return None
        try:
            past = self._past(self.asked.own, self.borders.train_from, self.borders.test_from)
        except DataError:  # a store's parts are compared with their checksums where they are read
            return None
        return past if past.first is not None else None

    def trained_on(self, dates: Array) -> Array:
        """Which dates are of the time that the run was trained or validated on [n]."""
        first = self._own_past.first if self._own_past else self.borders.train_from
        before: Array = dates < np.datetime64(self.borders.test_from)
        return before if first is None else before & (dates >= np.datetime64(first))

    def baselines(self, places: Set[str], start: date) -> tuple[Baselines | None, str]:
        """Climatology and persistence for some places, and in words what they were fitted on or why there are none.

        Fitted on the run's own days before its test, if these are there and of the same places; else on the table's
        days before a `start`, if there is a year of them at each place. No places stand for the run's own.
        """
        own, name, task = self._own_past, self.asked.name, self.checkpoint.task
        if own and places <= set(own.places):
            return Baselines.of(task, own), f"fitted on the run's own days before {self.borders.test_from}"
        if not places:
            return None, f"no day before {self.borders.test_from} is in the run's own data"
        past = self._past(self.asked.observations, None, start)
        least = min(sorted(places), key=past.days)
        why = f"{least} is not among the run's stations" if own else "the run's own data are not there as they were"
        if past.days(least) >= YEAR_OF_DAYS:
            return Baselines.of(task, past), f"fitted on the days before {start} in {name}, since {why}"
        days = counted(past.days(least), "day")
        return None, f"{why}, and {name} has {days} of {least} before {start}: a year is needed"
