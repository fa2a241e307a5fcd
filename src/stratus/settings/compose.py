"""Hands the dataclasses of this folder to Hydra, and gets the composed configuration back as them, checked."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import MissingMandatoryValue

from stratus.errors import ConfigurationError
from stratus.settings.data import SOURCES
from stratus.settings.descent import LBFGS, SGD, Adam, Constant, Cosine, Gaussian, Step, Uniform, Zeros
from stratus.settings.experiment import Config
from stratus.settings.task import BinaryTask, MulticlassTask, MultilabelTask, OwnTask, RegressionTask

PROJECT = Path(__file__).parents[3]

SCHEMAS: dict[str, Mapping[str, type]] = {
    "task": {
        "binary": BinaryTask,
        "multiclass": MulticlassTask,
        "multilabel": MultilabelTask,
        "regression": RegressionTask,
        "task": OwnTask,
    },
    "data": SOURCES,
    "optimizer": {"sgd": SGD, "adam": Adam, "lbfgs": LBFGS},
    "schedule": {"constant": Constant, "cosine": Cosine, "step": Step},
    "init": {"zeros": Zeros, "gaussian": Gaussian, "uniform": Uniform},
}
"""By group: what a file of `conf/<group>/` names in its defaults as `/schema_<name>`."""


def register() -> None:
    """Makes known to Hydra the dataclasses, `${project:…}`, a path beside train.py, and `${settings_help:}`."""
    store = ConfigStore.instance()
    store.store(name="schema_config", node=Config, package="_global_")
    for schemas in SCHEMAS.values():
        for name, node in schemas.items():
            store.store(name=f"schema_{name}", node=node)
    OmegaConf.register_new_resolver("project", lambda path: str(PROJECT / path), replace=True)
    OmegaConf.register_new_resolver("settings_help", _help, replace=True)


def _help(*, _root_: DictConfig) -> str:
    from stratus.settings.help import help_text  # noqa: PLC0415 - for --help alone

    return help_text(_root_, SCHEMAS, PROJECT / "conf")


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
    return settings


def _undeclared(settings: Any, place: str = "") -> Iterator[str]:
    """Dotted names of settings that no dataclass declares: a + on the command line adds them past every schema."""
    declared = {one.name for one in fields(settings)}
    for name, value in vars(settings).items():
        if name not in declared:
            yield place + name
        elif is_dataclass(value):
            yield from _undeclared(value, f"{place}{name}.")
