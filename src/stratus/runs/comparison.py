"""Finished runs on the test days that all of them forecast: scores, and differences from the first run's."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from stratus.data.samples import Array
from stratus.data.targets import TARGETS, Target
from stratus.errors import CheckpointError, ConfigurationError
from stratus.runs import record
from stratus.scores.bootstrap import Bootstrap, interval
from stratus.scores.contributions import of_categories, of_events, of_values, scores

_KEY = ["date", "station"]


@dataclass(frozen=True)
class Comparison:
    """Scores of k runs on the days that they share.

    Attributes:
        records: What each run's run.json says.
        stations: The stations shared.
        days: The dates shared, each once.
        values: By score, value and low and high end of its 95 % interval [k, 3].
        differences: By score, the same of the score less the first run's [k, 3].
    """

    records: list[dict[str, Any]]
    stations: list[str]
    days: pl.Series
    values: dict[str, Array]
    differences: dict[str, Array]

    @property
    def target(self) -> Target:
        """What all runs forecast."""
        return TARGETS[self.records[0]["target"]]


def compare(folders: Sequence[Path]) -> Comparison:
    """Compares finished runs by their forecasts.csv.

    All values count as accurate within the first run's tolerance.

    Raises:
        CheckpointError: If a folder is no run's, or its run left no forecasts.
        ConfigurationError: If the runs forecast different things, or no day is in all.
    """
    runs = [_finished(folder) for folder in folders]
    tables = _shared(folders, runs)
    contributions = [_contributions(runs[0], table) for table in tables]
    dates = tables[0]["date"].to_numpy()
    values = [scores({name: one.mean(0) for name, one in each.items()}) for each in contributions]
    draws = [_drawn(dates, each) for each in contributions]
    first, drawn = values[0], draws[0]
    pairs = list(zip(values, draws, strict=True))
    return Comparison(
        runs,
        tables[0]["station"].unique().sort().to_list(),
        tables[0]["date"].unique().sort(),
        {name: np.array([(one[name], *interval(draw[name])) for one, draw in pairs]) for name in first},
        {
            name: np.array([(one[name] - first[name], *interval(draw[name] - drawn[name])) for one, draw in pairs])
            for name in first
        },
    )


def _drawn(dates: Array, contributions: dict[str, Array]) -> dict[str, Array]:
    bootstrap = Bootstrap()
    bootstrap.update(dates, contributions)
    return scores(bootstrap.means())


def _finished(folder: Path) -> dict[str, Any]:
    run = record.read(folder)
    if run["status"] != "finished" or "target" not in run or not (folder / "forecasts.csv").exists():
        raise CheckpointError(f"{folder} holds no forecasts to compare: its run is recorded as {run['status']}")
    return run


def _shared(folders: Sequence[Path], runs: list[dict[str, Any]]) -> list[pl.DataFrame]:
    """The forecasts of each run on the stations and dates that all have, in one order."""
    tables = [_read(folder / "forecasts.csv") for folder in folders]
    days = tables[0].select(_KEY)
    for folder, run, table in zip(folders, runs, tables, strict=True):
        if run["target"] != runs[0]["target"] or table.columns != tables[0].columns:
            raise ConfigurationError(
                f"{folders[0]} and {folder} forecast different things: {runs[0]['target']} ({_outputs(tables[0])}), "
                f"and {run['target']} ({_outputs(table)})"
            )
        days = days.join(table, on=_KEY, how="semi")
        if days.is_empty():
            raise ConfigurationError(
                f"{folders[0]} and {folder} have no test day in common: {_reach(tables[0])}, and {_reach(table)}"
            )
    tables = [table.join(days, on=_KEY, how="semi").sort(_KEY) for table in tables]
    for folder, table in zip(folders, tables, strict=True):
        if not table.select("^truth.*$").equals(tables[0].select("^truth.*$")):
            raise ConfigurationError(f"{folders[0]} and {folder} do not agree on what the weather was: other data")
    return tables


def _read(file: Path) -> pl.DataFrame:
    try:
        table = pl.read_csv(file, schema_overrides={"date": pl.Date, "station": pl.String})
        return table.select(*_KEY, pl.exclude(_KEY))
    except (OSError, pl.exceptions.PolarsError) as error:
        raise CheckpointError(f"cannot read {file}: {str(error).splitlines()[0]}") from None


def _outputs(table: pl.DataFrame) -> str:
    """The columns of what a run forecasts: its probabilities, or its values."""
    return ", ".join(table.select(r"^p\(.*\)$").columns or table.select("^prediction.*$").columns)


def _reach(table: pl.DataFrame) -> str:
    stations = " and ".join(table["station"].unique().sort())
    return f"{stations} {table['date'].min()!s} to {table['date'].max()!s}"


def _contributions(run: dict[str, Any], table: pl.DataFrame) -> dict[str, Array]:
    """Each day's contributions, from a table of forecasts; the tolerance is that of `run`."""
    kind = TARGETS[run["target"]].kind
    if kind == "continuous":
        forecast, y = (table.select(f"^{name}.*$").to_numpy() for name in ("prediction", "truth"))
        return of_values(forecast, y, run["tolerance"])
    p = table.select(r"^p\(.*\)$")
    outputs = [name[2:-1] for name in p.columns]
    if kind == "category":
        answers = (table[name].cast(pl.Enum(outputs)).to_physical().to_numpy() for name in ("prediction", "truth"))
        return of_categories(p.to_numpy(), *answers)
    events = (
        np.stack([table[name].str.split(" + ").list.contains(output).to_numpy() for output in outputs], axis=1)
        for name in ("prediction", "truth")
    )
    return of_events(p.to_numpy(), *events)
