"""The whole configuration of one run, and the dataclasses that its groups may have."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from omegaconf import MISSING

from stratus.data.recipe import Recipe
from stratus.errors import ConfigurationError
from stratus.settings import descent
from stratus.settings.checks import POSITIVE, Expected, SettingsGroup, require, require_extra, setting
from stratus.settings.data import SOURCES, Data, StoreData
from stratus.settings.features import Features
from stratus.settings.task import TASKS, Task

MAY_BE_NONE = ("experiment", "sweep")  # groups of which no choice need be made
SHIPPED = Path(__file__).parents[1] / "shipped"  # in an installed package
PROJECT = SHIPPED if SHIPPED.is_dir() else Path(__file__).parents[3]  # where train.py, conf/ and data/ are
SEED = Expected("a whole number from 0 to below 2^32", lambda value: 0 <= value < 2**32)
LOGGERS = {"tensorboard": None, "csv": None, "wandb": "wandb", "mlflow": "mlflow"}  # with the package that each needs
LOGGER = Expected(
    f"one of {', '.join(LOGGERS)}, several as [tensorboard,csv] with each once, or none",
    lambda value: value in ("none", *LOGGERS) or (value and sorted(value) == sorted({*value} & {*LOGGERS})),
)
CALLBACKS = Expected(
    "a list of FILE.py:NAME, a function or class in a file of yours",
    lambda value: all(re.fullmatch(r".+:\w+", one) for one in value),
)
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
    logger: Any = setting("tensorboard", f"where curves and scores go: {LOGGER.words}", LOGGER)
    callbacks: list[str] = field(
        default_factory=list,
        metadata={"help": "callbacks of Lightning's of your own: [my.py:Name]", "expected": CALLBACKS},
    )
    tags: list[str] = field(default_factory=list, metadata={"help": "words that the record and tables show"})
    test: bool = setting(True, "score the test days; false leaves that to stratus evaluate")
    pictures: str = setting("all", "all, or none to draw none", PICTURES)
    explain: bool = setting(
        False, "tell which inputs matter: weights with intervals, skill lost without a group of them"
    )
    lesson: str | None = setting(None, "lesson of the lecture to show; experiment=lecture/… sets it")

    def __post_init__(self) -> None:
        for name in self.loggers:
            require_extra(f"logger={name}", name, LOGGERS[name])
        unscored = {"lesson": self.lesson, "explain": self.explain or None}
        unscored |= {f"data.{name}": getattr(self.data, name) for name in ("test_year", "resample")}
        for name, value in unscored.items():
            require(self.test or value is None, "test", "false", f"true, since {name} is about the test days")
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
    def loggers(self) -> list[str]:
        """Names of the chosen loggers."""
        if self.logger in (None, "none"):
            return []
        return [self.logger] if isinstance(self.logger, str) else list(self.logger)

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
    "optimizer": {
        "sgd": descent.SGD,
        "adam": descent.Adam,
        "lbfgs": descent.LBFGS,
        "newton": descent.Newton,
        "own": descent.OwnOptimizer,
    },
    "schedule": {
        "constant": descent.Constant,
        "cosine": descent.Cosine,
        "step": descent.Step,
        "own": descent.OwnSchedule,
    },
    "init": {"zeros": descent.Zeros, "gaussian": descent.Gaussian, "uniform": descent.Uniform},
}
