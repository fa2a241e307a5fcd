"""`task=…`: what is forecast, and what is asked of the model."""

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from omegaconf import MISSING

from stratus.data.targets import TARGETS
from stratus.settings.checks import NOT_NEGATIVE, POSITIVE, Expected, SettingsGroup, require, setting

BALANCED = Expected("balanced or null", lambda value: value == "balanced")


@dataclass
class Task(SettingsGroup, group="task"):
    """What all tasks have."""

    asks: ClassVar[str | None] = None  # what the task can answer, see `Target.asks`; None for any target
    name = ""  # the file in tasks/ that defines the task
    target: str = setting(MISSING, "what is forecast")
    rain_from: float = setting(
        0.0, "mm from which on a day is wet, with weather of rain or drizzle; 0: any", NOT_NEGATIVE
    )

    def __post_init__(self) -> None:
        fitting = [name for name, target in TARGETS.items() if self.asks in (None, target.asks)]
        require(self.target in fitting, "task.target", self.target, f"for task={self.name} one of {', '.join(fitting)}")

    @property
    def settings(self) -> dict[str, Any]:
        """What the task's constructor takes beyond what all tasks share."""
        return {name: value for name, value in asdict(self).items() if name not in ("name", "target", "rain_from")}


@dataclass
class OwnTask(Task):
    """A task that a user adds; any target may be asked."""

    name: str = setting(MISSING, "file in tasks/ that defines the task")


@dataclass
class Classification(Task):
    """A task of classes, which may be weighted in the loss."""

    class_weights: str | None = setting(None, "balanced: rare and common classes count alike in the loss", BALANCED)


@dataclass
class BinaryTask(Classification, name="binary", asks="event"):
    """Whether an event happens."""


@dataclass
class MulticlassTask(Classification, name="multiclass", asks="category"):
    """Which of several classes."""


@dataclass
class MultilabelTask(Classification, name="multilabel", asks="events"):
    """Whether an event happens, at each station."""


@dataclass
class RegressionTask(Task, name="regression", asks="number"):
    """A number."""

    tolerance: float = setting(2.0, "largest error that counts as accurate; in the target's unit, °C", POSITIVE)


NAMED = (BinaryTask, MulticlassTask, MultilabelTask, RegressionTask)
TASKS: dict[str, type[Task]] = {**{task.name: task for task in NAMED}, "task": OwnTask}
