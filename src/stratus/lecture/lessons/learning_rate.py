"""Learning rates: too low, right, near the limit 2/λmax, above it; and losses that stay finite at any rate."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from matplotlib.figure import Figure
from torch import Tensor
from torch.func import hessian, vmap

from stratus.data.recipe import Recipe
from stratus.data.splits import Splits
from stratus.lecture.descent_by_hand import Loss, descend_each, loss_on, matrix
from stratus.lecture.fits import TWO_DAYS, best_fit, split_like
from stratus.lecture.pictures.learning_rate import Descents, Sweep, draw_curves, draw_sweeps
from stratus.runs.finished import FinishedRun
from stratus.runs.lesson import Card, Lesson
from stratus.training.stability import largest_stable_step

TEMPERATURE = {0.005: "too low", 0.25: "right", 0.5: "near the limit", 0.52: "above it", 0.6: "far above"}
RAW = {1.0e-5: "low", 2.2e-5: "near the limit", 2.3e-5: "above it"}
RAIN = {1.0: "right", 5.0: "near the limit", 5.5: "above it", 8.0: "far above"}
HUGE = {100.0: "", 1e4: "", 1e6: ""}
"""By what is trained, learning rates with a remark on each."""

STEPS = 100
"""Steps of the sweeps over many rates."""


def lesson(run: FinishedRun) -> Lesson:
    """The same descent at several rates: 2/λmax parts those that arrive from those that diverge."""
    unscaled = split_like(run, Recipe("temperature", {"day_of_year": {}}), standardise=False)
    two_days = Bowl.of(split_like(run, TWO_DAYS["regression"]), "regression", "°C²")
    raw = Bowl.of(unscaled, "regression", "°C²")
    rain = Bowl.of(split_like(run, TWO_DAYS["binary"]), "binary", "nat")
    bowls = {"two_days": two_days, "raw": raw, "rain": rain}
    losses = {
        "two_days": two_days.losses(TEMPERATURE, 1500),
        "raw": raw.losses(RAW, 1000),
        "rain": rain.losses(RAIN, 300),
        "huge": rain.losses(HUGE, 300),
    }
    figures = _figures(bowls, losses)
    return Lesson(_card(run, figures), figures, _pictures(bowls, losses))


@dataclass(frozen=True)
class Bowl:
    """The loss of a linear model, and what it allows a learning rate."""

    unit: str  # the loss's unit
    loss: Loss  # L(θ) on the training days
    zeros: Tensor  # θ = 0 [1, m + 1]
    lowest: float  # the loss at the optimum
    limit: float  # the largest step sure to be stable
    at_optimum: float  # 2/λmax of the Hessian at the optimum: with longer steps descent leaves it
    slowest: float  # 1/λmin there: the slowest part of the error falls to 1/e in slowest/ε steps

    @classmethod
    def of(cls, splits: Splits, name: str, unit: str) -> "Bowl":
        """That of the task of that name on the training days."""
        model = best_fit(splits, name).model
        theta, exact = matrix(model.weights), loss_on(model.task, splits.train, torch.float64)
        curvatures = torch.linalg.eigvalsh(hessian(exact)(theta).reshape(theta.numel(), -1))
        limit = largest_stable_step(model.task, splits, torch.optim.SGD(model.task.parameters(), lr=1.0))
        assert limit is not None  # a plain step has one
        loss, zeros = loss_on(model.task, splits.train), torch.zeros(theta.shape)
        return cls(unit, loss, zeros, exact(theta).item(), limit, 2 / curvatures[-1].item(), 1 / curvatures[0].item())

    def losses(self, rates: Iterable[float], steps: int) -> Tensor:
        """The loss at the beginning and after each step, from θ = 0 at each rate [r, steps + 1]."""
        rate = torch.tensor([*rates])
        return vmap(vmap(self.loss))(descend_each(self.loss, self.zeros.expand(len(rate), -1, -1), rate, steps))


def _first(mask: Tensor) -> int | None:
    """The first step at which the mask [t + 1] is true."""
    return int(mask.int().argmax()) if mask.any() else None


def _infinite_at(rates: dict[float, str], losses: Tensor) -> dict[str, int | None]:
    """By rate the first step whose loss is not finite."""
    return {f"{rate:g}": _first(~row.isfinite()) for rate, row in zip(rates, losses, strict=True)}


def _figures(bowls: Mapping[str, Bowl], losses: Mapping[str, Tensor]) -> dict[str, Any]:
    figures: dict[str, Any] = {
        name: {"limit": bowl.limit, "at_optimum": bowl.at_optimum, "lowest": bowl.lowest, "slowest": bowl.slowest}
        for name, bowl in bowls.items()
    }
    two_days, raw, rain = losses["two_days"], losses["raw"], losses["rain"]
    figures["two_days"] |= {"infinite_at": _infinite_at(TEMPERATURE, two_days), "nan_at": _first(two_days[-1].isnan())}
    figures["raw"] |= {"infinite_at": _infinite_at(RAW, raw), "crawls_at": raw[1, -1].item()}
    figures["rain"] |= {"swings": sorted(rain[2, -2:].tolist()), "highest": losses["huge"].max().item()}
    return figures


def _pictures(bowls: Mapping[str, Bowl], losses: Mapping[str, Tensor]) -> dict[str, Callable[[], Figure]]:
    two_days, raw, rain = bowls.values()
    near = partial(_descents, two_days, TEMPERATURE, losses["two_days"])
    unscaled = partial(_descents, raw, RAW, losses["raw"])
    swings = _descents(rain, RAIN, losses["rain"], "rain by two days", steps=40, ceiling=1.8, log=False)
    huge = _descents(rain, HUGE, losses["huge"], "the same, at senseless rates", steps=40, ceiling=1e8)
    panels = {
        "loss_curves": [
            near("temperature by two days", steps=100, ceiling=1e3),
            near("the same, further; ✕: the last finite loss", steps=1500, ceiling=1e40),
        ],
        "unscaled": [
            unscaled("day of year, unscaled", steps=100, ceiling=1e3),
            unscaled("the same, further; ✕: the last finite loss", steps=1000, ceiling=1e40),
        ],
        "cross_entropy": [swings, huge],
    }

    def sweeps() -> Figure:
        limits = {"surely stable": rain.limit, "at the optimum": rain.at_optimum}
        swept = [
            _sweep(two_days, "two days' temperatures", {"2/λmax": two_days.limit}),
            _sweep(raw, "day of year, unscaled", {"2/λmax": raw.limit}),
            _sweep(rain, "rain", limits),
        ]
        return draw_sweeps(swept, STEPS)

    return {**{name: partial(draw_curves, row) for name, row in panels.items()}, "loss_against_rate": sweeps}


def _descents(bowl: Bowl, rates: Mapping[float, str], losses: Tensor, title: str, **shown: Any) -> Descents:
    labels = [f"{rate:g} {name}" for rate, name in rates.items()]
    curves = dict(zip(labels, losses.numpy(), strict=True))
    return Descents(title, bowl.unit, curves, bowl.lowest, **shown)


def _sweep(bowl: Bowl, title: str, limits: Mapping[str, float]) -> Sweep:
    """Seventy rates, from a thousandth of the limit to twice the limit, closer together near it."""
    rates = bowl.limit * torch.cat([torch.logspace(-3, -0.1, 30), torch.linspace(0.825, 2, 40)])
    losses = bowl.losses(rates.tolist(), STEPS)
    ends, start = losses[:, -1].numpy(), losses[0, 0].item()
    return Sweep(title, bowl.unit, rates.numpy(), ends, bowl.lowest, start, limits)


def _card(run: FinishedRun, figures: dict[str, Any]) -> Card:
    two_days, raw, rain = (figures[name] for name in ("two_days", "raw", "rain"))
    low, high = rain["swings"]
    return Card(
        title="The learning rate: too low, right, too high",
        see=f"Tomorrow's temperature from two days'. At ε = 0.005 the loss is still far up after 100 steps; at 0.25 it "
        f"is down: this run, at {run.settings.optimizer.lr:g}, ends at {run.metrics['train/loss']:.4f} °C², and the "
        f"lowest is {two_days['lowest']:.4f}. 0.5 arrives too, 0.52 does not: its loss grows slowly and without end, "
        f"and is infinite at step {two_days['infinite_at']['0.52']}. At 0.6 it is infinite at step "
        f"{two_days['infinite_at']['0.6']} and NaN, “not a number”, from step {two_days['nan_at']}. The limit lies "
        "between 0.5 and 0.52.",
        why="Near its lowest point a loss curves like a parabola, in each direction with a curvature λ of its own (an "
        "eigenvalue of the Hessian). A step multiplies the error there by 1 − ελ. Above ε = 2/λ that is below −1: each "
        f"step jumps to the other side, and further off. The steepest direction sets the limit 2/λmax = "
        f"{two_days['limit']:.4f}, the flattest sets the pace.\n\nThe day of the year, left in days, makes the "
        f"steepest direction so steep that the limit is {raw['limit']:.3g}. At 2.3e-5 the loss is infinite at step "
        f"{raw['infinite_at']['2.3e-05']}. At 2.2e-5 it is {raw['crawls_at']:.1f} °C² after 1000 steps, and the lowest "
        f"is {raw['lowest']:.1f}: the flattest direction needs {raw['slowest'] / 2.2e-5:,.0f} steps for each factor of "
        "e. So scale the inputs.\n\nOf the three losses only the squared one ends in NaN, since its slope grows with "
        "the error. A cross-entropy's slope is bounded: in one step θ moves by at most ε times a constant. The rain "
        f"model is sure to be stable up to ε = {rain['limit']:.2f}, and at its optimum up to {rain['at_optimum']:.2f}; "
        f"at 5.5 its loss ends in a swing between {low:.4f} and {high:.4f}, and even at a million it stays finite (at "
        f"most {rain['highest']:.3g}). (Where the slide on a rate too high says convergence, it means the lack of it.)",
        next="Cross the limit with the run itself: it stops at the step where the loss is infinite and says which rate "
        "is stable.",
        command="python train.py experiment=lecture/learning_rate optimizer.lr=0.52 trainer.max_epochs=1600",
    )
