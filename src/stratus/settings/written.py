"""A mistake inside a file of the configuration, such as an experiment of one's own: in which file and line it is."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from stratus.settings.experiment import MAY_BE_NONE, PROJECT
from stratus.settings.names import GROUPS

# Hydra's words of an error that a file's content led to: the file's name, what is wrong, and with which setting.
COMPOSING = re.compile(r"In '([^']+)': \w+ raised while composing config: (.*?) full_key: ((?!object_type)\S+|)")
IN_FILE = re.compile(r"In '([^']+)': ")
HEADER, BOM = "# @package _global_", "\ufeff"


def file_of(name: str, arguments: Sequence[str]) -> Path | None:
    """The file of the configuration that has a name, as `task/binary`; None if there is none."""
    given = [Path(one.partition("=")[2]) for one in arguments if one.startswith("--config-dir=")]
    files = (folder / f"{name}.yaml" for folder in (*given, PROJECT / "conf"))
    return next((file for file in files if name != "config" and file.is_file()), None)


def not_utf8(arguments: Sequence[str]) -> str:
    """Which of the files that the command line's choices name is no text in UTF-8."""
    for group, _, names in (one.partition("=") for one in arguments):
        for name in names.strip("[]").split(",") if group in GROUPS else ():
            file = file_of(f"{group}/{name}", arguments)
            try:
                _ = file and file.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                return f"{file}"
    return "a file of --config-dir"


def place(name: str, word: str, arguments: Sequence[str]) -> str:
    """File and line at which a word stands in a file of the configuration, as a message begins; else nothing."""
    file = file_of(name, arguments)
    return _at(file, word) if file else ""


def _at(file: Path, word: str) -> str:
    lines = file.read_text(encoding="utf-8").splitlines()
    found = (at for at, line in enumerate(lines, 1) if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", line))
    return f"{file}, line {next(found, 1)}: "


def place_in_experiment(word: str, arguments: Sequence[str]) -> str:
    """The same, of the file of the experiment that was chosen, where the word is not of the command line itself."""
    chosen = next((one.partition("=")[2] for one in arguments if one.startswith("experiment=")), None)
    there = any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", one) for one in arguments)
    return place(f"experiment/{chosen}", word, arguments) if chosen and not there else ""


def misplaced(name: str, arguments: Sequence[str]) -> str | None:
    """What stands elsewhere than Hydra looks for it in an experiment or sweep that it did not take, if anything."""
    file = file_of(name, arguments) if name.startswith(tuple(f"{one}/" for one in MAY_BE_NONE)) else None
    content = file.read_text(encoding="utf-8") if file else HEADER
    if not content.startswith(BOM) and re.match(r"\s*#\s*@package ", content):
        return next(_misplaced(file, yaml.safe_load(content)), None) if file else None
    mend = f"begin with `{HEADER}`"
    return f"{file}, line 1: {mend}{', without the byte-order mark before it' if content.startswith(BOM) else ''}"


def _misplaced(file: Path, settings: object) -> Iterator[str]:
    """What is said of each name in a file that is not where, or not as, Hydra reads it."""
    settings = settings if isinstance(settings, dict) else {}
    for key, value in _items(settings.pop("defaults", None) or []):
        group = key.removeprefix("override ")
        if group in GROUPS or group.startswith("hydra/"):
            yield f"{_at(file, group)}write `override /{group}: {_plain(value)}`"
    for key, value in _items([settings]):
        if key in GROUPS and isinstance(value, str | list):
            yield f"{_at(file, key)}a choice is made under `defaults:`, as `- override /{key}: {_plain(value)}`"
    for key, value in _items([settings, *(one for name, one in settings.items() if name in GROUPS)]):
        if "." in key:
            nested = f"{key.replace('.', ': {')}: {_plain(value)}{'}' * key.count('.')}"
            yield f"{_at(file, key)}a name in a file has no dots: write `{nested}`"


def _items(nodes: Sequence[object]) -> Iterator[tuple[str, object]]:
    """Names and values of those that are dictionaries."""
    for node in nodes:
        if isinstance(node, dict):
            yield from ((str(name), value) for name, value in node.items())


def _plain(value: object) -> str:
    return str(value).replace("'", "")
