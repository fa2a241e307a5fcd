"""What is typed ─► what Hydra reads: flags in any order, files by their names, features joined by +."""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from stratus.errors import ConfigurationError, quoted
from stratus.settings.experiment import MAY_BE_NONE, PROJECT
from stratus.settings.names import GROUPS, declared, nearest

ALONE = ("--help", "--hydra-help", "--version", "--resolve", "--run", "--multirun", "--shell-completion")
WITH_VALUE = ("--cfg", "--package", "--config-path", "--config-name", "--config-dir")
INFO = "--info"  # whose value may be left out
VALUES = {
    "--cfg": ("job", "hydra", "all"),
    INFO: ("all", "config", "defaults", "defaults-tree", "plugins", "searchpath"),
}  # of flags that take no other
SINGLE = ("--run", "--multirun", "--cfg", INFO, "--shell-completion")  # of which a command takes one
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
FOLDERS = {"--config-dir": "", "--config-path": "; name it from / on"}  # flags whose value is one, and how it is named
PATHS = ("data.path", "resume", "hydra.run.dir", "hydra.sweep.dir")  # settings whose value is a file or a folder
ONE = ("task", "data", "optimizer", "schedule", "init", "trainer")  # groups of which one choice is made
PLAIN = re.compile(r"(?!(true|false|null|nan|inf)$)[A-Za-z_/.*?][\w/.*?%+@:-]*", re.ASCII | re.IGNORECASE)  # paths
NOTHING = ("", '""', "''")  # values of which nothing is left
OF_HYDRA = re.compile(r"hydra\.(launcher|sweeper|job_logging|hydra_logging|help|hydra_help|env|output)=[\w,]+")
DELETED = re.compile(r"~[a-z][\w/.@]*")  # what Hydra's ~ may stand before


def for_hydra(arguments: Sequence[str]) -> list[str]:
    """The command line as Hydra reads it: its flags first, then settings and choices.

    Raises ConfigurationError for a flag that there is not, and for a word that sets nothing.
    """
    flags: list[str] = []
    words: list[str] = []
    given: dict[str, str] = {}  # the flags' values
    left = list(arguments)
    while left:
        word = left.pop(0)
        if not re.match("-[-a-z]", word):
            words.append(word)
            continue
        flag, equals, value = word.partition("=")
        flags.append(_flag(flag, word, left) + equals + value)
        whole, own = flags[-1].partition("=")[0], value
        if not equals and (whole in WITH_VALUE or (whole == INFO and left and "=" not in left[0])):
            own = left.pop(0) if left else ""
            flags[-1] += f"={own}"
        elif flags[-1] == INFO:  # else it would take the next word
            flags[-1] = f"{INFO}=all"
        _check_flag(whole, own)
        given[whole] = own
    if len(both := [one for one in SINGLE if any(flag.partition("=")[0] == one for flag in flags)]) > 1:
        raise ConfigurationError(f"{' and '.join(both)} are for one command each: leave one away")
    _check_together(given)
    return [*flags, *(words if "--shell-completion" in given else map(_readable, words))]


def is_sweep(arguments: Sequence[str]) -> bool:
    """Whether a command line that Hydra can read asks for several jobs."""
    asks = ("--multirun", "-m", "hydra.mode=MULTIRUN")
    return any(one in asks or (one.startswith("sweep=") and one != "sweep=[]") for one in arguments)


def _check_together(given: Mapping[str, str]) -> None:
    """Raises ConfigurationError for a flag that needs another, or a file that is not there."""
    shown = {"--cfg", "--help"} & {*given}
    if alone := [f"{one} {given[one]}".rstrip() for one in given if one in ("--resolve", "--package") and not shown]:
        flag = alone[0].partition(" ")[0]
        raise ConfigurationError(f"{flag} is for what --cfg shows: python train.py --cfg job {alone[0]}")
    name, own = given.get("--config-name", "config"), given.get("--config-path")
    folders = [Path(own or PROJECT / "conf"), *(Path(given[one]) for one in ("--config-dir",) if one in given)]
    if "://" not in str(own) and not any((one / name).with_suffix(".yaml").is_file() for one in folders):
        if "--config-name" not in given:
            raise ConfigurationError(f"--config-path={own}: there is no config.yaml in it; --config-dir adds a folder")
        raise ConfigurationError(f"--config-name={name}: there is no {name}.yaml in {' or '.join(map(str, folders))}")


