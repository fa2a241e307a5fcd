"""The composed configuration: checked, and turned into what it stands for.

Nothing in this module imports torch, so that every mistake is answered at once. What a configuration builds is
exactly what the dataclasses of `settings` name as `_target_`: another name on the command line, in a file or in a
checkpoint is refused.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import lru_cache, partial
from importlib.metadata import distributions
from pathlib import Path
from textwrap import indent
from typing import Any

import yaml
from hydra.core.config_store import ConfigStore
from hydra.utils import get_method
from omegaconf import DictConfig, OmegaConf
from omegaconf._utils import OmegaConfDumper
from omegaconf.errors import MissingMandatoryValue

from stratus.errors import ConfigurationError
from stratus.runs import record
from stratus.settings.schema import (
    LBFGS,
    SGD,
    Adam,
    Classification,
    Config,
    Constant,
    Cosine,
    Csv,
    Gaussian,
    Ghcn,
    Regression,
    Step,
    Store,
    Task,
    Uniform,
    Zeros,
)

EXTRAS = {"joblib": "hydra-joblib-launcher", "slurm": "hydra-submitit-launcher", "optuna": "hydra-optuna-sweeper"}
PROJECT = Path(__file__).parents[3]


def _check_target(settings: Any) -> None:
    declared = type(settings)._target_
    if settings._target_ != declared:
        raise ConfigurationError(f"_target_={settings._target_}: {type(settings).__name__} is {declared}, nothing else")


def build(settings: Any) -> Any:
    """The class or function that a group's dataclass names as its `_target_`, its values bound; None for none.

    Raises:
        ConfigurationError: If `_target_` is not the one that the dataclass declares.
    """
    _check_target(settings)
    values = {f.name: getattr(settings, f.name) for f in fields(settings) if f.name != "_target_"}
    return partial(get_method(settings._target_), **values) if settings._target_ else None


def _undeclared(settings: Any, place: str = "") -> Iterator[str]:
    """Dotted names of settings that no dataclass declares: a + adds them past every schema."""
    declared = {f.name for f in fields(settings)}
    for name, value in vars(settings).items():
        if name not in declared:
            yield place + name
        elif is_dataclass(value):
            yield from _undeclared(value, f"{place}{name}.")


def check(config: DictConfig) -> Config:
    """The composed configuration as dataclasses, every value and combination checked.

    Raises:
        ConfigurationError: One line that names the setting and what was expected.
    """
    try:
        settings = OmegaConf.to_object(config)
    except MissingMandatoryValue:
        missing = ", ".join(sorted(OmegaConf.missing_keys(config)))
        raise ConfigurationError(f"{missing} must be given: name=value") from None
    assert isinstance(settings, Config)
    if unknown := ", ".join(_undeclared(settings)):
        raise ConfigurationError(f"there is no setting {unknown}; see python train.py --help")
    for group in (settings.optimizer, settings.schedule, settings.init, settings.trainer):
        _check_target(group)
    return settings


def as_yaml(content: Any) -> str:
    """A plain configuration, or a list, as YAML. What a sweep's jobs share is put into words once."""
    if not isinstance(content, dict) or not content:
        return _as_yaml(json.dumps(content))
    words = []
    for name, value in content.items():
        if isinstance(value, dict) and value:
            words += [_as_yaml(json.dumps({name: {}})).removesuffix(" {}\n"), "\n", indent(as_yaml(value), "  ")]
        else:
            words.append(_as_yaml(json.dumps({name: value})))
    return "".join(words)


class _Dumper(getattr(yaml, "CDumper", yaml.Dumper)):  # type: ignore[misc]
    """As OmegaConf's, in C where there is one."""


_Dumper.add_representer(str, OmegaConfDumper.str_representer)


@lru_cache(maxsize=1024)
def _as_yaml(content: str) -> str:
    form = {"default_flow_style": False, "allow_unicode": True, "sort_keys": False}
    text: str = yaml.dump(json.loads(content), **form, Dumper=_Dumper)
    return text


def one_line(error: Exception) -> str:
    """What Hydra or OmegaConf say over several lines, in one, without their advice to add a setting with a +."""
    if isinstance(error, AssertionError):  # OmegaConf's answer to features.harmonics.k=3 without features=harmonics
        return "a setting was given of features that are not chosen: name them too, as in features=[two_days,harmonics]"
    said = f"{error}\n{error.__cause__ or ''}".splitlines()
    unwanted = ("To append to your", "full_key:", "object_type=", "reference_type=", "Config search path", "provider=")
    kept = [line.strip() for line in said if line.strip() and not line.strip().startswith(unwanted)]
    return " ".join(dict.fromkeys(kept))


def with_resumed(arguments: list[str]) -> list[str]:
    """The command line with the overrides of the run that `resume=RUN` names put first; what is given anew wins.

    Raises:
        CheckpointError: If RUN is not a run's folder.
    """

    def key(override: str) -> str:
        return override.partition("=")[0].lstrip("+~")

    given = {key(one): one.partition("=")[2] for one in arguments if "=" in one}
    folder = given.get("resume", "null")
    if folder in ("null", ""):
        return arguments
    overrides: list[str] = record.read(Path(folder)).overrides
    return [*(one for one in overrides if key(one) not in given), *arguments]


def with_globs(arguments: list[str]) -> list[str]:
    """The command line with each `group=glob(pattern)` as the names in `conf/group` that it stands for.

    Hydra has it too, but sees no folder within a group and takes a pattern without a match for a sweep of no jobs.

    Raises:
        ConfigurationError: If no name matches.
    """

    def named(argument: str) -> str:
        found = re.fullmatch(r"(\w+)=glob\(([\w/*?-]+)\)", argument)
        folder = PROJECT / "conf" / found[1] if found else PROJECT
        if not found or not folder.is_dir():
            return argument
        names = sorted(file.relative_to(folder).with_suffix("").as_posix() for file in folder.glob(f"{found[2]}.yaml"))
        if not names:
            raise ConfigurationError(f"{argument}: there is no conf/{found[1]}/{found[2]}.yaml")
        return f"{found[1]}={','.join(names)}"

    return [named(one) for one in arguments]


def check_extras(arguments: list[str]) -> None:
    """Raises ConfigurationError where `sweep=…` names a file whose extra is not installed."""
    chosen = "".join(one for one in arguments if one.startswith("sweep="))
    for extra, package in EXTRAS.items():
        if extra in chosen and not list(distributions(name=package)):
            raise ConfigurationError(f"sweep={extra} needs an extra that is not installed: pip install -e '.[{extra}]'")


def register() -> None:
    """Makes the dataclasses known to Hydra as `schema_…`, and `${project:…}`, a path beside train.py.

    They stand outside of every group, so that they are no one's choice.
    """
    store = ConfigStore.instance()
    store.store(name="schema_config", node=Config, package="_global_")
    of_data, of_tasks, of_optimizers = (Csv, Ghcn, Store), (Task, Classification, Regression), (SGD, Adam, LBFGS)
    for node in (*of_data, *of_tasks, *of_optimizers, Constant, Cosine, Step, Zeros, Gaussian, Uniform):
        store.store(name=f"schema_{node.__name__.lower()}", node=node)
    OmegaConf.register_new_resolver("project", lambda path: str(PROJECT / path), replace=True)
