"""The walk through the lecture, written from the runs of its lessons."""

import argparse
from pathlib import Path
from typing import Any

from stratus.cli.parser import add
from stratus.errors import counted
from stratus.lecture import NAMES, walk
from stratus.runs.report import show


def add_commands(commands: Any) -> None:
    """Adds `lecture`."""
    about = "one page of the runs of experiment=lecture/…, with their pictures and cards, in the lecture's order"
    parser = add(commands, "lecture", write, about)
    parser.add_argument("runs", metavar="RUN", nargs="+", type=Path, help="folders of finished runs, or of sweeps")
    where = "where lecture.md goes, and lecture/ with its pictures"
    parser.add_argument("--to", metavar="DIR", type=Path, required=True, help=where)


def write(options: argparse.Namespace) -> None:
    """Writes the page and its pictures; prints where, how large they are, and which lessons are not among the runs."""
    runs = walk.lessons(options.runs)
    page, *pictures = walk.write(runs, options.to)
    missing = [name for name in NAMES if name not in runs]
    size = sum(file.stat().st_size for file in pictures)
    show(
        f"{counted(len(runs), 'lesson')}, {counted(len(pictures), 'picture')}, {size / 2**20:.1f} MiB",
        f"without {', '.join(missing)}" if missing else None,
        str(page),
    )
