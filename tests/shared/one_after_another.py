"""Gives train.py one command line after the other in this process, as if each had one of its own: importing is slow.

Takes the command lines as its arguments. Its first line says, as JSON, how each ended and whether torch was imported.
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
    """None, an exit code, the text that is said for exit code 1, or in a list an error that nobody caught."""
    GlobalHydra.instance().clear()
    os.environ.pop("HYDRA_FULL_ERROR", None)
    sys.argv = ["train.py", *shlex.split(line)]
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            runpy.run_path(str(TRAIN), run_name="__main__")
    except SystemExit as stop:
        return stop.code
    except BaseException as error:
        return [repr(error)]
    return None


if __name__ == "__main__":
    ConfigRepository.load_config = read_once.load_config
    ends = [end(line) for line in sys.argv[1:]]
    print(json.dumps([ends, "torch" in sys.modules]))
