"""Finished runs side by side, on the test days that all of them forecast."""

import argparse
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from rich.table import Table
from rich.text import Text

from stratus import record
from stratus.bootstrap import interval, resampled_means
from stratus.contributions import of_categories, of_events, of_values, scores
from stratus.errors import CheckpointError, ConfigurationError, DataError
from stratus.report import ORDER, show
from stratus.samples import Array
from stratus.sweep.table import differing
from stratus.targets import TARGETS

SHOWN = [one for one in (*ORDER, "heidke", "peirce") if one != "skill"]
_HIGHER_IS_BETTER = ("accuracy", "heidke", "peirce")
_KEY = ["date", "station"]


def add_commands(commands: Any) -> None:
    """Adds `compare`."""
    about = "scores of finished runs on the test days they share, and their differences from the first, with intervals"
    comparing = commands.add_parser("compare", help=about, description=about)
    comparing.set_defaults(command=compare)
    comparing.add_argument("runs", metavar="RUN", nargs="+", type=Path, help="folders of finished runs: outputs/…")
    comparing.add_argument("--picture", metavar="FILE", type=Path, help="draw it too, as FILE.png; else no file")


def compare(options: argparse.Namespace) -> None:
    """Prints each run's scores and its differences from the first run, with 95 % intervals; draws them if asked."""
    if len(options.runs) < 2:
        raise ConfigurationError("compare needs two runs or more")
    runs = [_finished(folder) for folder in options.runs]
    names = [f"#{k}" for k in range(1, len(runs) + 1)]
    tables = _shared(options.runs, runs)
    contributions = [_contributions(runs[0], table) for table in tables]
    dates = tables[0]["date"].to_numpy()
    values = [scores({name: one.mean(0) for name, one in each.items()}) for each in contributions]
    draws = [scores(resampled_means(dates, each, runs[0]["seed"])) for each in contributions]
    found = {name: _rows(name, values, draws) for name in SHOWN if name in values[0]}
    days = f"{tables[0]['date'].n_unique()} test days that all have, {dates.min()} to {dates.max()}"
    target = TARGETS[runs[0]["target"]]
    within = f"; accuracy: within {runs[0]['tolerance']:g} {target.unit}" if target.kind == "continuous" else ""
    labels = [f"{name} {label}" for name, label in zip(names, _labels(options.runs, runs), strict=True)]
    show(
        _table(found, names, f"{runs[0]['task']}: {days}"),
        Text("\n".join(f"{label}  ({folder})" for label, folder in zip(labels, options.runs, strict=True))),
        "intervals: 95 %, by resampling weeks of days; differences: of the same resampled days" + within,
    )
    if options.picture:
        _draw(options.picture, found, labels, f"{runs[0]['task']}: {days}")


def _finished(folder: Path) -> dict[str, Any]:
    """The record of a run.

    Raises:
        CheckpointError: If it has not finished with forecasts.
    """
    run = record.read(folder)
    if run["status"] != "finished" or "target" not in run or not (folder / "forecasts.csv").exists():
        raise CheckpointError(f"{folder} holds no forecasts to compare: its run is recorded as {run['status']}")
    return run


def _shared(folders: list[Path], runs: list[dict[str, Any]]) -> list[pl.DataFrame]:
    """The forecasts of each run on the stations and dates that all have, in one order.

    Raises:
        ConfigurationError: If the runs forecast different things, or no day is in all.
        CheckpointError: If a forecasts.csv cannot be read.
    """
    tables = [_read(folder / "forecasts.csv") for folder in folders]
    for folder, run, table in zip(folders, runs, tables, strict=True):
        if run["target"] != runs[0]["target"] or table.columns != tables[0].columns:
            raise ConfigurationError(
                f"{folders[0]} and {folder} forecast different things: {runs[0]['target']} "
                f"({_outputs(tables[0])}), and {run['target']} ({_outputs(table)})"
            )
    days = tables[0].select(_KEY)
    for folder, table in zip(folders[1:], tables[1:], strict=True):
        days = days.join(table, on=_KEY, how="semi")
        if days.is_empty():
            raise ConfigurationError(
                f"no test day of {folders[0]} is one of {folder}: "
                + ", and ".join(f"{one['station'][0]} {one['date'].min()} to {one['date'].max()}" for one in (tables[0], table))
            )
    tables = [table.join(days, on=_KEY, how="semi").sort(_KEY) for table in tables]
    truth = tables[0].select("^truth.*$")
    for folder, table in zip(folders, tables, strict=True):
        if not table.select("^truth.*$").equals(truth):
            raise ConfigurationError(f"{folders[0]} and {folder} do not agree on what the weather was: other data")
    return tables


