"""A finished run, as its pictures and its lesson see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from stratus.data.observations import InMemory, Observations
from stratus.data.splits import Splits
from stratus.settings.experiment import Config
from stratus.tasks.linear import LinearTask
from stratus.tasks.weights import Weights
from stratus.training.callbacks import Trace
from stratus.training.fit import TrainingResult
from stratus.training.optimum import Optimum
from stratus.verification.explanation import Explanation, explain
from stratus.verification.forecasts import Forecasts
from stratus.verification.model import Model
from stratus.verification.references import References
from stratus.verification.verify import Verification


@dataclass(frozen=True)
class FinishedRun:
    """A finished run."""

    settings: Config
    observations: Observations
    splits: Splits  # its samples; of streamed ones a fair sample
    result: TrainingResult
    verification: Verification
    rivals: References  # what it is compared with

    @property
    def table(self) -> pl.DataFrame:
        """The daily table of a run whose days are in memory, as those of lessons are."""
        assert isinstance(self.observations, InMemory)
        return self.observations.table

    @property
    def task(self) -> LinearTask:
        """The task with the weights that were kept."""
        return self.result.task

    @property
    def model(self) -> Model:
        """The same in float64."""
        return Model(self.task, Weights.of(self.task), self.splits.target)

    @property
    def optimum(self) -> Optimum:
        """The exact optimum of its task."""
        return self.rivals.optimum

    @cached_property
    def explanation(self) -> Explanation | None:
        """Which inputs matter to that optimum, where this is asked for."""
        given = self.task, self.splits, self.optimum, self.rivals.baselines
        return explain(*given) if self.settings.explain else None

    @property
    def trace(self) -> Trace:
        """The weights over the steps."""
        return self.result.trace

    @property
    def metrics(self) -> Mapping[str, float]:
        """Its scores by name, such as test/accuracy."""
        return self.verification.metrics

    @property
    def test_scores(self) -> dict[str, float]:
        """Those of the test days."""
        return {tag: value for tag, value in self.metrics.items() if tag.startswith("test/")}

    @property
    def references(self) -> Mapping[str, Mapping[str, float]]:
        """The same of climatology, persistence and optimum."""
        return self.verification.references

    @property
    def test(self) -> Forecasts:
        """The forecasts of the test days, of a run that scores them: its own, as `model`, and the references'."""
        assert self.verification.test is not None
        return self.verification.test
