"""`optimizer=…`, `schedule=…` and `init=…`: where descent starts, its steps, and how they change."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from omegaconf import MISSING

from stratus.settings.checks import positive, require, setting

if TYPE_CHECKING:
    import torch

MakeOptimizer: TypeAlias = "Callable[[torch.optim.optimizer.ParamsT], torch.optim.Optimizer]"
MakeSchedule: TypeAlias = "Callable[..., torch.optim.lr_scheduler.LRScheduler]"
Start: TypeAlias = "Callable[[torch.Tensor, torch.Generator], Any]"


@dataclass
class Optimizer:
    """What all optimisers have."""

    lr: float = setting(MISSING, "learning rate: step size ε")

    def __post_init__(self) -> None:
        positive("optimizer.lr", self.lr)

    def build(self) -> MakeOptimizer:
        """Makes the optimiser from the parameters."""
        raise NotImplementedError


@dataclass
class SGD(Optimizer):
    """A step along the negative gradient of a batch; of all training days where data.batch_size is null."""

    momentum: float = setting(0.0, "share of the last step that is kept, from 0 to below 1")
    nesterov: bool = setting(False, "take the gradient where the momentum leads")
    weight_decay: float = setting(0.0, "penalty on the weights: λ/2 ‖θ‖² is added to the loss")

    def __post_init__(self) -> None:
        super().__post_init__()
        require(0 <= self.momentum < 1, "optimizer.momentum", self.momentum, "a number from 0 to below 1")
        require(self.momentum > 0 or not self.nesterov, "optimizer.nesterov", "true", "a momentum above 0 with it")
        positive("optimizer.weight_decay", self.weight_decay, zero=True)

    def build(self) -> MakeOptimizer:
        """Makes torch.optim.SGD."""
        import torch  # noqa: PLC0415

        return partial(torch.optim.SGD, **asdict(self))


@dataclass
class Adam(Optimizer):
    """Steps scaled by parameter."""

    weight_decay: float = setting(0.0, "penalty on the weights: λ/2 ‖θ‖² is added to the loss")

    def __post_init__(self) -> None:
        super().__post_init__()
        positive("optimizer.weight_decay", self.weight_decay, zero=True)

    def build(self) -> MakeOptimizer:
        """Makes torch.optim.Adam."""
        import torch  # noqa: PLC0415

        return partial(torch.optim.Adam, **asdict(self))


@dataclass
class LBFGS(Optimizer):
    """Quasi-Newton steps of a searched length; up to `max_iter` of them an epoch."""

    max_iter: int = setting(20, "steps an epoch at most")
    line_search_fn: str | None = setting("strong_wolfe", "how a step's length is searched; null: the step is lr")

    def __post_init__(self) -> None:
        super().__post_init__()
        positive("optimizer.max_iter", self.max_iter)

    def build(self) -> MakeOptimizer:
        """Makes torch.optim.LBFGS."""
        import torch  # noqa: PLC0415

        return partial(torch.optim.LBFGS, **asdict(self))


@dataclass
class Schedule:
    """What all schedules have: nothing."""

    def build(self) -> "MakeSchedule | None":
        """Makes the schedule from an optimiser and the number of epochs; None where the learning rate stays."""
        raise NotImplementedError


@dataclass
class Constant(Schedule):
    """The learning rate stays."""

    def build(self) -> None:
        """Nothing changes the learning rate."""


@dataclass
class Cosine(Schedule):
    """Half a cosine from the learning rate to the share `final` of it."""

    final: float = setting(0.0, "share of optimizer.lr at the last epoch, 0 to 1")

    def __post_init__(self) -> None:
        require(0 <= self.final <= 1, "schedule.final", self.final, "a share from 0 to 1")

    def build(self) -> MakeSchedule:
        """Makes `cosine`."""
        from stratus.training.schedules import cosine  # noqa: PLC0415

        return partial(cosine, **asdict(self))


@dataclass
class Step(Schedule):
    """The learning rate times `factor` after each `every` epochs."""

    every: int = setting(30, "epochs between two changes of the learning rate")
    factor: float = setting(0.1, "what each change multiplies the learning rate by")

    def __post_init__(self) -> None:
        positive("schedule.every", self.every)
        positive("schedule.factor", self.factor)

    def build(self) -> MakeSchedule:
        """Makes `step`."""
        from stratus.training.schedules import step  # noqa: PLC0415

        return partial(step, **asdict(self))


@dataclass
class Init:
    """What all starts have: nothing."""

    def build(self) -> Start:
        """Fills a parameter with its starting values, drawn from a generator."""
        raise NotImplementedError


@dataclass
class Zeros(Init):
    """θ = 0."""

    def build(self) -> Start:
        """Gives `zeros`."""
        from stratus.training.starts import zeros  # noqa: PLC0415

        return zeros


@dataclass
class RandomInit(Init):
    """A random start of scale `sigma`."""

    sigma: float = setting(1.0, "scale of the random start: standard deviation, or half-width of a uniform one")

    def __post_init__(self) -> None:
        positive("init.sigma", self.sigma, zero=True)


@dataclass
class Gaussian(RandomInit):
    """θ ~ N(0, σ)."""

    def build(self) -> Start:
        """Binds `gaussian`."""
        from stratus.training.starts import gaussian  # noqa: PLC0415

        return partial(gaussian, **asdict(self))


@dataclass
class Uniform(RandomInit):
    """θ ~ U(-σ, σ)."""

    def build(self) -> Start:
        """Binds `uniform`."""
        from stratus.training.starts import uniform  # noqa: PLC0415

        return partial(uniform, **asdict(self))
