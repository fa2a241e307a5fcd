"""What is wrong with the settings on a command line whatever the choices are: said before Hydra composes.

Hydra would take twice as long to say it of a run, and say it of a job of a sweep once those before it have trained.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import fields
from itertools import islice
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import QuotedString, ValueType
from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from stratus.errors import ConfigurationError
from stratus.settings.features import SETS
from stratus.settings.mistakes import plainly
from stratus.settings.names import GROUPS, declared, unknown_setting

SETTING = re.compile(r"\+{0,2}([a-z]\w*(?:\.\w+)*)=")
MOST = 1000  # values of a sweep that are looked at


def check(arguments: Sequence[str]) -> None:
    """Raises ConfigurationError for the first setting that there is not, or whose value none of the choices takes."""
    sweep = any(one in ("-m", "--multirun") or one.startswith("sweep=") for one in arguments)
    for word in arguments:
        name = found[1] if (found := SETTING.match(word)) else "hydra"
        if name.partition(".")[0] == "hydra" or name in GROUPS or _holds_names(name):
            continue
        if name not in declared():
            raise ConfigurationError(unknown_setting(name))
        for value in islice(_values(word, sweep=sweep), MOST):
            _check(name, value)


def _holds_names(name: str) -> bool:
    """Whether a name is of a whole feature set, or within a setting whose names are the user's."""
    return name.removeprefix("features.") in SETS or any(name.startswith(f"{one}.") for one in declared())


def _values(word: str, *, sweep: bool) -> Iterator[Any]:
    """The values that an override gives a setting, several of them in a sweep; none of what Hydra has to look up."""
    try:
        (override,) = OverridesParser.create().parse_overrides([word])
    except (HydraException, ValueError, RecursionError):
        return
    if override.value_type == ValueType.GLOB_CHOICE_SWEEP:
        raise ConfigurationError(f"{word}: glob(…) finds choices of a group, as in init=glob(*), and no values")
    if "${" in word or override.is_interval_sweep():
        return
    if not override.is_sweep_override():
        yield override.value()
    elif sweep:
        values = (one.text if isinstance(one, QuotedString) else one for one in override.sweep_iterator())
        yield from (one for one in values if not isinstance(one, list | dict))


def _check(name: str, value: Any) -> None:
    """Raises ConfigurationError if none of the dataclasses that have a setting takes the value."""
    own, mistaken, refused = name.rpartition(".")[2], "", ""
    for schema in declared()[name].values():
        node: Any = OmegaConf.structured(schema)
        try:
            node[own] = value
            if expected := {one.name: one.metadata for one in fields(schema)}[own].get("expected"):
                expected.check(name, OmegaConf.to_object(node[own]) if OmegaConf.is_config(node[own]) else node[own])
            return
        except OmegaConfBaseException as error:
            mistaken = f"{name}={value}: {plainly(error)}"
        except ConfigurationError as error:
            refused = str(error)
    raise ConfigurationError(refused or mistaken)