def _read(file: Path) -> pl.DataFrame:
    try:
        table = pl.read_csv(file, try_parse_dates=True, schema_overrides={"station": pl.String})
        return table.select(pl.col("date").cast(pl.Date), pl.exclude("date"))
    except (OSError, pl.exceptions.PolarsError) as error:
        raise CheckpointError(f"cannot read {file}: {str(error).splitlines()[0]}") from None


def _outputs(table: pl.DataFrame) -> str:
    """What a run's columns give: its probabilities, or its values."""
    columns = [one for one in table.columns if one.startswith("p(")]
    return ", ".join(columns or [one for one in table.columns if one.startswith("prediction")])


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


def _rows(name: str, values: list[dict[str, Array]], draws: list[dict[str, Array]]) -> tuple[Array, Array]:
    """A score's value, low and high end [runs, 3], and the same of its difference from the first run's [runs, 3]."""
    each = [(value[name], *interval(draw[name])) for value, draw in zip(values, draws, strict=True)]
    less = [
        (value[name] - values[0][name], *interval(draw[name] - draws[0][name]))
        for value, draw in zip(values, draws, strict=True)
    ]
    return np.array(each), np.array(less)


def _labels(folders: list[Path], runs: list[dict[str, Any]]) -> list[str]:
    """What tells each run from the others: the settings that not all share; of equal ones the folders."""
    settings = differing(pl.Series([" ".join(run["overrides"]) for run in runs])).to_list()
    return settings if len(set(settings)) == len(runs) and all(settings) else [folder.name for folder in folders]


def _table(found: Mapping[str, tuple[Array, Array]], names: list[str], title: str) -> Table:
    table = Table(title=Text(title), title_justify="left", title_style="bold")
    for heading in ("", "run", "score", "95 %", f"less {names[0]}", "95 %", ""):
        table.add_column(heading, justify="right" if heading.startswith(("score", "95", "less")) else "left")
    for score, (each, less) in found.items():
        table.add_section()
        for k, name in enumerate(names):
            beside = ("", "", "") if k == 0 else (f"{less[k, 0]:+.3f}", _span(less[k], "+"), _verdict(score, less[k]))
            table.add_row(score if k == 0 else "", name, f"{each[k, 0]:.3f}", _span(each[k]), *beside)
    return table


def _span(row: Array, sign: str = "") -> str:
    return "–" if math.isnan(row[1]) else f"{row[1]:{sign}.3f} to {row[2]:{sign}.3f}"


def _verdict(score: str, difference: Array) -> str:
    """Whether a difference is one: nothing where 0 lies in its interval."""
    _, low, high = difference
    if score == "bias" or not (low > 0 or high < 0):
        return ""
    return "better" if (low > 0) == (score in _HIGHER_IS_BETTER) else "worse"


def _draw(file: Path, found: Mapping[str, tuple[Array, Array]], labels: list[str], title: str) -> None:
    from stratus.pictures import comparison  # noqa: PLC0415 - matplotlib only where a picture is asked for

    figure = comparison.draw(labels, found, title=title)
    try:
        figure.savefig(file)
    except (OSError, ValueError) as error:
        raise DataError(f"cannot write {file}: {error}") from None
    show(str(file))
