"""The tasks, one file each: `conf/task/binary.yaml` names `tasks/binary.py`, which defines one `LinearTask`."""

import pkgutil
from importlib import import_module

from stratus.errors import ConfigurationError
from stratus.tasks.linear import LinearTask

NAMES = sorted({module.name for module in pkgutil.iter_modules(__path__)} - {"linear", "weights"})  # of the tasks


def find(name: str) -> type[LinearTask]:
    """The LightningModule that the file `name` of this folder defines; ConfigurationError if there is none."""
    if name not in NAMES:
        raise ConfigurationError(f"there is no task '{name}'; there are: {', '.join(NAMES)}")
    module = import_module(f"{__name__}.{name}")
    own = [one for one in vars(module).values() if isinstance(one, type) and one.__module__ == module.__name__]
    (task,) = [one for one in own if issubclass(one, LinearTask)]
    return task
