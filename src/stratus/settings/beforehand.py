"""What is wrong with the settings on a command line whatever the choices are: said before Hydra composes.

Hydra would take twice as long to say it of a run, and say it of a job of a sweep once those before it have trained.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import fields
from itertools import islice
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import IntervalSweep, QuotedString, ValueType
from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from stratus.errors import ConfigurationError
from stratus.settings.arguments import is_sweep
from stratus.settings.checks import require
from stratus.settings.features import SETS
from stratus.settings.mistakes import KINDS, plainly
from stratus.settings.names import GROUPS, declared, unknown_setting

SEARCHED = ("sweep=optuna", "hydra/sweeper=", "--config-")  # what may choose a sweeper that takes ranges
SETTING = re.compile(r"\+{0,2}([^\W\d_]\w*(?:\.\w+)*)=")
SEVERAL_DEVICES = (
    "several devices, as trainer=ddp has, start further processes, each of which would run the whole sweep again: run "
    "such jobs one by one, or sweep with trainer=cpu or trainer=gpu"
)
MOST = 1000  # values of a sweep that are looked at


def check(arguments: Sequence[str]) -> None:
    """Raises ConfigurationError for the first setting that there is not, or whose value none of the choices takes."""
    sweep, searched = is_sweep(arguments), any(one.startswith(SEARCHED) for one in arguments)
    if sweep and "trainer=ddp" in arguments:
        raise ConfigurationError(SEVERAL_DEVICES)
    for word in () if "--shell-completion" in arguments else arguments:
        name = found[1] if (found := SETTING.match(word)) else "hydra"
        if name.partition(".")[0] == "hydra" or name in GROUPS or _holds_names(name):
            continue
        if name not in declared():
            raise ConfigurationError(unknown_setting(name))
        for value in islice(_values(word, sweep=sweep, searched=searched), MOST):
            _check(name, value)


def _holds_names(name: str) -> bool:
    """Whether a name is of a whole feature set, or within a setting whose names are the user's."""
    return name.removeprefix("features.") in SETS or any(name.startswith(f"{one}.") for one in declared())


def _values(word: str, *, sweep: bool, searched: bool) -> Iterator[Any]:
    """The values that an override gives a setting, several of them in a sweep; none of what Hydra has to look up."""
    try:
        (override,) = OverridesParser.create().parse_overrides([word])
    except (HydraException, ValueError, RecursionError):
        return
    if override.value_type == ValueType.GLOB_CHOICE_SWEEP:
        raise ConfigurationError(f"{word}: glob(…) finds choices of a group, as in init=glob(*), and no values")
    if "${" in word:
        return
    if isinstance(found := override.value(), IntervalSweep):
        if not searched:
            raise ConfigurationError(f"{word}: a range to search needs sweep=optuna")
        yield from (one for one in (found.start, found.end) if one)  # no search tries 0 itself
        return
    if not override.is_sweep_override():
        yield override.value()
    elif sweep:
        values = (one.text if isinstance(one, QuotedString) else one for one in override.sweep_iterator())
        yield from (one for one in values if not isinstance(one, list | dict))


def _check(name: str, value: Any) -> None:
    """Raises ConfigurationError if none of the dataclasses that have a setting takes the value."""
    own, mistaken, refused = name.rpartition(".")[2], "", ""
    shown = repr(value) if isinstance(value, str) and value.startswith(("[", "{")) else value  # a text, in quotes
    for schema in declared()[name].values():
        node: Any = OmegaConf.structured(schema)
        expected = {one.name: one.metadata for one in fields(schema)}[own].get("expected")
        try:
            node[own] = value
            if isinstance(node[own], bool) and isinstance(value, int | float):
                require(value in (0, 1), name, value, KINDS["Boolean"])  # which OmegaConf takes for true
            if expected:
                expected.check(name, OmegaConf.to_object(node[own]) if OmegaConf.is_config(node[own]) else node[own])
            return
        except OmegaConfBaseException as error:
            words = plainly(error)
            mistaken = (
                f"{name}={shown}: {f'expected {expected.words}' if expected and KINDS['String'] in words else words}"
            )
        except ConfigurationError as error:
            refused = str(error)
    raise ConfigurationError(refused or mistaken)
