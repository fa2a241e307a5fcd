"""Linear weather forecasts trained by gradient descent: what a notebook needs.

Each name is imported when it is first used, so that `import stratus` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stratus.data.datamodule import WeatherDataModule
    from stratus.data.recipe import Recipe
    from stratus.data.splits import split
    from stratus.data.table import read_csv, select
    from stratus.tasks.binary import BinaryClassification
    from stratus.tasks.multiclass import MulticlassClassification
    from stratus.tasks.multilabel import MultilabelClassification
    from stratus.tasks.regression import LinearRegression
    from stratus.training.checkpoints import load
    from stratus.training.starts import zeros
    from stratus.verification.forecasts import Forecasts
    from stratus.verification.model import Model
    from stratus.verification.verify import evaluate

__all__ = [
    "BinaryClassification",
    "Forecasts",
    "LinearRegression",
    "Model",
    "MulticlassClassification",
    "MultilabelClassification",
    "Recipe",
    "WeatherDataModule",
    "evaluate",
    "load",
    "read_csv",
    "select",
    "split",
    "zeros",
]

_HOMES = {
    "BinaryClassification": "tasks.binary",
    "Forecasts": "verification.forecasts",
    "LinearRegression": "tasks.regression",
    "Model": "verification.model",
    "MulticlassClassification": "tasks.multiclass",
    "MultilabelClassification": "tasks.multilabel",
    "Recipe": "data.recipe",
    "WeatherDataModule": "data.datamodule",
    "evaluate": "verification.verify",
    "load": "training.checkpoints",
    "read_csv": "data.table",
    "select": "data.table",
    "split": "data.splits",
    "zeros": "training.starts",
}


def __getattr__(name: str) -> Any:
    """A public name, from the module that defines it."""
    if name not in _HOMES:
        raise AttributeError(f"module 'stratus' has no attribute '{name}'")
    return getattr(import_module(f"stratus.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """The public names."""
    return [*__all__, *globals()]
