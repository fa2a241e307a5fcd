"""A project of one's own, outside the repository."""

import argparse
import os
import shutil
from pathlib import Path
from typing import Any

from stratus import files
from stratus.cli.parser import add
from stratus.errors import ConfigurationError
from stratus.runs.report import show

TEMPLATE = Path(__file__).parent / "project"


def add_commands(commands: Any) -> None:
    """Adds `new`."""
    about = "a small project of your own: an input, a data file, an experiment, and a test that runs it"
    parser = add(commands, "new", new, about)
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="the folder to make")


def new(options: argparse.Namespace) -> None:
    """Makes the folder and says what to do in it; raises ConfigurationError if there is anything in it."""
    folder = options.folder
    if os.path.lexists(folder) and not (folder.is_dir() and not any(folder.iterdir())):
        raise ConfigurationError(f"{folder} is there already: name a folder to make, or an empty one")
    try:
        for file in (one for one in TEMPLATE.rglob("*.*") if "__pycache__" not in one.parts):
            place = folder / file.relative_to(TEMPLATE)
            place.parent.mkdir(parents=True, exist_ok=True)
            files.copy(file, place)
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)  # half of it is of no use
        raise
    show(f"{folder / 'README.md'} tells what is in it; in {folder}: stratus train --config-dir conf experiment=mine")
