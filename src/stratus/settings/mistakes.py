"""What a mistaken command line is told: one line, with the nearest right name and where it belongs."""

import os
import re
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from traceback import walk_tb

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException, MissingConfigException
from omegaconf.errors import (
    ConfigAttributeError,
    ConfigKeyError,
    InterpolationResolutionError,
    OmegaConfBaseException,
    UnsupportedInterpolationType,
)
from yaml import MarkedYAMLError

from stratus.data.features import FEATURES
from stratus.settings.arguments import is_sweep
from stratus.settings.experiment import MAY_BE_NONE, PROJECT
from stratus.settings.names import GROUPS, unknown_setting
from stratus.settings.written import COMPOSING, IN_FILE, misplaced, not_utf8, place, place_in_experiment

FILES = {".dly": "ghcn", ".parquet": "csv", ".csv": "csv", ".tsv": "csv", ".txt": "knmi"}  # the data of a file
KINDS = {
    "Float": "a number",
    "Integer": "a whole number",
    "Boolean": "true or false",
    "String": "a text",
    "ListConfig": "a list, as [a,b]",
    "Dict": "names with their values, as {a: b}",
}  # OmegaConf's words and ours


def one_line(error: Exception, arguments: Sequence[str]) -> str | None:
    """What Stratus, Hydra or OmegaConf say of a mistaken command line; None where an error is no mistake of it."""
    return _in_a_file(error, arguments) or _on_the_line(error, arguments)


def _in_a_file(error: Exception, arguments: Sequence[str]) -> str | None:
    """What is said of a mistake inside a file of the configuration; None of any other."""
    said = " ".join(str(error).split())
    if isinstance(error, MarkedYAMLError) and error.problem_mark:
        return f"{error.problem_mark.name}, line {error.problem_mark.line + 1}: {error.problem}"
    if isinstance(error, UnicodeDecodeError):
        return f"{not_utf8(arguments)} is not text in UTF-8: save it as such"
    if (found := IN_FILE.match(said)) and (line := misplaced(found[1], arguments)):
        return line
    if found := COMPOSING.match(said):
        name, words, key = found.groups()
        unknown = re.search("Key '.*' not in", words)
        words = unknown_setting(key) if unknown else f"{key}: {plainly(words)}".removeprefix(": ")
        return place(name, key.rpartition(".")[2], arguments) + words
    if found := re.match(r"Multiple values for (\w+)\.", said):
        where = place_in_experiment(f"/{found[1]}", arguments)
        return f"{where}{found[1]} has a choice already, which `override /{found[1]}: …` in a file's defaults replaces"
    return None


def _on_the_line(error: Exception, arguments: Sequence[str]) -> str | None:
    cause = error.__cause__ or error
    if isinstance(error, AssertionError | ValueError) and not isinstance(error, OmegaConfBaseException):
        return _not_chosen(arguments) or (_plain_words(error) if _of_hydra(error) else None)
    if isinstance(cause, ConfigKeyError | ConfigAttributeError) and cause.full_key:
        return unknown_setting(cause.full_key, [*(cause.parent_node or ())])
    if isinstance(cause, InterpolationResolutionError | UnsupportedInterpolationType):
        return _not_found(cause, arguments)
    if isinstance(cause, OmegaConfBaseException) and cause.full_key:
        return f"{cause.full_key}={cause.value}: {plainly(cause)}"
    if isinstance(error, MissingConfigException) and not re.fullmatch("[^/]+/", error.missing_cfg_file or "/"):
        assert error.missing_cfg_file
        said = _no_such_choice(error.missing_cfg_file.rstrip("/"), error.options or [])
        return place_in_experiment(Path(error.missing_cfg_file).name, arguments) + said
    return _unread(arguments) or _plain_words(error)


def _not_found(error: OmegaConfBaseException, arguments: Sequence[str]) -> str:
    """What is said of a `${…}` for which nothing stands; one on the line itself Hydra looks up for its own folder."""
    key = str(error.full_key)
    setting = next((one for one in arguments if "${" in one), key) if key.startswith("hydra.") else key
    where = place_in_experiment(setting.rpartition(".")[2], arguments)
    words = str(error).splitlines()[0].removeprefix("KeyError raised while resolving interpolation: ").strip('"')
    return f"{where}{setting}: what stands for ${{…}} cannot be found: {words}"


def _plain_words(error: Exception) -> str:
    return " ".join(str(error).split()).partition(" See https:")[0]


def _of_hydra(error: BaseException) -> bool:
    """Whether Hydra itself raised an error, and not what it called."""
    *_, (last, _) = walk_tb(error.__traceback__)
    return str(last.f_globals["__name__"]).startswith("hydra.")


