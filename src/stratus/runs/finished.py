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
    """A finished run.

    Attributes:
        settings: Its settings.
        observations: Its daily table.
        splits: Its samples; of streamed ones a fair sample.
        task: The task with the weights that were kept.
        trace: Its weights over the steps.
        metrics: Its scores: "train/loss", "test/accuracy", …
        references: The same of climatology, persistence and optimum.
        optimum: The exact optimum.
        test: The forecasts of the test days: its own, as `model`, and the references'.
    """

    settings: Config
    observations: Observations
    splits: Splits
    task: LinearTask
    trace: Trace
    metrics: Mapping[str, float]
    references: Mapping[str, Mapping[str, float]]
    optimum: Optimum
    test: Forecasts

    @property
    def table(self) -> pl.DataFrame:
        """The daily table of a run whose days are in memory, as those of lessons are."""
        assert isinstance(self.observations, InMemory)
        return self.observations.table

    @property
    def model(self) -> Model:
        """The task with the kept weights, in float64."""
        return Model(self.task, Weights.of(self.task), self.splits.target)
