"""Composes a sweep's jobs by what they differ in: Hydra takes a tenth of a second for each, whatever it is."""

import copy
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from hydra._internal.config_loader_impl import ConfigLoaderImpl, get_overrides_dirname
from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, OverrideType
from omegaconf import DictConfig, OmegaConf, open_dict, read_write


@dataclass
class Composed:
    """A job's configuration.

    Attributes:
        whole: As Hydra's callbacks are given it.
        own: Without the node `hydra`, as the task function is given it.
        hydra: The node `hydra` as plain values, its interpolations as they are.
        values: The overrides that have been set in it since Hydra composed it.
    """

    whole: DictConfig
    own: DictConfig = field(init=False)
    hydra: dict[str, Any] = field(init=False)
    values: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.own = copy.deepcopy(self.whole)
        with open_dict(self.own):
            del self.own["hydra"]
        self.hydra = OmegaConf.to_container(self.whole.hydra, enum_to_str=True)  # type: ignore[assignment]

    def set(self, name: str, value: str | int | list[str]) -> None:
        """Sets one of Hydra's own settings, by its dotted name."""
        *path, last = name.split(".")
        tree, plain = self.whole.hydra, self.hydra
        for part in path:
            tree, plain = tree[part], plain[part]
        if plain[last] == value:
            return
        with read_write(tree), open_dict(tree):
            if isinstance(value, list) and len(plain[last]) == len(value):
                for k in (k for k, one in enumerate(value) if plain[last][k] != one):
                    tree[last][k] = value[k]  # a list takes long to make
            else:
                tree[last] = value
        plain[last] = value

    def override(self, values: list[Override]) -> None:
        """Sets the job's values, of which many are those of the job before.

        Raises:
            HydraException: If a setting does not take its value.
        """
        before, self.values = self.values, []  # where one of them is refused, the next job sets all
        new = [one for one in values if one.input_line not in before]
        with read_write(self.whole):
            for config in (self.whole, self.own):
                ConfigLoaderImpl._apply_overrides_to_config(new, config)
        self.values = [str(one.input_line) for one in values]


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
        self._composed: dict[tuple[str, ...], Composed] = {}
        self._options: dict[str, bool] = {}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "loader" not in vars(self):  # pickle asks before there is one
            raise AttributeError(name)
        return getattr(self.loader, name)

    def load_sweep_config(self, master_config: DictConfig, sweep_overrides: list[str]) -> DictConfig:
        """A job's configuration, as Hydra's loader composes it."""
        return self.compose(master_config, sweep_overrides).whole

    def compose(self, master: DictConfig, overrides: list[str]) -> Composed:
        """The same, with what follows from it.

        Raises:
            HydraException: If there is no such setting or choice, or it does not take the value.
        """
        parsed = [_parsed(line) for line in overrides]
        values = [one for one in parsed if self._is_value(one)]
        choices = [one for one in parsed if self._is_choice(one)]
        names = [one.key_or_group for one in values]
        if len(values) + len(choices) < len(parsed) or len(set(names)) < len(names):
            return Composed(self.loader.load_sweep_config(master, overrides))
        composed = self._kind(master, [str(one.input_line) for one in choices], names)
        composed.override(values)
        tasks = [one for one in parsed if not one.is_hydra_override()]
        form = composed.whole.hydra.job.config.override_dirname
        composed.set("overrides.task", [str(one.input_line) for one in tasks])
        dirname = get_overrides_dirname(tasks, form.exclude_keys, form.item_sep, form.kv_sep)
        composed.set("job.override_dirname", dirname)
        return composed

    def _kind(self, master: DictConfig, choices: list[str], names: list[str]) -> Composed:
        """What jobs with the same choices, and the same settings at other values, are made from."""
        kind = (*choices, *names)
        if kind not in self._composed:
            self._composed[kind] = Composed(self.loader.load_sweep_config(master, choices))
        return self._composed[kind]

    def _is_group(self, name: str) -> bool:
        if name not in self._options:
            self._options[name] = bool(self.loader.get_group_options(name))
        return self._options[name]

    def _is_value(self, override: Override) -> bool:
        plain = override.type == OverrideType.CHANGE and override.package is None and not override.is_hydra_override()
        scalar = not isinstance(override.value(), dict | list)
        return plain and scalar and not self._is_group(override.key_or_group)

    def _is_choice(self, override: Override) -> bool:
        return override.is_hydra_override() or (
            override.type == OverrideType.CHANGE and self._is_group(override.key_or_group)
        )


@cache
def _parsed(line: str) -> Override:
    return OverridesParser.create().parse_override(line)
