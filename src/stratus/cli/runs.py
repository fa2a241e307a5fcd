"""Scores of a finished run again, and forecasts from it. What needs torch is imported once it is known to be needed."""

import argparse
import math
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import polars.selectors as cs

from stratus import files
from stratus.cli.parser import add
from stratus.data.daily_table import extend, read_csv, select
from stratus.data.observations import InMemory, Observations
from stratus.errors import DataError
from stratus.runs import received, record
from stratus.runs.record import RunRecord, Scores
from stratus.runs.report import classes, listing, scoreboard, show
from stratus.scores.skill import skill
from stratus.settings.data import source_from_record

KEPT = Path("checkpoints", "best.ckpt")


def add_commands(commands: Any) -> None:
    """Adds `evaluate` and `forecast`."""
    about = "scores of a run's kept weights on its test days, or on another table"
    scoring = add(commands, "evaluate", evaluate, about)
    asking = add(commands, "forecast", forecast, "forecasts for the days after a table's end, or for one day")
    asking.add_argument("--date", metavar="DAY", type=_day, help="this day (YYYY-MM-DD) alone")
    asking.add_argument("--csv", metavar="FILE", type=Path, help="write here, not to the terminal")
    other = "a table in the columns of data/README.md; the run's own where not given"
    for one in (scoring, asking):
        one.add_argument("run", metavar="RUN", type=Path, help="folder of a finished run: outputs/…")
        one.add_argument("--observations", metavar="FILE", type=Path, help=other)
        where = "fetch the run's stations from where its record says, not only from NOAA"
        one.add_argument("--fetch", action="store_true", help=where)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a day as YYYY-MM-DD") from None


def _observations(options: argparse.Namespace, run: RunRecord) -> Observations:
    """Another table where one is given, else the run's own data."""
    data, other = run.data, options.observations
    if other:
        table = read_csv(other)
        here = set(table["station"].unique().to_list())
        stations = [name for name in (data.stations if data else []) if name in here]
        # Another file may hold one station under a name of its own.
        return InMemory(select(table, stations, str(other)) if stations else table)
    if not data:
        raise DataError(f"{options.run} did not get as far as its data: give a table with --observations")
    loaded = received.load(data, fetch=options.fetch)
    if loaded.provenance.sha256 != data.sha256:
        show(f"note: the data have changed since the run ({data.file})")
    return loaded.observations


def evaluate(options: argparse.Namespace) -> None:
    """Prints the scores of a run's kept weights: on its own test days, or on all complete days of another table."""
    run = record.read(options.run)
    observations = _observations(options, run)
    from stratus.training.checkpoints import load  # noqa: PLC0415
    from stratus.verification.model import Model  # noqa: PLC0415
    from stratus.verification.verify import Tally  # noqa: PLC0415

    checkpoint, dates = load(options.run / KEPT), []
    model, tally = Model.of(checkpoint.task, checkpoint.recipe.target), Tally(checkpoint.task)
    own = run.data if not options.observations else None
    for table in observations.parts():
        samples = checkpoint.samples(table, observations.classes)
        samples = samples.where(samples.known)
        if own:
            borders = source_from_record(own.source).borders
            samples = samples.since(borders.test_from).until(borders.until)
        for days in samples.chunks():
            tally.update(model.forecasts(days))
            dates += [days.dates.min(), days.dates.max()]
    if not dates:
        raise DataError(f"{own.file if own else options.observations} has no day with all inputs and the truth")
    scores: dict[str, float | None] = {name: float(one[0]) for name, one in tally.compute().items()}
    rows: dict[str, Scores] = {"model": scores}
    if own:
        for name, given in run.references.items():
            rows[name] = {tag.removeprefix("test/"): one for tag, one in given.items() if tag.startswith("test/")}
        with np.errstate(all="ignore"):  # of references that a stranger recorded: 0, or beyond all bounds
            scores["skill"] = skill(_ruler(scores), _ruler(rows.get("climatology", {})))
    show(scoreboard(rows, f"{tally.days} days, {min(dates)} to {max(dates)}"), classes(scores))


def _ruler(scores: Scores) -> np.float64:
    """The score that skill is measured by: the Brier score, or the mean squared error."""
    brier, rmse = scores.get("brier"), scores.get("rmse")
    return np.float64(brier) if brier is not None else np.float64(math.nan if rmse is None else rmse) ** 2


def forecast(options: argparse.Namespace) -> None:
    """Prints or writes forecasts: for the days after the table's end that its last days reach, or for one day."""
    observations = _observations(options, record.read(options.run))
    from stratus.training.checkpoints import load  # noqa: PLC0415
    from stratus.verification.model import Model  # noqa: PLC0415

    checkpoint = load(options.run / KEPT)
    model, lead = Model.of(checkpoint.task, checkpoint.recipe.target), checkpoint.recipe.lead_days
    last = observations.last_day
    days = [options.date] if options.date else [last + timedelta(days=k) for k in range(1, max(lead, 1) + 1)]
    tables = []
    for table in observations.parts():
        samples = checkpoint.samples(extend(table, max(days)))
        asked = samples.where(np.isin(samples.dates, np.array(days, "datetime64[D]")))
        tables.append(model.forecasts(asked).table())
    found = pl.concat(tables).drop(cs.starts_with("truth"))
    if found.is_empty():
        why = (
            "at features.lead_days=0 the model is a diagnosis and asks for the day's own weather; train one with "
            "features.lead_days=1, or give a table that holds the day with --observations and --date"
            if lead == 0
            else f"one of its inputs ({', '.join(checkpoint.inputs)}) is not in the table, which ends on {last}"
        )
        raise DataError(f"no forecast for {days[0]}: {why}")
    if options.csv:
        content = files.without_formulas(found).write_csv(float_precision=6).encode()
        own = options.csv.is_symlink() or (options.csv.exists() and not options.csv.is_file())  # as /dev/stdout
        (Path.write_bytes if own else files.replace)(options.csv, content)
    else:
        show(listing(found))
