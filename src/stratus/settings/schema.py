"""What each group of the configuration may say: a dataclass a group, which checks its own values.

Nothing in this module imports torch, so that every mistake is answered at once. `_target_` is what a group builds.
"""

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, make_dataclass, replace
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from omegaconf import MISSING

from stratus import lecture
from stratus.data.borders import Borders
from stratus.data.features import FEATURES
from stratus.data.recipe import Recipe
from stratus.data.targets import TARGETS
from stratus.errors import ConfigurationError

if TYPE_CHECKING:
    from stratus.data.observations import Loaded


def require(condition: bool, setting: str, value: object, expected: str) -> None:
    """Raises ConfigurationError, naming setting, value and what was expected, unless the condition holds."""
    if not condition:
        raise ConfigurationError(f"{setting}={value}: expected {expected}")


def positive(setting: str, value: float | None, *, zero: bool = False) -> None:
    """Raises ConfigurationError unless a number is finite and above 0, or 0 where that is allowed; None passes."""
    fine = value is None or (math.isfinite(value) and (value >= 0 if zero else value > 0))
    require(fine, setting, value, "a finite number of 0 or more" if zero else "a finite number above 0")


def _day(setting: str, value: str | None) -> date | None:
    try:
        return None if value is None else date.fromisoformat(value)
    except ValueError:
        raise ConfigurationError(f"{setting}={value}: expected a day as YYYY-MM-DD") from None


_BORDERS = ("train_from", "validation_from", "test_from", "until")


@dataclass
class Data:
    """Which stations, and where the splits begin; what all sources of data have."""

    stations: list[str] | None = None  # null: all there are
    train_from: str | None = None  # null: from the table's first day
    validation_from: str | None = "2014-01-01"  # null: no validation split
    test_from: str = "2015-01-01"
    until: str | None = None  # the last day; null: the table's
    batch_size: int | None = 32  # training days a step; null: all of them
    resample: int | None = None  # number of a resample of the training days, by whole weeks; null: the days themselves

    def __post_init__(self) -> None:
        positive("data.batch_size", self.batch_size)
        positive("data.resample", self.resample, zero=True)
        given = [(name, day) for name in _BORDERS if (day := getattr(self.borders, name))]
        for (before, first), (after, second) in pairwise(given):
            require(first < second, f"data.{after}", second, f"a day after data.{before}={first}")

    @property
    def borders(self) -> Borders:
        """Where the splits begin."""
        days: dict[str, Any] = {name: _day(f"data.{name}", getattr(self, name)) for name in _BORDERS}
        return Borders(**days)

    def load(self) -> "Loaded":
        """The observations that these settings stand for, their stations chosen and named.

        Raises:
            DataError: A file is missing or broken, or a station is not in it or cannot be fetched.
        """
        raise NotImplementedError

    def _recorded(self, loaded: "Loaded") -> "Loaded":
        """The same, with these settings in its provenance, for `source_from_record`."""
        (kind,) = (name for name, of in SOURCES.items() if type(self) is of)
        return replace(loaded, provenance=replace(loaded.provenance, source={"kind": kind, **asdict(self)}))


@dataclass
class Csv(Data):
    """A file in the daily table's own columns."""

    path: str = MISSING

    def load(self) -> "Loaded":
        """See `Data`."""
        from stratus.data.sources import from_csv  # noqa: PLC0415 - not for --help

        return self._recorded(from_csv(self.path, self.stations))


@dataclass
class Ghcn(Data):
    """Stations of GHCN-Daily: fetched by their ids, or read from files in any of its layouts."""

    path: str | None = None  # files, with * and ?; null: fetch the stations
    station: str | None = None  # the id of one station, or several as stations=[…]
    names: dict[str, str] = field(default_factory=dict)  # id: the name it is shown by
    units: str | None = None  # metric or standard, of a Climate Data Online export
    ice_pellets: bool = False  # count them as hail
    source: str | None = None  # another base address than NOAA's
    offline: bool = False  # never fetch, use what is cached

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.units in (None, "metric", "standard"), "data.units", self.units, "metric, standard or null")
        if self.path is None and not self.ids:
            raise ConfigurationError(
                "data=ghcn: name a station, data.station=GME00102380, or files, data.path=my/*.dly"
            )

    @property
    def ids(self) -> list[str]:
        """The ids of the stations asked for."""
        return [*([self.station] if self.station else []), *(self.stations or [])]

    def load(self) -> "Loaded":
        """See `Data`."""
        from stratus.data.sources import from_ghcn  # noqa: PLC0415 - not for --help

        plain = {name: getattr(self, name) for name in ("path", "names", "units", "ice_pellets", "source", "offline")}
        return self._recorded(from_ghcn(self.ids, **plain))


