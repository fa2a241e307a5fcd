"""What is typed ─► what Hydra reads: flags in any order, files by their names, features joined by +."""

import os
import re
from collections.abc import Sequence

from stratus.errors import ConfigurationError, quoted
from stratus.settings.experiment import PROJECT

ALONE = ("--help", "--hydra-help", "--version", "--resolve", "--run", "--multirun", "--shell-completion")
WITH_VALUE = ("--cfg", "--package", "--config-path", "--config-name", "--config-dir", "--experimental-rerun")
INFO = "--info"  # whose value may be left out
SHORT = {
    "-h": "--help",
    "-r": "--run",
    "-m": "--multirun",
    "-sc": "--shell-completion",
    "-c": "--cfg",
    "-p": "--package",
    "-cp": "--config-path",
    "-cn": "--config-name",
    "-cd": "--config-dir",
    "-i": INFO,
}
PATHS = ("data.path", "resume", "hydra.run.dir", "hydra.sweep.dir")  # settings whose value is a file or a folder
PLAIN = re.compile(r"(?!(true|false|null|nan|inf)$)[A-Za-z_/.*?][\w/.*?%+@:-]*", re.ASCII | re.IGNORECASE)  # paths
DELETED = re.compile(r"~[a-z][\w/.@]*")  # what Hydra's ~ may stand before


def for_hydra(arguments: Sequence[str]) -> list[str]:
    """The command line as Hydra reads it: its flags first, then settings and choices.

    Raises ConfigurationError for a flag that there is not, and for a word that sets nothing.
    """
    flags: list[str] = []
    words: list[str] = []
    left = list(arguments)
    while left:
        word = left.pop(0)
        if not re.match("-[-a-z]", word):
            words.append(word)
            continue
        flag, equals, value = word.partition("=")
        flags.append(_flag(flag, word, left) + equals + value)
        takes = flags[-1] in WITH_VALUE or (flags[-1] == INFO and left and "=" not in left[0])
        if takes and left:
            flags.append(left.pop(0))
    return [*flags, *map(_readable, words)]


def _flag(flag: str, word: str, left: Sequence[str]) -> str:
    """The whole name of a flag, which may be shortened as long as it is clear."""
    every = (*ALONE, *WITH_VALUE, INFO)
    if flag in SHORT:
        return SHORT[flag]
    whole = [one for one in every if one == flag] or [one for one in every if one.startswith(flag) and len(flag) > 2]
    if len(whole) == 1:
        return whole[0]
    name = word.lstrip("-")
    if "=" not in name and left and re.fullmatch(r"\w[^=]*", left[0]):
        name = f"{name}={left[0]}"
    mend = f"a setting has no dashes before it: {name}" if "=" in name else "see python train.py --hydra-help"
    raise ConfigurationError(f"there is no flag {flag}; {mend}")


def _readable(word: str) -> str:
    """One override as Hydra reads it."""
    name, equals, value = word.partition("=")
    if not equals:
        if DELETED.fullmatch(word):
            return word
        raise ConfigurationError(f"{quoted(word)} sets nothing: {_meant(word)}")
    if name != name.strip() or not name:
        raise ConfigurationError(f"{quoted(word)}: expected setting=value, without blanks around the =")
    key = name.lstrip("+")
    if key in PATHS:
        return f"{name}={_path(value)}"
    if key == "features" and "+" in value and "[" not in value:
        sets = [f"[{one.replace('+', ',')}]" if "+" in one else one for one in value.split(",")]
        return f"{name}={','.join(sets)}"
    return word


def _meant(word: str) -> str:
    """What a word without = may be meant to be."""
    if word.startswith("#"):
        return "where your shell takes no comments, as zsh, put them on lines of their own"
    group, _, name = word.rpartition("/")
    for folder in sorted((PROJECT / "conf").iterdir()):
        if (folder / f"{word}.yaml").is_file():
            return f"is it {folder.name}={word}?"
        if folder.name == group:
            return f"is it {group}={name}?"
    return "expected setting=value, as in task=binary"


def _path(value: str) -> str:
    """A path as Hydra reads it: ~ is the home folder, and what the path's name holds means nothing else.

    Values with a comma are a sweep over several, unless they name a file.
    """
    whole, there = os.path.expanduser(value), os.path.exists(os.path.expanduser(value))
    if not there and (value in ("", "null") or value[0] in "'\"[" or "${" in value or "," in value):
        return value
    if PLAIN.fullmatch(whole):
        return whole
    escaped = re.sub(r"(\\*)'", r"\1\1\\'", re.sub(r"(\\+)$", r"\1\1", whole))
    return f"'{escaped}'"
