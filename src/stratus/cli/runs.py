"""A finished run asked again: scores, forecasts, its model. What needs torch is imported once it is needed."""

import argparse
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stratus import files
from stratus.cli.parser import add, output
from stratus.data.features.user import read as run_file
from stratus.errors import counted, legible
from stratus.runs import received, record
from stratus.runs.report import classes, inputs, listing, scoreboard, show

if TYPE_CHECKING:
    from stratus.runs.kept import Kept


def add_commands(commands: Any) -> None:
    """Adds `evaluate`, `explain`, `forecast` and `export`."""
    about = "scores of a run's kept weights and of its references on its test days, or on another table's later days"
    scoring = add(commands, "evaluate", evaluate, about)
    first = "the first day to score (YYYY-MM-DD); the run's first test day where not given"
    scoring.add_argument("--from", metavar="DAY", type=_day, dest="since", help=first)
    last = "the last day to score; the run's last test day where not given, the table's with --from or --observations"
    scoring.add_argument("--until", metavar="DAY", type=_day, help=last)
    about = "which inputs matter to a run: the skill lost without each group of them, and the largest weights"
    telling = add(commands, "explain", explain, about)
    telling.add_argument("--csv", metavar="FILE", type=output, help="write all weights here too")
    telling.set_defaults(observations=None)
    asking = add(commands, "forecast", forecast, "forecasts for the days after a table's end, or for one day")
    asking.add_argument("--date", metavar="DAY", type=_day, help="this day (YYYY-MM-DD) alone")
    asking.add_argument("--csv", metavar="FILE", type=output, help="write here, or to standard output (-), no table")
    about = "a run's model as one file for other programs, tried on its test days: inputs in their units to forecast"
    giving = add(commands, "export", export, about)
    named = "the file to write, model.onnx or model.safetensors"
    giving.add_argument("--to", metavar="FILE", type=output, required=True, help=named)
    other = "a table in the columns of data/README.md; the run's own where not given"
    for one in (scoring, asking, giving):
        one.add_argument("--observations", metavar="FILE", type=Path, help=other)
    for one in (scoring, telling, asking, giving):
        one.add_argument("run", metavar="RUN", type=Path, help="folder of a finished run: outputs/…")
        where = "fetch the run's stations from where its record says, not only from NOAA"
        one.add_argument("--fetch", action="store_true", help=where)
        mine = "run this file, from which the run has inputs: the one of its features.own, by its checksum"
        one.add_argument("--features", metavar="FILE", help=mine)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a day as YYYY-MM-DD") from None


def _kept(options: argparse.Namespace) -> "Kept":
    """What is asked about; bad data are told before torch is imported."""
    run = record.read(options.run)
    if options.features:
        run_file(options.features)
    asked = received.asked(options.run, run, options.observations, fetch=options.fetch)
    if asked.changed and run.data:
        show(f"note: the data have changed since the run ({run.data.file})")
    from stratus.runs.kept import Kept  # noqa: PLC0415

    return Kept.load(options.run, run, asked)


def evaluate(options: argparse.Namespace) -> None:
    """Prints the scores of a run's kept weights beside its references', on days after its training or those asked."""
    kept = _kept(options)
    from stratus.runs import evaluation  # noqa: PLC0415

    found = evaluation.evaluate(kept, options.since, options.until)
    table, kind = scoreboard(found.rows, found.days), record.DIAGNOSIS if kept.run.diagnosis else None
    show(table, classes(found.rows["model"]), kind, found.verdict, found.unlearnt, found.references)


def explain(options: argparse.Namespace) -> None:
    """Prints which inputs matter to a run's exact optimum; writes all of its weights if asked."""
    kept = _kept(options)
    from stratus.runs import explanation  # noqa: PLC0415
    from stratus.runs.explained import explained  # noqa: PLC0415

    found, task = explained(kept), kept.checkpoint.task
    if options.csv:
        _write(options.csv, explanation.csv(found, task))
    show(*inputs(explanation.recorded(found, task)))


def forecast(options: argparse.Namespace) -> None:
    """Prints or writes forecasts: for the days after the table's end that its last days reach, or for one day."""
    kept = _kept(options)
    from stratus.runs import forecast as of_run  # noqa: PLC0415

    found, said, cautions = of_run.forecast(kept, options.date)
    if options.csv:
        _write(options.csv, files.without_formulas(found).write_csv(float_precision=6).encode())
        for line in cautions:
            print(legible(line), file=sys.stderr)
    else:
        show(listing(of_run.tall(found)), *said, *cautions)


def export(options: argparse.Namespace) -> None:
    """Writes a run's model as one file, and says how near its forecasts are to the run's."""
    kept = _kept(options)
    from stratus.runs import export as of_run  # noqa: PLC0415

    days, furthest = of_run.export(kept, options.to)
    show(f"{options.to}: on {counted(days, 'test day')} its forecasts are the run's to {furthest:.1g}")


def _write(file: Path, content: bytes) -> None:
    if file == Path("-"):
        plain = legible(content.decode(), keep="\n").encode() if sys.stdout.isatty() else content
        sys.stdout.buffer.write(plain)
        sys.stdout.buffer.flush()
        return
    own = file.is_symlink() or (file.exists() and not file.is_file())  # as /dev/stdout
    (Path.write_bytes if own else files.replace)(file, content)
