"""What a configuration may say: a dataclass for each group, checked here before anything is loaded or built.

Nothing in this module imports torch, so that every mistake is answered at once. What a configuration builds is
exactly what the dataclasses below name as `_target_`: a name that is changed on the command line, in a file or in
a checkpoint is refused.
"""

import inspect
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields, make_dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from hydra.core.config_store import ConfigStore
from hydra.utils import get_method
from omegaconf import MISSING, DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from stratus import record
from stratus.errors import ConfigurationError
from stratus.features import FEATURES
from stratus.samples import Recipe
from stratus.targets import TARGETS

PROJECT = Path(__file__).parents[2]


def _require(condition: bool, setting: str, value: object, expected: str) -> None:
    if not condition:
        raise ConfigurationError(f"{setting}={value}: expected {expected}")


def _positive(setting: str, value: float | None, *, zero: bool = False) -> None:
    fine = value is None or (math.isfinite(value) and (value >= 0 if zero else value > 0))
    _require(fine, setting, value, "a finite number of 0 or more" if zero else "a finite number above 0")


def _day(setting: str, value: str | None) -> date | None:
    try:
        return None if value is None else date.fromisoformat(value)
    except ValueError:
        raise ConfigurationError(f"{setting}={value}: expected a day as YYYY-MM-DD") from None


@dataclass
class Data:
    """Which table, which stations of it, and where the splits begin."""

    path: str = MISSING
    stations: list[str] | None = None  # null: all in the file
    train_from: str | None = None  # null: from the table's first day
    validation_from: str | None = "2014-01-01"  # null: no validation split
    test_from: str = "2015-01-01"
    batch_size: int | None = 32  # training days a step; null: all of them

    def __post_init__(self) -> None:
        _positive("data.batch_size", self.batch_size)
        given = [(name, day) for name, day in self.days.items() if day]
        for (before, first), (after, second) in zip(given, given[1:], strict=False):
            _require(first < second, f"data.{after}", second, f"a day after data.{before}={first}")

    @property
    def days(self) -> dict[str, Any]:
        """The days at which the splits begin, as dates."""
        names = ("train_from", "validation_from", "test_from")
        return {name: _day(f"data.{name}", getattr(self, name)) for name in names}


