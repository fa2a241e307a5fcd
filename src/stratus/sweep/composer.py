"""Composes a sweep's jobs by what they differ in: Hydra takes a tenth of a second for each, whatever it is."""

import copy
from functools import cache
from typing import Any

from hydra._internal.config_loader_impl import ConfigLoaderImpl, get_overrides_dirname
from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, OverrideType
from omegaconf import DictConfig, open_dict, read_write


class Composer:
    """Hydra's loader, which composes each choice of groups once and then sets the jobs' values in it.

    A job whose overrides are choices of groups, Hydra's own settings and plain values gets what Hydra would
    compose: values are set after all groups are merged. Any other goes to Hydra. What is given is changed by the next
    call; Hydra copies it for each job.

    Args:
        loader: Hydra's own.
    """

    def __init__(self, loader: ConfigLoader) -> None:
        self.loader = loader
        self._composed: dict[tuple[str, ...], tuple[DictConfig, DictConfig]] = {}
        self._options = cache(loader.get_group_options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.loader, name)

    def load_sweep_config(self, master_config: DictConfig, sweep_overrides: list[str]) -> DictConfig:
        """A job's configuration, as Hydra's loader composes it."""
        parsed = [_parsed(line) for line in sweep_overrides]
        values = [one for one in parsed if self._is_value(one)]
        choices = [one for one in parsed if self._is_choice(one)]
        if len(values) + len(choices) < len(parsed):
            return self.loader.load_sweep_config(master_config, sweep_overrides)
        config, own = self._kind(master_config, choices, values)
        with read_write(config), read_write(config.hydra):
            for one in (config, own):
                ConfigLoaderImpl._apply_overrides_to_config(values, one)
            tasks = [one for one in parsed if not one.is_hydra_override()]
            config.hydra.overrides.task = [one.input_line for one in tasks]
            form = config.hydra.job.config.override_dirname
            config.hydra.job.override_dirname = get_overrides_dirname(
                tasks, form.exclude_keys, form.item_sep, form.kv_sep
            )
        return config

    def _kind(
        self, master: DictConfig, choices: list[Override], values: list[Override]
    ) -> tuple[DictConfig, DictConfig]:
        """What jobs with the same choices, and the same settings at other values, are made from."""
        lines = [str(one.input_line) for one in choices]
        kind = (*lines, *(one.key_or_group for one in values))
        if kind not in self._composed:
            config = self.loader.load_sweep_config(master, lines)
            self._composed[kind] = config, without_hydra(config)
        return self._composed[kind]

    def own(self, config: DictConfig) -> DictConfig:
        """The same without the node `hydra`, of a configuration just composed."""
        made = (own for whole, own in self._composed.values() if whole is config)
        return next(made, None) or without_hydra(config)

    def _is_value(self, override: Override) -> bool:
        plain = override.type == OverrideType.CHANGE and override.package is None and not override.is_hydra_override()
        scalar = not isinstance(override.value(), dict | list)
        return plain and scalar and not self._options(override.key_or_group)

    def _is_choice(self, override: Override) -> bool:
        return override.is_hydra_override() or (
            override.type == OverrideType.CHANGE and bool(self._options(override.key_or_group))
        )


def without_hydra(config: DictConfig) -> DictConfig:
    """A copy of what the task function is given."""
    own = copy.deepcopy(config)
    with open_dict(own):
        del own["hydra"]
    return own


@cache
def _parsed(line: str) -> Override:
    return OverridesParser.create().parse_override(line)
