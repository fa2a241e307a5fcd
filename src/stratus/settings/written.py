"""A mistake inside a file of the configuration, such as an experiment of one's own: in which file and line it is."""

import re
from collections.abc import Sequence
from pathlib import Path

from stratus.settings.experiment import PROJECT

# Hydra's words of an error that a file's content led to: the file's name, what is wrong, and with which setting.
COMPOSING = re.compile(r"In '([^']+)': \w+ raised while composing config: (.*?) full_key: ((?!object_type)\S+|)")


def place(name: str, word: str, arguments: Sequence[str]) -> str:
    """File and line at which a word stands in a file of the configuration, as a message begins; else nothing."""
    given = [Path(one.partition("=")[2]) for one in arguments if one.startswith("--config-dir=")]
    for folder in (*given, PROJECT / "conf"):
        file = folder / f"{name}.yaml"
        if name != "config" and file.is_file():
            lines = file.read_text(encoding="utf-8").splitlines()
            found = (at for at, line in enumerate(lines, 1) if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", line))
            return f"{file}, line {next(found, 1)}: "
    return ""


def place_in_experiment(word: str, arguments: Sequence[str]) -> str:
    """The same, of the file of the experiment that was chosen, where the word is not of the command line itself."""
    chosen = next((one.partition("=")[2] for one in arguments if one.startswith("experiment=")), None)
    there = any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", one) for one in arguments)
    return place(f"experiment/{chosen}", word, arguments) if chosen and not there else ""
