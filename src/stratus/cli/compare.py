"""Finished runs side by side, on the test days that all of them forecast."""

import argparse
import math
from pathlib import Path
from typing import Any

import polars as pl
from rich.table import Table
from rich.text import Text

from stratus.data.samples import Array
from stratus.data.targets import Continuous
from stratus.errors import ConfigurationError, DataError
from stratus.runs import comparison
from stratus.runs.comparison import Comparison
from stratus.runs.report import show
from stratus.scores.names import higher_is_better
from stratus.sweep.table import differing

_SHOWN = ("accuracy", "mae", "rmse", "bias", "log_loss", "brier", "heidke", "peirce")
_DRAWN_OF_VALUES = ("mae", "rmse", "accuracy")
_DRAWN_OF_PROBABILITIES = ("log_loss", "brier", "accuracy")


def add_commands(commands: Any) -> None:
    """Adds `compare`."""
    about = "scores of finished runs on the test days they share, and their differences from the first, with intervals"
    comparing = commands.add_parser("compare", help=about, description=about)
    comparing.set_defaults(command=compare)
    comparing.add_argument("runs", metavar="RUN", nargs="+", type=Path, help="folders of finished runs: outputs/…")
    comparing.add_argument(
        "--picture", metavar="FILE", type=Path, help="draw them too, into FILE.png (or .pdf, .svg); else no file"
    )


def compare(options: argparse.Namespace) -> None:
    """Prints each run's scores and its differences from the first run, with 95 % intervals; draws them if asked."""
    if len(options.runs) < 2:
        raise ConfigurationError("compare needs two runs or more: stratus compare RUN RUN")
    found = comparison.compare(options.runs)
    names = [f"#{k}" for k in range(1, len(options.runs) + 1)]
    labels = [f"{name} {label}" for name, label in zip(names, _labels(options.runs, found), strict=True)]
    title = f"{found.records[0].task}, {_days(found)}"
    values = isinstance(found.target, Continuous)
    within = f"; accuracy: within {found.records[0].tolerance:g} {found.target.unit}" if values else ""
    show(
        _table(found, names, title),
        Text("\n".join(f"{label}  ({folder})" for label, folder in zip(labels, options.runs, strict=True))),
        "intervals: 95 %, from resampled weeks of days; a difference is of the same days" + within,
    )
    if options.picture:
        _draw(options.picture, found, labels, title)


def _days(found: Comparison) -> str:
    places = " + ".join(found.stations) if len(found.stations) <= 10 else f"{len(found.stations)} stations"
    return f"{places}: {len(found.days)} test days that all have, {found.days[0]} to {found.days[-1]}"


def _labels(folders: list[Path], found: Comparison) -> list[str]:
    """What tells each run from the others: the settings that not all share; the folders where that says nothing."""
    settings = differing(pl.Series([" ".join(run.overrides) for run in found.records])).to_list()
    return [one or "defaults" for one in settings] if len(set(settings)) == len(folders) else [f.name for f in folders]


def _table(found: Comparison, names: list[str], title: str) -> Table:
    table = Table(title=Text(title), title_justify="left", title_style="bold")
    for heading in ("", "run", "score", "95 %", f"less {names[0]}", "95 %", ""):
        table.add_column(heading, justify="left" if heading in ("", "run") else "right")
    for score in (one for one in _SHOWN if one in found.values):
        table.add_section()
        rows = zip(names, found.values[score], found.differences[score], strict=True)
        for k, (name, value, less) in enumerate(rows):
            sign = "+" if score == "bias" else ""
            beside = (_figure(less[0], "+"), _span(less, "+"), _verdict(score, less)) if k else ()
            table.add_row(
                "" if k else score.replace("_", " "), name, _figure(value[0], sign), _span(value, sign), *beside
            )
    return table


def _figure(value: float, sign: str) -> str:
    return "–" if math.isnan(value) else f"{value:{sign}.3f}"


def _span(row: Array, sign: str) -> str:
    return "–" if math.isnan(row[1]) else f"{row[1]:{sign}.3f} to {row[2]:{sign}.3f}"


def _verdict(score: str, difference: Array) -> str:
    """Whether a difference is one: nothing where 0 lies in its interval."""
    _, low, high = difference
    if higher_is_better(score) is None or not (low > 0 or high < 0):
        return ""
    return "better" if (low > 0) == higher_is_better(score) else "worse"


def _draw(file: Path, found: Comparison, labels: list[str], title: str) -> None:
    from stratus.pictures import comparison as picture  # noqa: PLC0415 - matplotlib only where a picture is asked for
    from stratus.pictures.canvas import named  # noqa: PLC0415

    drawn = _DRAWN_OF_VALUES if isinstance(found.target, Continuous) else _DRAWN_OF_PROBABILITIES
    units = {"mae": found.target.unit, "rmse": found.target.unit}
    panels = {
        named(one.replace("_", " "), units.get(one, "1")): (found.values[one], found.differences[one]) for one in drawn
    }
    figure = picture.draw(labels, panels, title=f"{title}, 95 % intervals")
    try:
        figure.savefig(file)
    except (OSError, ValueError) as error:
        raise DataError(f"cannot write {file}: {error}") from None
    show(str(file))