@dataclass
class Store(Data):
    """A store that `stratus store build` made; its samples are kept on disk where they would not fit `memory`."""

    path: str = MISSING
    memory: float = 2.0  # GiB that the table and its samples may take

    def __post_init__(self) -> None:
        super().__post_init__()
        positive("data.memory", self.memory)

    def load(self) -> "Loaded":
        """See `Data`."""
        from stratus.data.sources import from_store  # noqa: PLC0415 - not for --help

        train_from = self.borders.train_from
        return self._recorded(from_store(self.path, self.stations, memory=self.memory, train_from=train_from))


SOURCES: dict[str, type[Data]] = {"csv": Csv, "ghcn": Ghcn, "store": Store}
"""By the name that a record gives them."""


def source_from_record(source: Mapping[str, Any]) -> Data:
    """The settings of a source that a record keeps as `data.source`."""
    kept = dict(source)
    return SOURCES[kept.pop("kind")](**kept)


@dataclass
class Task:
    """Which of the files in tasks/ is trained, what it can be asked (see `Target.asks`), and what it is."""

    name: str = MISSING
    asks: str = MISSING
    target: str = MISSING

    def __post_init__(self) -> None:
        fitting = [name for name, target in TARGETS.items() if target.asks == self.asks]
        require(self.target in fitting, "task.target", self.target, f"for task={self.name} one of {', '.join(fitting)}")

    @property
    def settings(self) -> dict[str, Any]:
        """What the task's own constructor takes beyond what all tasks share."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("name", "asks", "target")}


@dataclass
class Classification(Task):
    """A task of classes, which may be weighed in the loss: balanced gives rare ones as much say as common ones."""

    class_weights: str | None = None  # balanced, or null

    def __post_init__(self) -> None:
        super().__post_init__()
        known = self.class_weights in (None, "balanced")
        require(known, "task.class_weights", self.class_weights, "balanced or null")


@dataclass
class Regression(Task):
    """Linear regression counts a forecast within `tolerance` (the target's unit) as accurate."""

    tolerance: float = 2.0

    def __post_init__(self) -> None:
        super().__post_init__()
        positive("task.tolerance", self.tolerance)


@dataclass
class Optimizer:
    """What all optimisers have."""

    _target_: str = MISSING
    lr: float = MISSING

    def __post_init__(self) -> None:
        positive("optimizer.lr", self.lr)


@dataclass
class SGD(Optimizer):
    """A step along the negative gradient of a batch; of all training days where data.batch_size is null."""

    _target_: str = "torch.optim.SGD"
    momentum: float = 0.0
    nesterov: bool = False
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        require(0 <= self.momentum < 1, "optimizer.momentum", self.momentum, "a number from 0 to below 1")
        require(self.momentum > 0 or not self.nesterov, "optimizer.nesterov", "true", "a momentum above 0 with it")
        positive("optimizer.weight_decay", self.weight_decay, zero=True)


@dataclass
class Adam(Optimizer):
    """Steps scaled by parameter."""

    _target_: str = "torch.optim.Adam"
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        positive("optimizer.weight_decay", self.weight_decay, zero=True)


@dataclass
class LBFGS(Optimizer):
    """Quasi-Newton steps of a searched length; up to `max_iter` of them an epoch."""

    _target_: str = "torch.optim.LBFGS"
    max_iter: int = 20
    line_search_fn: str | None = "strong_wolfe"

    def __post_init__(self) -> None:
        super().__post_init__()
        positive("optimizer.max_iter", self.max_iter)


@dataclass
class Schedule:
    """What all schedules have."""

    _target_: str | None = None


@dataclass
class Constant(Schedule):
    """The learning rate stays."""


@dataclass
class Cosine(Schedule):
    """Half a cosine from the learning rate to the share `final` of it."""

    _target_: str | None = "stratus.training.descent.cosine"
    final: float = 0.0

    def __post_init__(self) -> None:
        require(0 <= self.final <= 1, "schedule.final", self.final, "a share from 0 to 1")


@dataclass
class Step(Schedule):
    """The learning rate times `factor` after each `every` epochs."""

    _target_: str | None = "stratus.training.descent.step"
    every: int = 30
    factor: float = 0.1

    def __post_init__(self) -> None:
        positive("schedule.every", self.every)
        positive("schedule.factor", self.factor)


@dataclass
class Init:
    """What all starts have."""

    _target_: str = MISSING


@dataclass
class Zeros(Init):
    """θ = 0."""

    _target_: str = "stratus.training.descent.zeros"


@dataclass
class RandomInit(Init):
    """A random start of scale `sigma`."""

    sigma: float = 1.0

    def __post_init__(self) -> None:
        positive("init.sigma", self.sigma, zero=True)


@dataclass
class Gaussian(RandomInit):
    """θ ~ N(0, σ)."""

    _target_: str = "stratus.training.descent.gaussian"


@dataclass
class Uniform(RandomInit):
    """θ ~ U(-σ, σ)."""

    _target_: str = "stratus.training.descent.uniform"


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
        positive("trainer.max_epochs", self.max_epochs)
        positive("trainer.gradient_clip_val", self.gradient_clip_val)
        positive("trainer.limit_train_batches", self.limit_train_batches)
        every = self.check_val_every_n_epoch
        positive("trainer.check_val_every_n_epoch", every)
        most = f"at most trainer.max_epochs={self.max_epochs}"
        require(every <= self.max_epochs, "trainer.check_val_every_n_epoch", every, most)

    @property
    def single(self) -> bool:
        """Whether one process trains; Lightning starts one for each further device."""
        one = self.devices in (1, "1") or (isinstance(self.devices, list) and len(self.devices) == 1)
        return one and not self.strategy.startswith("ddp")


def _feature_schema(function: Callable[..., Any]) -> type:
    """A dataclass of a feature set's own settings, read from its signature, so that the two cannot differ."""
    parameters = list(inspect.signature(function).parameters.values())[1:]
    settings = [(p.name, p.annotation, field(default=p.default)) for p in parameters]
    return make_dataclass(function.__name__, settings, namespace={"__module__": __name__})


@dataclass
class _Features:
    lead_days: int = 0  # days between the last day known and the target day
    standardise: bool = True  # scale inputs to mean 0 and variance 1 over the training days

    def __post_init__(self) -> None:
        positive("features.lead_days", self.lead_days, zero=True)
        for name, settings in self.chosen.items():
            for setting, value in settings.items():
                positive(f"features.{name}.{setting}", value)

    @property
    def chosen(self) -> dict[str, dict[str, Any]]:
        """The feature sets that are not null, with their settings."""
        sets = {name: getattr(self, name, None) for name in FEATURES}
        return {name: asdict(one) for name, one in sets.items() if one is not None}


if TYPE_CHECKING:
    Features = _Features
else:  # each feature set is null or its settings
    schemas = {name: _feature_schema(function) for name, function in FEATURES.items()}
    globals().update(schemas)  # where pickle looks for them
    sets = [(name, schema | None, field(default=None)) for name, schema in schemas.items()]
    Features = make_dataclass("Features", sets, bases=(_Features,), namespace={"__module__": __name__})


@dataclass
class Config:
    """The whole configuration."""

    task: Task = MISSING
    data: Data = MISSING
    features: Features = MISSING
    optimizer: Optimizer = MISSING
    schedule: Schedule = MISSING
    init: Init = MISSING
    trainer: Trainer = MISSING
    seed: int = 0
    patience: int | None = None  # epochs without a lower validation loss after which training stops
    resume: str | None = None  # a run's folder
    pictures: str = "all"  # none: nothing is drawn
    lesson: str | None = None  # a module of lecture/, which gets the finished run

    def __post_init__(self) -> None:
        require(self.pictures in ("all", "none"), "pictures", self.pictures, "all or none")
        require(self.lesson in (None, *lecture.NAMES), "lesson", self.lesson, f"one of {', '.join(lecture.NAMES)}")
        require(0 <= self.seed < 2**32, "seed", self.seed, "a whole number from 0 to below 2^32")
        positive("patience", self.patience)
        if self.lesson and isinstance(self.data, Store):
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
