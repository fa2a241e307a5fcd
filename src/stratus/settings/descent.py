"""`optimizer=…`, `schedule=…`, `init=…` and `trainer=…`: the start of descent, its steps, how long, and on what."""

from dataclasses import dataclass, field
from typing import Any

from omegaconf import MISSING

from stratus.settings.checks import NOT_NEGATIVE, POSITIVE, Expected, SettingsGroup, require, setting

MOMENTUM = Expected("a number from 0 to below 1", lambda value: 0 <= value < 1)
SHARE = Expected("a share from 0 to 1", lambda value: 0 <= value <= 1)
DEVICES = Expected(
    "a whole number from 1, numbers as a list, or auto",
    lambda value: (
        value == [*map(int, value)]
        if value and isinstance(value, list)
        else value == "auto" or (int(value) == float(value) and (int(value) > 0 or value == -1))
    ),
)
ACCELERATOR = Expected("auto, cpu, gpu, cuda, mps or tpu", ("auto", "cpu", "gpu", "cuda", "mps", "tpu").__contains__)
DRY = Expected("true, false or a number of batches", lambda value: isinstance(value, int) and value >= 0)
WOLFE = Expected("strong_wolfe or null", ("strong_wolfe",).__contains__)
OWN = "the function or class in it"
PRECISION = Expected(
    "32-true, 64-true, bf16-mixed or 16-mixed", ("32-true", "64-true", "bf16-mixed", "16-mixed").__contains__
)
WEIGHT_DECAY = "penalty on the weights: λ/2 ‖W‖² is added to the loss; b is free"


@dataclass
class Optimizer(SettingsGroup, group="optimizer"):
    """What all optimisers have; `build` gives what makes one from the parameters."""

    lr: float = setting(MISSING, "learning rate: step size ε", POSITIVE)


@dataclass
class SGD(Optimizer, builds="torch.optim.SGD"):
    """A step along the negative gradient of a batch; of all training days where data.batch_size is null."""

    momentum: float = setting(0.0, "share of the last step that is kept, from 0 to below 1", MOMENTUM)
    nesterov: bool = setting(False, "take the gradient where the momentum leads")
    weight_decay: float = setting(0.0, WEIGHT_DECAY, NOT_NEGATIVE)

    def __post_init__(self) -> None:
        require(self.momentum > 0 or not self.nesterov, "optimizer.nesterov", "true", "a momentum above 0 with it")


@dataclass
class Adam(Optimizer, builds="torch.optim.Adam"):
    """Steps scaled by parameter."""

    weight_decay: float = setting(0.0, WEIGHT_DECAY, NOT_NEGATIVE)


@dataclass
class LBFGS(Optimizer, builds="torch.optim.LBFGS"):
    """Quasi-Newton steps of a searched length; up to `max_iter` of them an epoch."""

    max_iter: int = setting(20, "steps an epoch at most", POSITIVE)
    line_search_fn: str | None = setting("strong_wolfe", "how a step's length is searched; null: the step is lr", WOLFE)


@dataclass
class Newton(Optimizer, builds="stratus.training.newton.Newton"):
    """The exact minimum of loss and penalty over all training days; `lr` is the share of the way to it of each step."""

    weight_decay: float = setting(0.0, WEIGHT_DECAY, NOT_NEGATIVE)


@dataclass
class OwnOptimizer(Optimizer, builds="stratus.training.own.optimizer"):
    """One of your own; a `weight_decay` that it has is taken for λ of the penalty λ/2 ‖W‖²."""

    path: str = setting(MISSING, "a file of yours")
    function: str = setting(MISSING, OWN)
    arguments: dict[str, Any] = field(
        default_factory=dict, metadata={"help": "what it takes beside the parameters and lr"}
    )

    def __post_init__(self) -> None:
        require("lr" not in self.arguments, "optimizer.arguments.lr", self.arguments.get("lr"), "optimizer.lr for it")


@dataclass
class Schedule(SettingsGroup, group="schedule"):
    """How the learning rate changes; `build` gives what makes it from an optimiser and the number of epochs."""


@dataclass
class Constant(Schedule):
    """The learning rate stays; nothing is built."""


