"""Steps of many members at once, each with its own learning rate, schedule, weight decay and momentum."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.optim.lr_scheduler import LambdaLR

from stratus.settings.descent import Adam, Newton
from stratus.settings.experiment import Config
from stratus.sweep.batched.days import Days


def rates(members: Sequence[Config]) -> Tensor:
    """The learning rate of each epoch, and the one after the last [epochs + 1, M], float64."""
    epochs = members[0].trainer.max_epochs
    factors: dict[str, list[float]] = {}
    for one in members:
        if repr(one.schedule) not in factors:
            make = one.schedule.build()
            schedule = make(torch.optim.SGD([torch.zeros(1)]), epochs=epochs) if make else None
            assert schedule is None or isinstance(schedule, LambdaLR)
            factor = schedule.lr_lambdas[0] if schedule else lambda epoch: 1.0
            factors[repr(one.schedule)] = [factor(epoch) for epoch in range(epochs + 1)]
    planned = [[one.optimizer.lr * factor for factor in factors[repr(one.schedule)]] for one in members]
    return torch.tensor(planned, dtype=torch.float64).T


class Steps(ABC):
    """θ ← θ - ε d: ε is a member's learning rate, d the direction that its optimiser makes of the gradient.

    Args:
        members: The M members' settings; their optimisers are of the same type.
        theta: Their weights [m + 1, k, M].

    Attributes:
        planned: The learning rates [epochs + 1, M], float64.
        memory: What the optimiser remembers, by torch's names, updated in place.
    """

    def __init__(self, members: Sequence[Config], theta: Tensor) -> None:
        self.planned = rates(members)
        self.rates = self.planned.to(theta.device, torch.float32)
        self.options = [one.optimizer.build()([torch.zeros(1)]).defaults for one in members]
        self.decay = self._option("weight_decay", theta)
        self.longest = members[0].trainer.gradient_clip_val
        self.memory: dict[str, Tensor] = {}

    def _option(self, name: str, theta: Tensor) -> Tensor | None:
        """An option of each member [M]; None where it is 0 for all."""
        values = torch.tensor([float(one[name]) for one in self.options], device=theta.device)
        return values if values.any() else None

    def take(self, theta: Tensor, gradient: Tensor, epoch: int, moving: Tensor | None = None) -> None:
        """One step of all members, or of those `moving` [M], in place."""
        before = () if moving is None else [one.clone() for one in (theta, *self.memory.values())]
        if self.longest is not None:
            norm = gradient.square().sum((0, 1)).sqrt()
            gradient = gradient * (self.longest / (norm + 1e-6)).clamp(max=1.0)
        if self.decay is not None:
            gradient = torch.cat([gradient[:-1] + self.decay * theta[:-1], gradient[-1:]])  # b is free
        theta.addcmul_(self.rates[epoch], self.direction(gradient), value=-1)
        if moving is not None:
            for one, then in zip((theta, *self.memory.values()), before, strict=True):
                torch.where(moving, one, then, out=one)

    @abstractmethod
    def direction(self, gradient: Tensor) -> Tensor:
        """d [m + 1, k, M] of the gradient, its decay included."""


class GradientSteps(Steps):
    """v ← βv + g; d = v, with Nesterov's momentum d = g + βv. Without momentum β = 0 and d = g."""

    def __init__(self, members: Sequence[Config], theta: Tensor) -> None:
        super().__init__(members, theta)
        self.momentum, self.nesterov = self._option("momentum", theta), self._option("nesterov", theta)
        if self.momentum is not None:
            self.memory = {"momentum_buffer": torch.zeros_like(theta)}

    def direction(self, gradient: Tensor) -> Tensor:
        """See the class."""
        if self.momentum is None:
            return gradient
        velocity = self.memory["momentum_buffer"].mul_(self.momentum).add_(gradient)
        if self.nesterov is None:
            return velocity
        return torch.where(self.nesterov > 0, gradient + self.momentum * velocity, velocity)


class AdamSteps(Steps):
    """d = m̂/(√v̂ + δ), Kingma & Ba (2015): running means m of g and v of g², each divided by 1 - βᵗ."""

    def __init__(self, members: Sequence[Config], theta: Tensor) -> None:
        super().__init__(members, theta)
        (self.first, self.second), self.small = self.options[0]["betas"], self.options[0]["eps"]
        count = torch.zeros(len(members), device=theta.device)
        self.memory = {"step": count, "exp_avg": torch.zeros_like(theta), "exp_avg_sq": torch.zeros_like(theta)}

    def direction(self, gradient: Tensor) -> Tensor:
        """See the class."""
        steps = self.memory["step"].add_(1).double()
        mean = self.memory["exp_avg"].lerp_(gradient, 1 - self.first)
        square = self.memory["exp_avg_sq"].mul_(self.second).addcmul_(gradient, gradient, value=1 - self.second)
        root = (square / (1 - self.second**steps).float()).sqrt()
        direction: Tensor = mean / (1 - self.first**steps).float() / (root + self.small)
        return direction


class NewtonSteps(Steps):
    """θ ← θ + ε (θ* - θ): towards each member's exact optimum, of its own days and its own penalty."""

    def __init__(self, members: Sequence[Config], theta: Tensor, days: Sequence[Days]) -> None:
        super().__init__(members, theta)
        best = [one.references.optimum.weights for one in days]
        found = torch.stack([torch.cat([one.weight.T, one.bias[None]]) for one in best], -1)
        self.best = found.to(theta)

    def take(self, theta: Tensor, gradient: Tensor, epoch: int, moving: Tensor | None = None) -> None:
        """See the class."""
        theta.copy_(torch.lerp(theta, self.best, self.rates[epoch]))

    def direction(self, gradient: Tensor) -> Tensor:
        """None is made of the gradient."""
        return torch.zeros_like(gradient)


def steps_of(members: Sequence[Config], theta: Tensor, days: Sequence[Days]) -> Steps:
    """The members' optimiser."""
    if isinstance(members[0].optimizer, Newton):
        return NewtonSteps(members, theta, days)
    return (AdamSteps if isinstance(members[0].optimizer, Adam) else GradientSteps)(members, theta)
