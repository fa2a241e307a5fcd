"""A sweep's table once more, from its jobs' records."""

import argparse
from pathlib import Path
from typing import Any

from stratus.cli.parser import add
from stratus.errors import DataError
from stratus.runs.record import FILE
from stratus.sweep import table


def add_commands(commands: Any) -> None:
    """Adds `summary`."""
    about = "a sweep's table, summary.csv and pictures once more, from its jobs' records: for one that was killed"
    parser = add(commands, "summary", summary, about)
    parser.add_argument("sweep", metavar="SWEEP", type=Path, help="folder of a sweep: outputs/sweeps/…")


def summary(options: argparse.Namespace) -> None:
    """Writes and shows what a sweep's end writes and shows."""
    if (options.sweep / FILE).exists():
        raise DataError(f"{options.sweep} is a run, not a sweep: expected a folder as outputs/sweeps/…")
    if not table.finish(options.sweep):
        raise DataError(f"{options.sweep} holds no job of a sweep: expected a folder as outputs/sweeps/…")
