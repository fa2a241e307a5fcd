"""Gives train.py, or `stratus`, one command line after the other in this process, as if each had one of its own.

Importing is slow. Takes the command lines as its arguments, or as lines of standard input; one of `stratus` begins
with this word. Its first line says, as JSON, how each ended and whether torch was imported.
"""

import contextlib
import io
import json
import os
import runpy
import shlex
import sys
from pathlib import Path

import read_once
from hydra._internal.config_repository import ConfigRepository
from hydra.core.global_hydra import GlobalHydra

TRAIN = Path(__file__).parents[2] / "train.py"


def end(line):
    """None, an exit code, what standard error says beside exit code 1, or in a list an error that nobody caught."""
    GlobalHydra.instance().clear()
    os.environ.pop("HYDRA_FULL_ERROR", None)
    if begun := sys.modules.get("stratus.sweep.callback"):
        begun.SweepTable.begun = None
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said):
            _run(shlex.split(line))
    except SystemExit as stop:
        if stop.code not in (1, str(stop.code)):
            return stop.code
        return f"{said.getvalue()}{stop.code}".removesuffix("\n1")
    except BaseException as error:
        return [repr(error)]
    return None


def _run(words):
    if words[:1] == ["stratus"]:
        from stratus.cli import main  # noqa: PLC0415 - it imports what train.py does not

        sys.exit(main(words[1:]))
    sys.argv = ["train.py", *words]
    runpy.run_path(str(TRAIN), run_name="__main__")


if __name__ == "__main__":
    ConfigRepository.load_config = read_once.load_config
    ends = [end(line) for line in sys.argv[1:] or sys.stdin.read().splitlines()]
    print(json.dumps([ends, "torch" in sys.modules]))
