"""The command `stratus`: scores of a finished run again, and forecasts from it."""

import argparse
import gc
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from stratus import observations, record, sources
from stratus.errors import DataError, StratusError
from stratus.report import scoreboard, show

if TYPE_CHECKING:
    from stratus.forecast import Forecaster


def main(arguments: list[str] | None = None) -> int:
    """Runs the command line; returns the exit code, 1 for an error, whose message is one line."""
    options = _parser().parse_args(arguments)
    try:
        options.command(options)
    except StratusError as error:
        print(f"stratus: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="stratus", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    evaluate_help = "scores of a run's kept weights on its test days, or on another table"
    evaluate_parser = commands.add_parser("evaluate", help=evaluate_help, description=evaluate_help)
    evaluate_parser.set_defaults(command=evaluate)
    forecast_help = "forecasts for the days after a table's end, or for one day"
    forecast_parser = commands.add_parser("forecast", help=forecast_help, description=forecast_help)
    forecast_parser.set_defaults(command=forecast)
    forecast_parser.add_argument("--date", metavar="DAY", type=date.fromisoformat, help="this day (YYYY-MM-DD) alone")
    forecast_parser.add_argument(
        "--csv", metavar="FILE", type=Path, help="write the forecasts here, not to the terminal"
    )
    for one in (evaluate_parser, forecast_parser):
        one.add_argument("run", metavar="RUN", type=Path, help="folder of a finished run: outputs/…")
        one.add_argument(
            "--observations",
            metavar="FILE",
            type=Path,
            help="a table in the columns of data/README.md; the run's own where not given",
        )
    return parser


def _forecaster(run: Path) -> "Forecaster":
    """Imports what computes only once it is needed, so that --help and wrong words are answered at once."""
    gc.disable()
    from stratus.forecast import load  # noqa: PLC0415

    gc.enable()
    return load(run / "checkpoints" / "best.ckpt")


def _table(run: Path, other: Path | None) -> tuple[pl.DataFrame, dict[str, Any]]:
    """The observations asked for, and what the run's record says of its data."""
    facts = record.read(run).get("data", {})
    if other is None:
        if not facts:
            raise DataError(f"{run} did not get as far as its data: give a table with --observations")
        table, now = sources.again(facts)
        if now["sha256"] != facts["sha256"]:
            show(f"note: the data have changed since the run ({facts['file']})")
        return table, facts
    table = observations.read_csv(other)
    here = set(table["station"].unique().to_list())
    stations = [name for name in facts.get("stations", []) if name in here]
    # Another file may hold one station under a name of its own.
    return (observations.select(table, stations, str(other)) if stations else table), facts


def evaluate(options: argparse.Namespace) -> None:
    """Prints the scores of a run's kept weights: on its own test days, or on all complete days of another table."""
    from stratus.forecast import scores  # noqa: PLC0415

    table, facts = _table(options.run, options.observations)
    forecaster = _forecaster(options.run)
    samples = forecaster.samples(table)
    samples = samples.where(samples.known)
    if options.observations is None:
        first, last = (facts["source"][name] for name in ("test_from", "until"))
        samples = samples.since(date.fromisoformat(first)).until(last and date.fromisoformat(last))
    if len(samples) == 0:
        raise DataError(f"{options.observations or facts.get('file')} has no day with all inputs and the truth")
    row = scores(forecaster.task, samples)
    title = f"{len(samples)} days, {samples.dates.min()} to {samples.dates.max()}"
    show(scoreboard({"model": row}, title))


def forecast(options: argparse.Namespace) -> None:
    """Prints or writes forecasts: for the days after the table's end that its last days reach, or for one day."""
    table, _ = _table(options.run, options.observations)
    forecaster = _forecaster(options.run)
    last = table["date"].max()
    assert isinstance(last, date)
    lead = forecaster.recipe.lead_days
    days = [options.date] if options.date else [last + timedelta(days=k) for k in range(1, max(lead, 1) + 1)]
    every = forecaster.samples(observations.extend(table, max(days)))
    chosen = forecaster.forecast(every).filter(pl.col("date").is_in(days)).drop("truth", "^truth .*$")
    if chosen.is_empty():
        why = (
            "at features.lead_days=0 the model is a diagnosis and asks for the day's own weather; train one with "
            "features.lead_days=1, or give a table that holds the day with --observations and --date"
            if lead == 0
            else f"one of its inputs ({', '.join(forecaster.inputs)}) is not in the table, which ends on {last}"
        )
        raise DataError(f"no forecast for {days[0]}: {why}")
    if options.csv:
        chosen.write_csv(options.csv, float_precision=6)
        return
    show(_drawn(chosen))


def _drawn(forecasts: pl.DataFrame) -> object:
    from rich.table import Table  # noqa: PLC0415

    drawn = Table()
    for name in forecasts.columns:
        drawn.add_column(name)
    for row in forecasts.iter_rows():
        drawn.add_row(*(f"{value:.3g}" if isinstance(value, float) else str(value) for value in row))
    return drawn
