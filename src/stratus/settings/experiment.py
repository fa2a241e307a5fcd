"""The whole configuration of one run, and the dataclasses that its groups may have."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from omegaconf import MISSING

from stratus.data.recipe import Recipe
from stratus.errors import ConfigurationError
from stratus.settings import descent
from stratus.settings.checks import POSITIVE, Expected, SettingsGroup, setting
from stratus.settings.data import SOURCES, Data, StoreData
from stratus.settings.features import Features
from stratus.settings.task import TASKS, Task

SHIPPED = Path(__file__).parents[1] / "shipped"  # in an installed package
PROJECT = SHIPPED if SHIPPED.is_dir() else Path(__file__).parents[3]  # where train.py, conf/ and data/ are
SEED = Expected("a whole number from 0 to below 2^32", lambda value: 0 <= value < 2**32)
PICTURES = Expected("all or none", ("all", "none").__contains__)


@dataclass
class Config(SettingsGroup):
    """What one run is told, each group with its own settings."""

    task: Task = MISSING
    data: Data = MISSING
    features: Features = MISSING
    optimizer: descent.Optimizer = MISSING
    schedule: descent.Schedule = MISSING
    init: descent.Init = MISSING
    trainer: descent.Trainer = MISSING
    seed: int = setting(0, "decides the order of the days and a random start", SEED)
    patience: int | None = setting(None, "validations without a lower loss before a stop; null: never", POSITIVE)
    resume: str | None = setting(None, "folder of a run to go on with, under its own settings")
    pictures: str = setting("all", "all, or none to draw none", PICTURES)
    explain: bool = setting(
        False, "tell which inputs matter: weights with intervals, skill lost without a group of them"
    )
    lesson: str | None = setting(None, "lesson of the lecture to show; experiment=lecture/… sets it")

    def __post_init__(self) -> None:
        if self.lesson and isinstance(self.data, StoreData):
            raise ConfigurationError(f"lesson={self.lesson} needs its table in memory: take another data than store")
        if self.patience is not None and self.data.validation_from is None:
            raise ConfigurationError(f"patience={self.patience} watches the validation loss: set data.validation_from")
        if isinstance(self.optimizer, descent.LBFGS | descent.Newton):
            name = type(self.optimizer).__name__.lower()
            if self.data.batch_size is not None:
                raise ConfigurationError(
                    f"optimizer={name} takes the loss of all training days and no batches "
                    f"(data.batch_size={self.data.batch_size}): leave data.batch_size=null"
                )
            if not self.trainer.single:
                raise ConfigurationError(f"optimizer={name} takes the loss of all days, on one device: trainer=cpu")

    @property
    def recipe(self) -> Recipe:
        """What samples are made of the table; a file of the user's own features is run for it."""
        own = self.features
        return Recipe(
            self.task.target,
            own.read(),
            own.lead_days,
            issue_hour=own.issue_hour,
            rain_from=self.task.rain_from,
            seasonal=own.seasonal,
            own=self.data.own,
            missing=own.stand_in,
        )


# By group: what a file of `conf/<group>/` names in its defaults as `/schema_<name>`.
SCHEMAS: dict[str, Mapping[str, type]] = {
    "task": TASKS,
    "data": SOURCES,
    "optimizer": {"sgd": descent.SGD, "adam": descent.Adam, "lbfgs": descent.LBFGS, "newton": descent.Newton},
    "schedule": {"constant": descent.Constant, "cosine": descent.Cosine, "step": descent.Step},
    "init": {"zeros": descent.Zeros, "gaussian": descent.Gaussian, "uniform": descent.Uniform},
}
