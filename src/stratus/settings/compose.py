"""Hands the dataclasses of this folder to Hydra, gets them back filled in and checked, and writes them as YAML."""

import copy
import re
from contextlib import suppress
from dataclasses import fields
from typing import Any

import yaml
from hydra.conf import HydraConf
from hydra.core.config_store import ConfigStore
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import MissingMandatoryValue

from stratus import files
from stratus.errors import ConfigurationError
from stratus.settings.experiment import PROJECT, SCHEMAS, Config
from stratus.settings.features import Features
from stratus.settings.help import help_text


def register() -> None:
    """Makes known to Hydra the dataclasses, and what a configuration may ask for.

    `${project:…}` is a path beside train.py, `${test_years:}` the years that a sweep over years tests,
    `${settings_help:}` the text of --help, and `${told:}` what a run was told, for the name of its folder.
    """
    store = ConfigStore.instance()
    whole = OmegaConf.structured(Config)
    whole.features = _open(Features)
    store.store(name="schema_config", node=whole, package="_global_")
    for group, schemas in SCHEMAS.items():
        for name, schema in schemas.items():
            named = f"{name}_{group}" if name == "own" else name  # there is one of several groups
            store.store(name=f"schema_{named}", node=_open(schema))
    OmegaConf.register_new_resolver("project", lambda path: str(PROJECT / path), replace=True)
    OmegaConf.register_new_resolver("settings_help", lambda *, _root_: help_text(_root_), replace=True)
    OmegaConf.register_new_resolver("test_years", _test_years, replace=True)
    OmegaConf.register_new_resolver("told", lambda *, _root_: _told(_root_.hydra), replace=True)


def _open(schema: type) -> DictConfig:
    """A dataclass as a configuration whose dictionaries take any name: of a station, an element, an argument."""
    node: DictConfig = OmegaConf.structured(schema)
    for one in fields(schema):
        if one.default_factory is dict:
            OmegaConf.set_struct(node[one.name], False)
    return node


def _told(hydra: DictConfig) -> str:
    """What a run's folder is called beside its time or number: `_lr=0.1-seed=2`; nothing where there is nothing to say.

    Of names and of values that are paths the last part, numbers with four figures. Words that
    `hydra.job.config.override_dirname.exclude_keys` names are left out.
    """
    untold, told = hydra.job.config.override_dirname.exclude_keys, []
    for word in hydra.overrides.task:
        name, _, value = word.lstrip("+").partition("=")
        if name not in untold:
            value = value.strip("[]'\"").replace(",", "+").split("/")[-1]
            with suppress(ValueError):
                value = f"{float(value):.4g}" if len(value) > 6 and not value.isdecimal() else value
            told.append(f"{name.split('.')[-1]}={value}")
    return files.name("_" + "-".join(told), 80).replace(" ", "_") if told else ""


def swept(hydra: DictConfig | HydraConf) -> list[str] | None:
    """The names of what differs between a sweep's jobs, of the configuration of one; None of a run of its own."""
    if hydra.mode != RunMode.MULTIRUN:
        return None
    shared = hydra.job.config.override_dirname.exclude_keys
    names = [word.lstrip("+").partition("=")[0] for word in hydra.overrides.task]
    return [name for name in names if name not in shared]


def _test_years(*, _root_: DictConfig) -> str:
    own = copy.deepcopy(_root_)
    with open_dict(own):
        own.pop("hydra", None)
    settings = check(own)
    borders = settings.data.borders
    years = settings.data.load().observations.test_years(settings.recipe, borders.train_from, borders.until)
    return ",".join(map(str, years))


def check(config: DictConfig) -> Config:
    """The composed configuration, every value and combination checked; else ConfigurationError in one line."""
    settings = _object(config)
    assert isinstance(settings, Config)
    return settings


def _object(config: DictConfig) -> Any:
    try:
        return OmegaConf.to_object(config)
    except MissingMandatoryValue:
        missing = sorted(OmegaConf.missing_keys(config))
        mend = " ".join(f"{one}={'FILE' if one.endswith('path') else '…'}" for one in missing)
        raise ConfigurationError(f"{', '.join(missing)} must be given: {mend}") from None


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """In C where there is one; puts a text in quotes where OmegaConf would read a number."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


NUMBER = re.compile(r"[-+]?[0-9_.]+[eE][-+]?[0-9]+$")
_Dumper.add_implicit_resolver("tag:yaml.org,2002:float", NUMBER, list("-+.0123456789"))


def as_yaml(content: Any) -> str:
    """A plain configuration, or a list, as YAML that OmegaConf reads back; nine times as fast as its own."""
    text: str = yaml.dump(content, Dumper=_Dumper, default_flow_style=False, allow_unicode=True, sort_keys=False)
    return text
