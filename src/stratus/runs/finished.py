"""A finished run, as lessons and pictures see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

    from stratus.data.splits import Splits
    from stratus.settings.schema import Config
    from stratus.tasks.linear import LinearTask
    from stratus.training.descent import Trace


@dataclass(frozen=True)
class FinishedRun:
    """A finished run.

    Attributes:
        settings: Its settings.
        table: Its daily table.
        splits: Its samples.
        task: The task with the weights that were kept.
        trace: Its weights over the steps.
        metrics: Its scores: "train/loss", "test/accuracy", …
        references: The same of climatology, persistence and optimum.
    """

    settings: "Config"
    table: "pl.DataFrame"
    splits: "Splits"
    task: "LinearTask"
    trace: "Trace"
    metrics: Mapping[str, float]
    references: Mapping[str, Mapping[str, float]]