def _flag(flag: str, word: str, left: Sequence[str]) -> str:
    """The whole name of a flag, which may be shortened as long as it is clear."""
    every = (*ALONE, *WITH_VALUE, INFO)
    if flag in SHORT:
        return SHORT[flag]
    whole = [one for one in every if one == flag] or [one for one in every if one.startswith(flag) and len(flag) > 2]
    if len(whole) == 1:
        return whole[0]
    if flag == "--experimental-rerun":
        raise ConfigurationError(f"{flag}, of Hydra's, is not for Stratus: give the run's settings again")
    name, _, value = word.lstrip("-").replace("-", "_").partition("=")
    value = word.partition("=")[2] or next((one for one in left[:1] if re.fullmatch(r"\w[^=]*", one)), "…")
    setting = name if name in (*declared(), *GROUPS) else nearest(name) if name else None
    mend = f"a setting has no dashes before it: {setting}={value}" if setting else "see python train.py --hydra-help"
    raise ConfigurationError(f"there is no flag {flag}; {mend}")


def _check_flag(flag: str, value: str) -> None:
    """Raises ConfigurationError for a flag whose value is missing, not one that there is, or not to be there."""
    if flag in WITH_VALUE or (flag == INFO and value):
        there = VALUES.get(flag, ())
        if not value or (there and value not in there):
            raise ConfigurationError(f"{flag}={value}: expected {', '.join(there) or 'a value'}")
        if (
            flag in FOLDERS
            and "://" not in value
            and not (os.path.isdir(value) and (not FOLDERS[flag] or os.path.isabs(value)))
        ):
            raise ConfigurationError(f"{flag}={value}: there is no such folder{FOLDERS[flag]}")
    elif value and flag != INFO:
        raise ConfigurationError(f"{flag}={value}: this flag takes no value")


def _readable(word: str) -> str:
    """One override as Hydra reads it."""
    name, equals, value = word.partition("=")
    if not equals:
        if DELETED.fullmatch(word):
            if word.startswith("~hydra") or word.count(".") > 1:  # of a dictionary of names
                return word
            raise ConfigurationError(f"{word}: no setting or choice can be left out: give it another value")
        raise ConfigurationError(f"{quoted(word)} sets nothing: {_meant(word)}")
    if name != name.strip() or not name:
        raise ConfigurationError(f"{quoted(word)}: expected setting=value, without blanks around the =")
    key = name.lstrip("+")
    if key in GROUPS and value in NOTHING:
        value, word = "", f"{name}="
    if group := OF_HYDRA.fullmatch(word):
        raise ConfigurationError(f"{word}: is it hydra/{group[1]}={value}?")
    if key != name and key and (PROJECT / "conf" / key).is_dir():
        raise ConfigurationError(
            f"{word}: {key} has a choice already, which this one replaces without the +: {key}={value or '…'}"
        )
    if key in PATHS:
        if value in NOTHING:
            what = "a run's folder" if key == "resume" else "the name of a file or a folder"
            raise ConfigurationError(f"{word}: expected {what}")
        return f"{name}={as_path(value)}"
    if key.startswith("hydra/") and value in ("", "null"):
        raise ConfigurationError(f"{word}: expected the name of a choice; see python train.py --info plugins")
    if key in ONE and value.startswith("["):
        raise ConfigurationError(f"{word}: expected one choice, as in {key}={value.strip('[]').partition(',')[0]}")
    if key in MAY_BE_NONE and value in ("", "null"):  # Hydra knows none by a list alone
        return f"{name}=[]"
    return f"{name}={_joined(word, value)}" if key == "features" and "(" not in value else word


def _joined(word: str, value: str) -> str:
    """Feature sets as Hydra reads them, of such as are joined by +; ConfigurationError where one is not named once."""
    alone = value.startswith("[") and value.find("]") == len(value) - 1
    sets = [value[1:-1].split(",")] if alone else [one.split("+") for one in value.split(",")]
    for names in sets:
        if len(names) > 1 and "" in names:
            raise ConfigurationError(f"{word}: a name is missing beside a {',' if alone else '+'}")
        if twice := [one for one in names if names.count(one) > 1]:
            raise ConfigurationError(f"{word}: {twice[0].strip()} is named twice")
    return value if alone else ",".join(f"[{','.join(names)}]" if len(names) > 1 else names[0] for names in sets)


def _meant(word: str) -> str:
    """What a word without = may be meant to be."""
    if word.startswith("#"):
        return "where your shell takes no comments, as zsh, put them on lines of their own"
    if (PROJECT / "conf" / word).is_dir():
        return f"expected setting=value, as in {word}=…"
    group, _, name = word.rpartition("/")
    for folder in sorted((PROJECT / "conf").iterdir()):
        if (folder / f"{word}.yaml").is_file():
            return f"is it {folder.name}={word}?"
        if folder.name == group:
            return f"is it {group}={name}?"
    return "expected setting=value, as in task=binary"


def as_path(value: str) -> str:
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