@dataclass
class Cosine(Schedule, builds="stratus.training.schedules.cosine"):
    """Half a cosine from the learning rate to the share `final` of it."""

    final: float = setting(0.0, "share of optimizer.lr at the last epoch, 0 to 1", SHARE)


@dataclass
class Step(Schedule, builds="stratus.training.schedules.step"):
    """The learning rate times `factor` after each `every` epochs."""

    every: int = setting(30, "epochs between two changes of the learning rate", POSITIVE)
    factor: float = setting(0.1, "what each change multiplies the learning rate by", POSITIVE)


@dataclass
class OwnSchedule(Schedule, builds="stratus.training.own.schedule"):
    """One of your own."""

    path: str = setting(MISSING, "a file of yours")
    function: str = setting(MISSING, OWN)
    arguments: dict[str, Any] = field(
        default_factory=dict, metadata={"help": "what it takes beside the optimiser and the number of epochs"}
    )

    def __post_init__(self) -> None:
        named = self.arguments.get("epochs")
        require("epochs" not in self.arguments, "schedule.arguments.epochs", named, "trainer.max_epochs for it")


@dataclass
class Init(SettingsGroup, group="init"):
    """Where descent starts; `build` gives what fills a parameter with values drawn from a generator."""


@dataclass
class Zeros(Init, builds="stratus.training.starts.zeros"):
    """θ = 0."""


@dataclass
class RandomInit(Init):
    """A random start."""

    sigma: float = setting(1.0, "scale of the start: standard deviation, or half-width of a uniform one", NOT_NEGATIVE)


@dataclass
class Gaussian(RandomInit, builds="stratus.training.starts.gaussian"):
    """θ ~ N(0, σ)."""


@dataclass
class Uniform(RandomInit, builds="stratus.training.starts.uniform"):
    """θ ~ U(-σ, σ)."""


@dataclass
class Trainer(SettingsGroup, group="trainer", builds="lightning.pytorch.Trainer"):
    """Settings of Lightning's Trainer; `build` gives what makes it from the rest (callbacks, logger, …)."""

    precision: str = setting("32-true", f"of training: {PRECISION.words}; scores are in float64", PRECISION)
    fast_dev_run: Any = setting(
        False, "one epoch of one batch, or of a number of them, and all that follows: does everything run?", DRY
    )
    accelerator: str = setting("cpu", f"where to train: {ACCELERATOR.words}", ACCELERATOR)
    devices: Any = setting(1, "number of devices, or their numbers as a list", DEVICES)
    strategy: str = setting("auto", "how several devices share the work, e.g. ddp")
    max_epochs: int = setting(100, "epochs: passes over the training days", POSITIVE)
    gradient_clip_val: float | None = setting(None, "largest norm of a gradient; null: any", POSITIVE)
    check_val_every_n_epoch: int = setting(1, "epochs between two validations", POSITIVE)
    limit_train_batches: int | None = setting(None, "batches an epoch at most; null: all", POSITIVE)
    detect_anomaly: bool = setting(False, "look for NaN in every operation; slow")

    def __post_init__(self) -> None:
        if self.fast_dev_run:  # not Lightning's, which leaves no checkpoint to go on with
            self.max_epochs = self.check_val_every_n_epoch = 1
            self.limit_train_batches = int(self.fast_dev_run)
        require(self.devices is not None, "trainer.devices", "null", DEVICES.words)
        half = self.precision == "16-mixed" and self.accelerator == "cpu"
        require(not half, "trainer.precision", self.precision, "bf16-mixed on a CPU")
        counted = self.accelerator != "cpu" or (not isinstance(self.devices, list) and str(self.devices) != "-1")
        require(counted, "trainer.devices", self.devices, "a whole number from 1, since a CPU's have no numbers")
        every, most = self.check_val_every_n_epoch, self.max_epochs
        require(every <= most, "trainer.check_val_every_n_epoch", every, f"at most trainer.max_epochs={most}")

    def build(self) -> Any:
        """See `SettingsGroup.build`."""
        made = super().build()
        made.keywords.pop("fast_dev_run")
        return made

    @property
    def single(self) -> bool:
        """Whether one process trains; Lightning starts one for each further device."""
        one = self.devices in (1, "1") or (isinstance(self.devices, list) and len(self.devices) == 1)
        return one and not self.strategy.startswith("ddp")
