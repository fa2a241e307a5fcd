"""The whole configuration of one run."""

from dataclasses import dataclass

from omegaconf import MISSING

from stratus.data.recipe import Recipe
from stratus.errors import ConfigurationError
from stratus.settings.checks import positive, require, setting
from stratus.settings.data import Data, StoreData
from stratus.settings.descent import LBFGS, Init, Optimizer, Schedule
from stratus.settings.features import Features
from stratus.settings.task import Task
from stratus.settings.trainer import Trainer


@dataclass
class Config:
    """What one run is told, each group with its own settings."""

    task: Task = MISSING
    data: Data = MISSING
    features: Features = MISSING
    optimizer: Optimizer = MISSING
    schedule: Schedule = MISSING
    init: Init = MISSING
    trainer: Trainer = MISSING
    seed: int = setting(0, "decides the order of the days and a random start")
    patience: int | None = setting(None, "stop after so many epochs without a lower validation loss; null: never")
    resume: str | None = setting(None, "folder of a run to go on with, under its own settings")
    pictures: str = setting("all", "all, or none to draw none")
    lesson: str | None = setting(None, "lesson of the lecture to show; experiment=lecture/… sets it")

    def __post_init__(self) -> None:
        require(self.pictures in ("all", "none"), "pictures", self.pictures, "all or none")
        require(0 <= self.seed < 2**32, "seed", self.seed, "a whole number from 0 to below 2^32")
        positive("patience", self.patience)
        if self.lesson and isinstance(self.data, StoreData):
            raise ConfigurationError(f"lesson={self.lesson} needs its table in memory: take another data than store")
        if self.patience is not None and self.data.validation_from is None:
            raise ConfigurationError(f"patience={self.patience} watches the validation loss: set data.validation_from")
        if isinstance(self.optimizer, LBFGS) and self.data.batch_size is not None:
            raise ConfigurationError(
                f"optimizer=lbfgs searches along one fixed loss and cannot take batches "
                f"(data.batch_size={self.data.batch_size}): leave data.batch_size=null"
            )

    @property
    def recipe(self) -> Recipe:
        """What samples are made of the table."""
        return Recipe(self.task.target, self.features.chosen, self.features.lead_days)
