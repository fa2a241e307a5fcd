"""Scores of a finished run again, and forecasts from it."""

import argparse
import gc
import math
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from stratus.data.observations import InMemory, Observations
from stratus.data.table import extend, read_csv, select
from stratus.errors import DataError
from stratus.runs import record
from stratus.runs.report import classes, listing, scoreboard, show
from stratus.scores.skill import skill
from stratus.settings.data import source_from_record

if TYPE_CHECKING:
    from stratus.runs.record import DataRecord, Scores
    from stratus.training.checkpoints import Checkpoint


def add_commands(commands: Any) -> None:
    """Adds `evaluate` and `forecast`."""
    about = "scores of a run's kept weights on its test days, or on another table"
    evaluation = commands.add_parser("evaluate", help=about, description=about)
    evaluation.set_defaults(command=evaluate)
    about = "forecasts for the days after a table's end, or for one day"
    forecasting = commands.add_parser("forecast", help=about, description=about)
    forecasting.set_defaults(command=forecast)
    forecasting.add_argument("--date", metavar="DAY", type=_day, help="this day (YYYY-MM-DD) alone")
    forecasting.add_argument("--csv", metavar="FILE", type=Path, help="write here, not to the terminal")
    other = "a table in the columns of data/README.md; the run's own where not given"
    for one in (evaluation, forecasting):
        one.add_argument("run", metavar="RUN", type=Path, help="folder of a finished run: outputs/…")
        one.add_argument("--observations", metavar="FILE", type=Path, help=other)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a day as YYYY-MM-DD") from None


def _checkpoint(run: Path) -> "Checkpoint":
    """Imports what computes only once it is needed, so that --help and wrong words are answered at once."""
    gc.disable()
    from stratus.training.checkpoints import load  # noqa: PLC0415

    gc.enable()
    return load(run / "checkpoints" / "best.ckpt")


def _observations(run: Path, other: Path | None) -> tuple[Observations, "DataRecord | None"]:
    """The observations asked for, and what the run's record says of its data."""
    data = record.read(run).data
    if other is None:
        if not data:
            raise DataError(f"{run} did not get as far as its data: give a table with --observations")
        loaded = source_from_record(data.source).load()
        if loaded.provenance.sha256 != data.sha256:
            show(f"note: the data have changed since the run ({data.file})")
        return loaded.observations, data
    whole = read_csv(other)
    here = set(whole["station"].unique().to_list())
    stations = [name for name in (data.stations if data else []) if name in here]
    # Another file may hold one station under a name of its own.
    return InMemory(select(whole, stations, str(other)) if stations else whole), data


def evaluate(options: argparse.Namespace) -> None:
    """Prints the scores of a run's kept weights: on its own test days, or on all complete days of another table."""
    observations, data = _observations(options.run, options.observations)
    checkpoint = _checkpoint(options.run)
    from stratus.verification.model import Model  # noqa: PLC0415
    from stratus.verification.verify import Tally  # noqa: PLC0415

    model, tally, dates = Model.of(checkpoint.task, checkpoint.recipe.target), Tally(checkpoint.task), []
    for table in observations.parts():
        samples = checkpoint.samples(table)
        samples = samples.where(samples.known)
        if options.observations is None and data:
            first, last = (data.source[name] for name in ("test_from", "until"))
            samples = samples.since(date.fromisoformat(first)).until(last and date.fromisoformat(last))
        for days in samples.chunks():
            tally.update(model.forecasts(days))
            dates += [days.dates.min(), days.dates.max()]
    if not dates:
        raise DataError(f"{options.observations or (data and data.file)} has no day with all inputs and the truth")
    row: dict[str, float | None] = {name: float(one[0]) for name, one in tally.compute().items()}
    rows: dict[str, Scores] = {"model": row}
    if options.observations is None:
        rows |= {name: _test_scores(scores) for name, scores in record.read(options.run).references.items()}
        row["skill"] = skill(_ruler(row), _ruler(rows["climatology"]))
    show(scoreboard(rows, f"{tally.days} days, {min(dates)} to {max(dates)}"), classes(row))


def _ruler(row: "Scores") -> float:
    """The score that skill is measured by: the Brier score, or the mean squared error."""
    brier, rmse = row.get("brier"), row.get("rmse")
    return brier if brier is not None else (rmse or math.nan) ** 2


def _test_scores(flat: "Scores") -> "Scores":
    return {name.removeprefix("test/"): value for name, value in flat.items() if name.startswith("test/")}


def forecast(options: argparse.Namespace) -> None:
    """Prints or writes forecasts: for the days after the table's end that its last days reach, or for one day."""
    observations, _ = _observations(options.run, options.observations)
    checkpoint = _checkpoint(options.run)
    from stratus.verification.model import Model  # noqa: PLC0415

    model = Model.of(checkpoint.task, checkpoint.recipe.target)
    last = observations.last_day
    lead = checkpoint.recipe.lead_days
    days = [options.date] if options.date else [last + timedelta(days=k) for k in range(1, max(lead, 1) + 1)]
    chosen = pl.concat(
        model.forecasts(samples.where(np.isin(samples.dates, np.array(days, "datetime64[D]")))).table()
        for samples in (checkpoint.samples(extend(table, max(days))) for table in observations.parts())
    ).drop("truth", "^truth .*$")
    if chosen.is_empty():
        why = (
            "at features.lead_days=0 the model is a diagnosis and asks for the day's own weather; train one with "
            "features.lead_days=1, or give a table that holds the day with --observations and --date"
            if lead == 0
            else f"one of its inputs ({', '.join(checkpoint.inputs)}) is not in the table, which ends on {last}"
        )
        raise DataError(f"no forecast for {days[0]}: {why}")
    if options.csv:
        try:
            chosen.write_csv(options.csv, float_precision=6)
        except OSError as error:
            raise DataError(f"cannot write {options.csv}: {error}") from None
        return
    show(listing(chosen))
