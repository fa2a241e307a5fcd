"""What is done to the command line before Hydra reads it, and to Hydra's errors after."""

import re
from importlib.metadata import distributions
from pathlib import Path

from hydra.errors import MissingConfigException
from omegaconf.errors import ConfigAttributeError, ConfigKeyError, OmegaConfBaseException

from stratus.data.features import FEATURES
from stratus.errors import ConfigurationError
from stratus.settings.checks import unknown_setting
from stratus.settings.experiment import PROJECT

EXTRAS = {"joblib": "hydra-joblib-launcher", "slurm": "hydra-submitit-launcher", "optuna": "hydra-optuna-sweeper"}


def resumed_run(arguments: list[str]) -> Path | None:
    """The folder of the run that `resume=RUN` names."""
    folder = {_key(one): one.partition("=")[2] for one in arguments if "=" in one}.get("resume", "null")
    return None if folder in ("null", "") else Path(folder)


def with_overrides(earlier: list[str], arguments: list[str]) -> list[str]:
    """The command line with the overrides of an earlier run put first; what is given anew wins."""
    given = {_key(one) for one in arguments if "=" in one}
    return [*(one for one in earlier if _key(one) not in given), *arguments]


def _key(override: str) -> str:
    return override.partition("=")[0].lstrip("+~")


def with_globs(arguments: list[str]) -> list[str]:
    """The command line with each `group=glob(pattern)` as names in `conf/group`; without any a ConfigurationError.

    Hydra has it too, but sees no folder within a group and takes a pattern without a match for a sweep of no jobs.
    """
    return [re.sub(r"^(\w+)=glob\(([\w/*?-]+)\)$", _named, one) for one in arguments]


def _named(found: re.Match[str]) -> str:
    group, pattern = found.groups()
    folder = PROJECT / "conf" / group
    names = sorted(file.relative_to(folder).with_suffix("").as_posix() for file in folder.glob(f"{pattern}.yaml"))
    if folder.is_dir() and not names:
        raise ConfigurationError(f"{found[0]}: there is no conf/{group}/{pattern}.yaml")
    return f"{group}={','.join(names)}" if names else found[0]


def check_extras(arguments: list[str]) -> None:
    """Raises ConfigurationError where `sweep=…` names a file whose extra is not installed."""
    chosen = {name for one in arguments if one.startswith("sweep=") for name in one.partition("=")[2].split(",")}
    for extra, package in EXTRAS.items():
        if extra in chosen and not list(distributions(name=package)):
            raise ConfigurationError(f"sweep={extra} needs an extra that is not installed: pip install -e '.[{extra}]'")


def one_line(error: Exception, arguments: list[str]) -> str | None:
    """What Stratus, Hydra or OmegaConf say of a mistaken command line; None where an error is no mistake of it."""
    cause = error.__cause__ or error
    if isinstance(error, AssertionError):  # OmegaConf's answer to a setting of a group that is null
        return _not_chosen(arguments)
    if isinstance(cause, ConfigKeyError | ConfigAttributeError) and cause.full_key:
        return unknown_setting(cause.full_key, cause.parent_node or ())
    if isinstance(cause, OmegaConfBaseException) and cause.full_key:
        return f"{cause.full_key}={cause.value}: {str(cause).splitlines()[0]}"
    if isinstance(error, MissingConfigException) and error.missing_cfg_file:
        group, listed = (PROJECT / "conf" / error.missing_cfg_file).parent, error.options or []
        files = {file.stem for file in group.glob("*.yaml")}
        names = listed if files <= {*listed} else sorted(files)  # Hydra lists none of a folder within a group
        return f"there is no {error.missing_cfg_file}; there are: {', '.join(names) or 'none'}"
    return " ".join(str(error).split())


def _not_chosen(arguments: list[str]) -> str | None:
    """What is wrong with settings of features that are not chosen; None where there are no such settings."""
    chosen = next((one for one in arguments if one.startswith("features=")), "")
    for name in FEATURES:
        if name not in chosen and any(_key(one).startswith(f"features.{name}.") for one in arguments):
            return f"features.{name} is set but not chosen: name it too, as in features=[two_days,{name}]"
    return None
