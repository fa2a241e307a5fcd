"""Linear weather forecasts trained by gradient descent: what a notebook needs.

Each name is imported when it is first used, so that `import stratus` costs nothing.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "BinaryClassification": "tasks.binary",
    "Forecasts": "verification.forecasts",
    "Input": "data.features.input",
    "LinearRegression": "tasks.regression",
    "Model": "verification.model",
    "MulticlassClassification": "tasks.multiclass",
    "MultilabelClassification": "tasks.multilabel",
    "Recipe": "data.recipe",
    "WeatherDataModule": "data.datamodule",
    "evaluate": "verification.verify",
    "load": "training.checkpoints",
    "read_csv": "data.daily_table",
    "select": "data.daily_table",
    "split": "data.splits",
    "zeros": "training.starts",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    """A public name, from the module that defines it."""
    if name not in _HOMES:
        raise AttributeError(f"module 'stratus' has no attribute '{name}'")
    return getattr(import_module(f"stratus.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """The public names."""
    return [*__all__, *globals()]
