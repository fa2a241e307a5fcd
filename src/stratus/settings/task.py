"""`task=…`: what is forecast, and what is asked of the model."""

from dataclasses import asdict, dataclass
from typing import Any

from omegaconf import MISSING

from stratus.data.targets import TARGETS
from stratus.settings.checks import positive, require, setting


@dataclass
class Task:
    """What all tasks have."""

    target: str = setting(MISSING, "what is forecast")

    def __post_init__(self) -> None:
        require(self.target in self.targets, "task.target", self.target, f"for task={self.name} one of {self._fitting}")

    @property
    def name(self) -> str:
        """The file in tasks/ that defines the task."""
        raise NotImplementedError

    @property
    def asks(self) -> str:
        """What the task can answer; see `Target.asks`."""
        raise NotImplementedError

    @property
    def targets(self) -> list[str]:
        """The targets that it can be asked for."""
        return [name for name, target in TARGETS.items() if target.asks == self.asks]

    @property
    def _fitting(self) -> str:
        return ", ".join(self.targets)

    @property
    def settings(self) -> dict[str, Any]:
        """What the task's constructor takes beyond what all tasks share."""
        return {name: value for name, value in asdict(self).items() if name not in ("name", "target")}


@dataclass
class OwnTask(Task):
    """A task that a user adds: `name` is its file in tasks/, and any target may be asked."""

    name: str = setting(MISSING, "file in tasks/ that defines the task")

    @property
    def targets(self) -> list[str]:
        """All of them."""
        return list(TARGETS)


@dataclass
class Classification(Task):
    """A task of classes, which may be weighted in the loss."""

    class_weights: str | None = setting(None, "balanced: rare classes count as much in the loss as common ones")

    def __post_init__(self) -> None:
        super().__post_init__()
        known = self.class_weights in (None, "balanced")
        require(known, "task.class_weights", self.class_weights, "balanced or null")


@dataclass
class BinaryTask(Classification):
    """Whether an event happens."""

    name = "binary"
    asks = "event"


@dataclass
class MulticlassTask(Classification):
    """Which of several classes."""

    name = "multiclass"
    asks = "category"


@dataclass
class MultilabelTask(Classification):
    """Whether an event happens, at each station."""

    name = "multilabel"
    asks = "events"


@dataclass
class RegressionTask(Task):
    """A number."""

    name = "regression"
    asks = "number"

    tolerance: float = setting(2.0, "a forecast within so much of the truth counts as accurate; the target's unit, °C")

    def __post_init__(self) -> None:
        super().__post_init__()
        positive("task.tolerance", self.tolerance)