def plainly(error: object) -> str:
    """OmegaConf's words of an error as ours."""
    words = str(error).splitlines()[0]
    if re.search("not Optional|NoneType", words):
        return "expected a value, not null"
    found = re.search(r"not an? (ListConfig)|converted to (\w+)|Cannot assign \w+ to (Dict)|to (Dict|List)", words)
    kind = next(filter(None, found.groups()), "") if found else ""
    kind = "ListConfig" if kind == "List" else kind
    if "does not support deletion" in words:
        return "it cannot be left out"
    if one_of := re.search(r"expected one of \[(.*)\]", words):
        return f"expected one of {one_of[1]}"
    if re.search("Cannot merge DictConfig with|is not a subclass of", words):
        kind = "Dict"
    elif re.search("not a valid bool", words):
        kind = "Boolean"
    elif re.search("Cannot convert '.*' to string", words):
        kind = "String"
    return f"expected {KINDS[kind]}" if kind in KINDS else words


def _no_such_choice(path: str, listed: Sequence[str]) -> str:
    """What is said of a choice that there is not; Hydra lists no files of a folder within a group."""
    group, _, name = path.partition("/") if not path.startswith("hydra/") else path.rpartition("/")
    folder = PROJECT / "conf" / group
    if not name:
        return f"there is no {group}.yaml in the folders of the configuration"
    if group == "data" and (mend := _file(name)):
        return f"data={name} is a file: {mend}"
    if lessons := sorted(f"{name}/{file.stem}" for file in (folder / name).glob("*.yaml")):
        return f"{group}={name} is a folder; in it there are: {', '.join(lessons)}"
    within = sorted(file.stem for file in (folder / name).parent.glob("*.yaml"))
    every = sorted(file.relative_to(folder).with_suffix("").as_posix() for file in folder.rglob("*.yaml"))
    every = every or sorted(listed)
    near = get_close_matches(name, every, 1, 0.6) or get_close_matches(name.lower(), every, 1, 0.6)
    near = near or [one for one in every if Path(one).name == Path(name).name]
    is_it = f" is it {group}={near[0]}?" if near else ""
    names = listed if {*within} <= {*listed} else within
    return f"there is no {group}={name};{is_it} there are: {', '.join(names) or 'none'}"


def _file(name: str) -> str | None:
    """How a file is given as data; None if a name is none."""
    suffixes = Path(name).suffixes
    kind = next((FILES[one] for one in reversed(suffixes) if one in FILES), None)
    if os.path.isdir(name):
        kind = "store"
    elif not kind and not os.path.exists(name):
        return None
    return f"data={kind or 'csv'} data.path={name}"


def needed(name: str) -> str:
    """What is said of a group without which there is no run."""
    there = sorted(file.stem for file in (PROJECT / "conf" / name).glob("*.yaml"))
    return f"a run needs one; there are: {', '.join(there)}"


def _unread(arguments: Sequence[str]) -> str | None:
    """What is said of the first override that Hydra cannot read, or that is a sweep without -m; None of none."""
    parser, alone = OverridesParser.create(), not is_sweep(arguments)
    for one in arguments:
        if one.startswith("-") or "=" not in one:  # a flag, or its value
            continue
        name, _, value = one.partition("=")
        try:
            (override,) = parser.parse_overrides([one])
        except (HydraException, ValueError, RecursionError):
            if name == "data" and (mend := _file(value)):
                return f"data={value} is a file: {mend}"
            if not re.fullmatch(r"[+~]*[\w./@:-]+", name):
                return f"{one}: expected setting=value, as in task=binary"
            own = value if value and "'" not in value else "…"
            return f"{one}: the value cannot be read; quotes around it stand within the shell's: \"{name}='{own}'\""
        if override.is_sweep_override() and (alone or "--help" in arguments):
            together = f"; inputs together are {one.replace(',', '+')}" if name == "features" and "," in value else ""
            said = f"several values are a sweep, which takes -m{together}"
            return f"{one}: {'--help is about one run: give one value' if '--help' in arguments else said}"
        if override.key_or_group in GROUPS and value in ("", "null", "[]") and name not in MAY_BE_NONE:
            return f"{one}: {needed(name.lstrip('+'))}"
    return None


def _not_chosen(arguments: Sequence[str]) -> str | None:
    """What is wrong with settings of features that are not chosen; None where there are no such settings."""
    chosen = next((one for one in arguments if one.startswith("features=")), "")
    for name in FEATURES:
        if name not in chosen and any(one.lstrip("+~").startswith(f"features.{name}.") for one in arguments):
            return f"features.{name} is set but not chosen: name it too, as in features=two_days+{name}"
    return _unread(arguments)
