"""What is done to the command line before Hydra reads it: earlier runs' settings, patterns, extras."""

import os
import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import OverrideType
from hydra.errors import HydraException

from stratus.errors import ConfigurationError
from stratus.settings.checks import require_extra
from stratus.settings.experiment import PROJECT, Config

EXTRAS = {"joblib": "hydra-joblib-launcher", "slurm": "hydra-submitit-launcher", "optuna": "hydra-optuna-sweeper"}
OF_EXTRAS = {
    **{f"sweep={extra}": extra for extra in EXTRAS},
    "hydra/launcher=joblib": "joblib",
    "hydra/launcher=submitit_slurm": "slurm",
    "hydra/launcher=submitit_local": "slurm",
    "hydra/sweeper=optuna": "optuna",
}  # choices, and the extra that each needs
# What a record may set: nothing that runs a file, or tells others of the run.
TAKEN_OVER = {one.name for one in fields(Config)} - {"resume", "callbacks"} | {"experiment", "sweep"}
OF_FILES = ("features.own", "optimizer.path", "schedule.path")  # which name a file to run: only where given anew
LONGEST = 10_000  # the most characters of a record's overrides: Hydra reads some thousand a second


def resumed_run(arguments: list[str]) -> Path | None:
    """The folder of the run that `resume=RUN` names, as Hydra reads it; ConfigurationError if that is no single one."""
    given = [one for one in arguments if "=" in one and _key(one) == "resume"]
    if not given:
        return None
    try:
        (override,) = OverridesParser.create().parse_overrides(given[-1:])
        folder = [] if override.is_sweep_override() else override.value()
    except HydraException:
        folder = []
    if isinstance(folder, list | dict):
        mend = "where its name holds a comma or =, put quotes for Hydra within the shell's: \"resume='a=1,b=2'\""
        raise ConfigurationError(f"{given[-1]}: expected the folder of one run; {mend}")
    return None if folder in (None, "") else Path(str(folder))


def with_overrides(earlier: list[str], arguments: list[str]) -> list[str]:
    """The command line with the settings of an earlier run, as `settings_of` reads them, put first."""
    taken = settings_of(earlier, arguments)
    swept = any(_key(one) == "sweep" and value for one, value in taken.items())
    alone = ["hydra.mode=RUN"] if swept and not {"-m", "--multirun"} & {*arguments} else []
    return [*taken, *alone, *arguments]


def settings_of(earlier: list[str], arguments: Iterable[str] = ()) -> dict[str, Any]:
    """What the overrides in a record set, by the override as `name=value`; without what `arguments` give anew.

    A record may be a stranger's, so that it decides settings and nothing else: ConfigurationError for an override that
    is not one declared setting, or one choice in conf/, with a plain value. Nothing of Hydra's own is among these.
    """
    given = {"resume", *(_key(one) for one in arguments if "=" in one)}
    left = [one for one in earlier if _key(one) not in given]
    if sum(map(len, left)) > LONGEST:
        raise ConfigurationError(f"the run's overrides have more than {LONGEST:,} characters: give them anew")
    return {one.lstrip("+"): _taken_over(one.lstrip("+")) for one in left}


def _taken_over(override: str) -> Any:
    """The value of one override; see `settings_of`."""
    try:
        (found,) = OverridesParser.create().parse_overrides([override])
        value, name = found.value(), str(found.key_or_group)
        plain = found.type == OverrideType.CHANGE and found.package is None and not found.is_sweep_override()
    except (HydraException, RecursionError, ValueError):
        plain, value, name = False, None, ""
    choice = (PROJECT / "conf" / name).is_dir() if plain and re.fullmatch(r"[a-z]+", name) else False
    named = re.fullmatch(r"[a-z]+(\.[A-Za-z0-9]\w*)*", name, re.ASCII) and name.partition(".")[0] in TAKEN_OVER
    if not (plain and named and (_is_choice(value) if choice else _is_plain(value) and _fits(name, value))):
        raise ConfigurationError(
            f"the run's record says {override!r:.200}: only settings and choices are taken over from a record; "
            "where it is meant, resume with it given anew"
        )
    return value


def _is_choice(value: Any) -> bool:
    """Whether a value names files of a folder of conf/, and no file elsewhere."""
    names = value if isinstance(value, list) else [value or "null"]
    return all(isinstance(one, str) and re.fullmatch(r"\w[\w-]*(/\w[\w-]*)*", one, re.ASCII) for one in names)


def _is_plain(value: Any) -> bool:
    """Whether a value is data alone: no interpolation, which reads what is elsewhere, and no name of OmegaConf's."""
    if isinstance(value, Mapping):
        return all(not str(name).startswith("_") and _is_plain([name, one]) for name, one in value.items())
    if isinstance(value, list):
        return all(map(_is_plain, value))
    return "${" not in value if isinstance(value, str) else value is None or isinstance(value, int | float)


def _fits(name: str, value: Any) -> bool:
    """Whether loggers tell nobody else of a run, and the processes that a value asks for are at most one a core."""
    if name == "logger":
        return {*(value if isinstance(value, list) else [value])} <= {"tensorboard", "csv", "none", None}
    numbers = re.findall(r"\d+", str(value)) if name == "trainer.devices" else []
    return all(len(one) < 6 and int(one) <= (os.cpu_count() or 1) for one in numbers)


def _key(override: str) -> str:
    return override.partition("=")[0].lstrip("+~")


def with_globs(arguments: list[str]) -> list[str]:
    """The command line with each `group=glob(pattern)` as names in `conf/group`; without any a ConfigurationError.

    Hydra has it too, but sees no folder within a group and takes a pattern without a match for a sweep of no jobs.
    """
    own = [Path(one.partition("=")[2]) for one in arguments if one.startswith("--config-dir=")]
    named = partial(_named, [PROJECT / "conf", *own])
    return [re.sub(r"^(\w+)=glob\(([\w/*?-]+)\)$", named, one) for one in arguments]


def _named(folders: list[Path], found: re.Match[str]) -> str:
    group, pattern = found.groups()
    there = [one / group for one in folders if (one / group).is_dir()]
    files = {one.relative_to(folder) for folder in there for one in folder.glob(f"{pattern}.yaml")}
    names = sorted(one.with_suffix("").as_posix() for one in files)
    if there and not names:
        raise ConfigurationError(f"{found[0]}: there is no conf/{group}/{pattern}.yaml")
    return f"{group}={','.join(names)}" if names else found[0]


def check_extras(arguments: list[str]) -> None:
    """Raises ConfigurationError where a choice's extra is not installed, or it needs a cluster that is not here."""
    chosen = {f"{_key(one)}={name}" for one in arguments for name in one.partition("=")[2].split(",")}
    for choice, extra in OF_EXTRAS.items():
        if choice in chosen:
            require_extra(choice, extra, EXTRAS[extra])
    launcher = next((one for one in chosen if one.startswith("hydra/launcher=")), "sweep=slurm")
    if launcher in chosen and launcher.endswith("slurm") and not shutil.which("srun"):
        mend = "hydra/launcher=submitit_local runs its jobs on this machine"
        raise ConfigurationError(f"{launcher}: there is no Slurm here (no srun); {mend}")
