"""Finished runs on the test days that all of them forecast: scores, and differences from the first run's."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import polars.selectors as cs

from stratus import files
from stratus.data.samples import Array
from stratus.data.targets import TARGETS, Target
from stratus.errors import CheckpointError, ConfigurationError
from stratus.runs import record
from stratus.runs.record import RunRecord
from stratus.scores.blocks import longest
from stratus.scores.bootstrap import interval, level
from stratus.scores.scoring import scoring_of
from stratus.verification.forecasts import KEY, Forecasts, beside, read_table
from stratus.verification.intervals import ScoreDraws

CSV = "forecasts.csv"
LARGEST = 2**30  # bytes of it


@dataclass(frozen=True)
class Comparison:
    """Scores of k runs on the days that they share."""

    records: list[RunRecord]
    stations: list[str]  # the stations shared
    days: pl.Series  # the dates shared, each once
    block: int  # so many of them were drawn together
    values: dict[str, Array]  # by score, value and low and high end of its 95 % interval [k, 3]
    differences: dict[str, Array]  # by score, the same of the score less the first run's [k, 3]

    @property
    def target(self) -> Target:
        """What all runs forecast."""
        return TARGETS[str(self.records[0].target)]


def compare(folders: Sequence[Path]) -> Comparison:
    """Compares finished runs by their forecasts.csv; values are accurate within the first run's tolerance.

    CheckpointError if a run left no forecasts, ConfigurationError if runs forecast other things or share no day.
    """
    runs = [_finished(folder) for folder in folders]
    tables, target = _shared(folders, runs), str(runs[0].target)
    each = [Forecasts.of_table(table, target, str(folder)) for table, folder in zip(tables, folders, strict=True)]
    every, scoring = beside(each), scoring_of(TARGETS[target], runs[0].tolerance)
    terms, draws = scoring.terms(every.forecast, every.decision, every.y), ScoreDraws(scoring)
    draws.update(every.days.dates, terms)
    values = scoring.from_means({name: one.mean(1, dtype=np.float64) for name, one in terms.items()})
    block = _block(runs, draws)
    drawn, share = draws.compute(block), level(block, draws.bootstrap.days)
    pairs = {name: (values[name], drawn[name]) for name in values if name != "mse"}
    return Comparison(
        runs,
        tables[0]["station"].unique().sort().to_list(),
        tables[0]["date"].unique().sort(),
        block,
        {name: np.column_stack([v, interval(d, share)]) for name, (v, d) in pairs.items()},
        {name: np.column_stack([v - v[0], interval(d - d[0], share)]) for name, (v, d) in pairs.items()},
    )


def _block(runs: list[RunRecord], draws: ScoreDraws) -> int:
    """The longest block of any run, its own where it was compared with climatology; not too long for fewer days."""
    own = [run.resampling.block for run in runs if run.resampling]
    return min(max([*own, int(draws.blocks(0).max())]), longest(draws.bootstrap.days))


def _finished(folder: Path) -> RunRecord:
    run = record.read(folder)
    for why, is_so in {
        f"its run is recorded as {run.status}": run.status != "finished",
        f"there is no target {run.target}": run.target not in TARGETS,
        f"there is no {CSV}": not (folder / CSV).exists(),
    }.items():
        if is_so:
            raise CheckpointError(f"{folder} holds no forecasts to compare: {why}")
    return run


def _shared(folders: Sequence[Path], runs: list[RunRecord]) -> list[pl.DataFrame]:
    """The forecasts of each run on the stations and dates that all have, in one order."""
    tables = [read_table(files.inside(folder, CSV, LARGEST)) for folder in folders]
    days = tables[0].select(KEY)
    for folder, run, table in zip(folders, runs, tables, strict=True):
        both = f"{folders[0]} and {folder}"
        if run.target != runs[0].target or {*table.columns} != {*tables[0].columns}:
            here, there = f"{runs[0].target} ({_outputs(tables[0])})", f"{run.target} ({_outputs(table)})"
            raise ConfigurationError(f"{both} forecast different things: {here}, and {there}: {_mend(run, runs[0])}")
        days = days.join(table, on=KEY, how="semi")
        if days.is_empty():
            raise ConfigurationError(f"{both} have no test day in common: {_reach(tables[0])}, and {_reach(table)}")
    # Classes that training lacks stand behind the others.
    tables = [table.select(tables[0].columns).join(days, on=KEY, how="semi").sort(KEY) for table in tables]
    truth = cs.starts_with("truth")
    for folder, table in zip(folders, tables, strict=True):
        if not table.select(truth).equals(tables[0].select(truth)):
            raise ConfigurationError(f"{folders[0]} and {folder} do not agree on what the weather was: other data")
    return tables


def _mend(run: RunRecord, first: RunRecord) -> str:
    if run.target != first.target:
        return "compare runs of one task and target"
    return "train both on days that show the same classes, at the same stations"


def _outputs(table: pl.DataFrame) -> str:
    """The columns of what a run forecasts: its probabilities, or its values."""
    return ", ".join(table.select(cs.starts_with("p(")).columns or table.select(cs.starts_with("prediction")).columns)


def _reach(table: pl.DataFrame) -> str:
    stations = " and ".join(table["station"].unique().sort())
    return f"{stations} {table['date'].min()!s} to {table['date'].max()!s}"
