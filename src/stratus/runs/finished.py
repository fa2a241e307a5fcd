"""A finished run, as its pictures and its lesson see it."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from stratus.data.observations import InMemory, Observations
from stratus.data.splits import Splits
from stratus.settings.experiment import Config
from stratus.tasks.linear import LinearTask
from stratus.tasks.weights import Weights
from stratus.training.callbacks import Trace
from stratus.training.optimum import Optimum
from stratus.verification.forecasts import Forecasts
from stratus.verification.model import Model


@dataclass(frozen=True)
class FinishedRun:
    """A finished run."""

    settings: Config  # its settings
    observations: Observations  # its daily table
    splits: Splits  # its samples; of streamed ones a fair sample
    task: LinearTask  # the task with the weights that were kept
    trace: Trace  # its weights over the steps
    metrics: Mapping[str, float]  # its scores: "train/loss", "test/accuracy", …
    references: Mapping[str, Mapping[str, float]]  # the same of climatology, persistence and optimum
    optimum: Optimum  # the exact optimum
    test: Forecasts  # the forecasts of the test days: its own, as `model`, and the references'

    @property
    def table(self) -> pl.DataFrame:
        """The daily table of a run whose days are in memory, as those of lessons are."""
        assert isinstance(self.observations, InMemory)
        return self.observations.table

    @property
    def model(self) -> Model:
        """The task with the kept weights, in float64."""
        return Model(self.task, Weights.of(self.task), self.splits.target)