@dataclass
class Task:
    """Which of the files in tasks/ is trained, on which target."""

    name: str = MISSING
    target: str = MISSING

    def __post_init__(self) -> None:
        _require(self.target in TARGETS, "task.target", self.target, f"one of {', '.join(TARGETS)}")

    @property
    def settings(self) -> dict[str, Any]:
        """What the task's own constructor takes beyond what all tasks share."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("name", "target")}


@dataclass
class Regression(Task):
    """Linear regression counts a forecast within `tolerance` (the target's unit) as accurate."""

    tolerance: float = 2.0

    def __post_init__(self) -> None:
        super().__post_init__()
        _positive("task.tolerance", self.tolerance)


@dataclass
class _Descent:
    _target_: str = MISSING
    lr: float = MISSING

    def __post_init__(self) -> None:
        _positive("optimizer.lr", self.lr)


@dataclass
class SGD(_Descent):
    """A step along the negative gradient of a batch; of all training days where data.batch_size is null."""

    _target_: str = "torch.optim.SGD"
    momentum: float = 0.0
    nesterov: bool = False
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        _require(0 <= self.momentum < 1, "optimizer.momentum", self.momentum, "a number from 0 to below 1")
        _require(self.momentum > 0 or not self.nesterov, "optimizer.nesterov", "true", "a momentum above 0 with it")
        _positive("optimizer.weight_decay", self.weight_decay, zero=True)


@dataclass
class Adam(_Descent):
    """Steps scaled by parameter."""

    _target_: str = "torch.optim.Adam"
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        _positive("optimizer.weight_decay", self.weight_decay, zero=True)


@dataclass
class LBFGS(_Descent):
    """Quasi-Newton steps of a searched length; up to `max_iter` of them an epoch."""

    _target_: str = "torch.optim.LBFGS"
    max_iter: int = 20
    line_search_fn: str | None = "strong_wolfe"

    def __post_init__(self) -> None:
        super().__post_init__()
        _positive("optimizer.max_iter", self.max_iter)


@dataclass
class _Schedule:
    _target_: str | None = None


@dataclass
class Constant(_Schedule):
    """The learning rate stays."""


@dataclass
class Cosine(_Schedule):
    """Half a cosine from the learning rate to the share `final` of it."""

    _target_: str | None = "stratus.descent.cosine"
    final: float = 0.0

    def __post_init__(self) -> None:
        _require(0 <= self.final <= 1, "schedule.final", self.final, "a share from 0 to 1")


@dataclass
class Step(_Schedule):
    """The learning rate times `factor` after each `every` epochs."""

    _target_: str | None = "stratus.descent.step"
    every: int = 30
    factor: float = 0.1

    def __post_init__(self) -> None:
        _positive("schedule.every", self.every)
        _positive("schedule.factor", self.factor)


@dataclass
class _Start:
    _target_: str = MISSING


@dataclass
class Zeros(_Start):
    """θ = 0."""

    _target_: str = "stratus.descent.zeros"


@dataclass
class _Random(_Start):
    sigma: float = 1.0

    def __post_init__(self) -> None:
        _positive("init.sigma", self.sigma, zero=True)


@dataclass
class Gaussian(_Random):
    """θ ~ N(0, σ)."""

    _target_: str = "stratus.descent.gaussian"


@dataclass
class Uniform(_Random):
    """θ ~ U(-σ, σ)."""

    _target_: str = "stratus.descent.uniform"


@dataclass
class Trainer:
    """Settings of Lightning's Trainer, under its own names."""

    _target_: str = "lightning.pytorch.Trainer"
    accelerator: str = "cpu"
    devices: Any = 1
    strategy: str = "auto"
    max_epochs: int = 100
    gradient_clip_val: float | None = None
    check_val_every_n_epoch: int = 1
    limit_train_batches: int | None = None
    detect_anomaly: bool = False

    def __post_init__(self) -> None:
        _positive("trainer.max_epochs", self.max_epochs)
        _positive("trainer.gradient_clip_val", self.gradient_clip_val)
        _positive("trainer.check_val_every_n_epoch", self.check_val_every_n_epoch)


def _feature_schema(function: Callable[..., Any]) -> type:
    """A dataclass of a feature set's own settings, read from its signature, so that the two cannot differ."""
    parameters = list(inspect.signature(function).parameters.values())[1:]
    return make_dataclass(function.__name__, [(p.name, p.annotation, field(default=p.default)) for p in parameters])


Features = make_dataclass(
    "Features",
    [
        ("lead_days", int, field(default=0)),
        ("standardise", bool, field(default=True)),
        *((name, _feature_schema(function) | None, field(default=None)) for name, function in FEATURES.items()),
    ],
)


@dataclass
class Config:
    """The whole configuration."""

    task: Task = MISSING
    data: Data = MISSING
    features: Features = MISSING  # type: ignore[valid-type]
    optimizer: _Descent = MISSING
    schedule: _Schedule = MISSING
    init: _Start = MISSING
    trainer: Trainer = MISSING
    seed: int = 0
    patience: int | None = None  # epochs without a lower validation loss after which training stops
    resume: str | None = None  # a run's folder

    def __post_init__(self) -> None:
        _require(0 <= self.seed < 2**32, "seed", self.seed, "a whole number from 0 to below 2^32")
        _positive("patience", self.patience)
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
        chosen: dict[str, Any] = asdict(self.features)  # type: ignore[call-overload]
        lead_days, _ = chosen.pop("lead_days"), chosen.pop("standardise")
        return Recipe(self.task.target, {k: v for k, v in chosen.items() if v is not None}, lead_days)


def _check_target(settings: Any) -> None:
    declared = type(settings)._target_
    if settings._target_ != declared:
        raise ConfigurationError(f"_target_={settings._target_}: {type(settings).__name__} is {declared}, nothing else")


def build(settings: Any) -> Any:
    """The class or function that a group's dataclass names as its `_target_`, its values bound; None for none.

    Raises:
        ConfigurationError: If `_target_` is not the one that the dataclass declares.
    """
    _check_target(settings)
    values = {f.name: getattr(settings, f.name) for f in fields(settings) if f.name != "_target_"}
    return partial(get_method(settings._target_), **values) if settings._target_ else None


def check(config: DictConfig) -> Config:
    """The composed configuration as dataclasses, every value and combination checked.

    Raises:
        ConfigurationError: One line that names the setting and what was expected.
    """
    unknown = set(config) - {f.name for f in fields(Config)}
    if unknown:
        raise ConfigurationError(f"there is no setting {', '.join(map(str, sorted(unknown)))}; see python train.py --help")
    try:
        settings = OmegaConf.to_object(config)
    except OmegaConfBaseException as error:
        raise ConfigurationError(str(error).splitlines()[0] + (f" ({error.full_key})" if error.full_key else "")) from None
    assert isinstance(settings, Config)
    for group in (settings.optimizer, settings.schedule, settings.init, settings.trainer):
        _check_target(group)
    return settings


def with_resumed(arguments: list[str]) -> list[str]:
    """The command line with the overrides of the run that `resume=RUN` names put first; what is given anew wins.

    Raises:
        CheckpointError: If RUN is not a run's folder.
    """

    def key(override: str) -> str:
        return override.partition("=")[0].lstrip("+~")

    given = {key(one): one.partition("=")[2] for one in arguments if "=" in one}
    folder = given.get("resume", "null")
    if folder in ("null", ""):
        return arguments
    overrides: list[str] = record.read(Path(folder))["overrides"]
    return [*(one for one in overrides if key(one) not in given), *arguments]


def register() -> None:
    """Makes the dataclasses known to Hydra as `schema/…`, and `${project:…}`, a path beside train.py."""
    store = ConfigStore.instance()
    store.store(group="schema", name="config", node=Config, package="_global_")
    groups: dict[str, list[type]] = {
        "task": [Task, Regression],
        "optimizer": [SGD, Adam, LBFGS],
        "schedule": [Constant, Cosine, Step],
        "init": [Zeros, Gaussian, Uniform],
    }
    for group, nodes in groups.items():
        for node in nodes:
            store.store(group=f"schema/{group}", name=node.__name__.lower(), node=node)
    OmegaConf.register_new_resolver("project", lambda path: str(PROJECT / path), replace=True)
