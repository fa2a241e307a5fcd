"""Finished runs side by side, on the test days that all of them forecast."""

import argparse
import math
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from stratus import files
from stratus.cli.parser import add, output
from stratus.data.samples import Array
from stratus.data.targets import Continuous
from stratus.errors import ConfigurationError, DataError, counted
from stratus.runs import comparison
from stratus.runs.comparison import Comparison
from stratus.runs.record import differing, read
from stratus.runs.report import show
from stratus.scores.names import higher_is_better

_SHOWN = ("accuracy", "mae", "rmse", "bias", "log_loss", "brier", "heidke", "peirce")
_DRAWN = ("mae", "rmse", "log_loss", "brier", "accuracy")


def add_commands(commands: Any) -> None:
    """Adds `compare`."""
    about = "scores of finished runs on the test days they share, and their differences from the first, with intervals"
    parser = add(commands, "compare", compare, about)
    parser.add_argument("runs", metavar="RUN", nargs="+", type=Path, help="folders of finished runs: outputs/…")
    drawn = "draw them too, into FILE.png (or .pdf, .svg); else no file"
    parser.add_argument("--picture", metavar="FILE", type=output, help=drawn)


def compare(options: argparse.Namespace) -> None:
    """Prints each run's scores and its differences from the first run, with 95 % intervals; draws them if asked."""
    if len(options.runs) < 2:
        raise ConfigurationError("compare needs two runs or more: stratus compare RUN RUN")
    there = [folder.resolve() for folder in options.runs]
    if twice := [f"{folder}" for k, folder in enumerate(options.runs) if there[k] in there[:k]]:
        raise ConfigurationError(f"{twice[0]} is given twice, and a run does not differ from itself: leave one out")
    runs, others = _finished(options.runs)
    found = comparison.compare(runs)
    places = " + ".join(found.stations) if len(found.stations) <= 10 else f"{len(found.stations)} stations"
    days = f"{counted(len(found.days), 'test day')} that all have, {found.days[0]} to {found.days[-1]}"
    title = f"{found.records[0].task}, {places}: {days}"
    labels = [f"#{k} {label}" for k, label in enumerate(_labels(runs, found), start=1)]
    values = isinstance(found.target, Continuous)
    within = f"; accuracy: within {found.records[0].tolerance:g} {found.target.unit}" if values else ""
    show(
        _table(found, title),
        Text("\n".join(f"{label}  ({folder})" for label, folder in zip(labels, runs, strict=True))),
        f"intervals: 95 %, from resampled blocks of {found.block} days; a difference is of the same days" + within,
        *([f"left out, since they did not finish: {', '.join(map(str, others))}"] if others else []),
    )
    if options.picture:
        _draw(options.picture, found, labels, title)


def _finished(folders: list[Path]) -> tuple[list[Path], list[Path]]:
    """The runs that finished and the others: `outputs/binary/*` names those too that were refused or stopped.

    Where fewer than two finished, all are to be compared, which says of one why it cannot be.
    """
    finished = [folder for folder in folders if read(folder).status == "finished"]
    return (finished, [one for one in folders if one not in finished]) if len(finished) > 1 else (folders, [])


def _labels(folders: list[Path], found: Comparison) -> list[str]:
    """What tells each run from the others: the settings that not all share; the folders if that says nothing."""
    settings = [" ".join(words.values()) for words in differing(found.records)]
    return [one or "defaults" for one in settings] if len(set(settings)) == len(folders) else [f.name for f in folders]


def _table(found: Comparison, title: str) -> Table:
    table = Table(title=Text(title), title_justify="left", title_style="bold")
    for heading in ("", "run", "score", "95 %", "less #1", "95 %", "than #1"):
        table.add_column(heading, justify="left" if heading in ("", "run", "than #1") else "right")
    for score in (one for one in _SHOWN if one in found.values):
        table.add_section()
        rows = zip(found.values[score], found.differences[score], strict=True)
        for k, (value, less) in enumerate(rows, start=1):
            cells = _cells(value, "+" if score == "bias" else "")
            if k > 1:
                cells += [*_cells(less, "+"), _verdict(score, less)]
            table.add_row("" if k > 1 else score.replace("_", " "), f"#{k}", *cells)
    return table


def _cells(row: Array, sign: str) -> list[str]:
    """A value and the ends of its interval; a dash for what is not known."""
    value, low, high = (f"{one:{sign}.3f}" for one in row)
    return ["–" if math.isnan(row[0]) else value, "–" if math.isnan(row[1]) else f"{low} to {high}"]


def _verdict(score: str, difference: Array) -> str:
    """Whether a run is better or worse than the first; a dash where 0 lies in the interval of the difference."""
    _, low, high = difference
    if higher_is_better(score) is None or not (low > 0 or high < 0):
        return "–"
    return "better" if (low > 0) == higher_is_better(score) else "worse"


def _draw(file: Path, found: Comparison, labels: list[str], title: str) -> None:
    from stratus.pictures import comparison as picture  # noqa: PLC0415 - matplotlib only where a picture is asked for
    from stratus.pictures.canvas import literal, named  # noqa: PLC0415

    units = dict.fromkeys(("mae", "rmse"), found.target.unit)
    drawn = {one: named(one.replace("_", " "), units.get(one, "1")) for one in _DRAWN if one in found.values}
    panels = {name: (found.values[one], found.differences[one]) for one, name in drawn.items()}
    figure = picture.draw(labels, panels, title=f"{title}, 95 % intervals")
    try:
        with files.replacing(file) as beside:
            literal(figure).savefig(beside)
    except ValueError as error:  # of a format that there is not
        raise DataError(f"cannot write {file}: {error}") from None
    show(str(file))
