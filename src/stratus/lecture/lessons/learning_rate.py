"""Learning rates: too low, right, near the limit 2/λmax, above it; and losses that cannot leave the numbers."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from matplotlib.figure import Figure
from torch import Tensor
from torch.func import hessian, vmap

from stratus import tasks
from stratus.data.recipe import Recipe
from stratus.data.splits import split
from stratus.lecture.descent_by_hand import Loss, descend_each, loss_on
from stratus.lecture.lessons.losses import ASKED
from stratus.lecture.pictures import loss_against_rate, loss_curves
from stratus.runs.finished import FinishedRun
from stratus.runs.lesson import Card, Lesson
from stratus.training.optimum import optimum
from stratus.training.stability import largest_stable_step

TWO_DAYS = {0.005: "too low", 0.25: "right", 0.5: "near the limit", 0.52: "above it", 0.6: "far above"}
RAW = {1.0e-5: "low", 2.2e-5: "near the limit", 2.3e-5: "above it"}
RAIN = {1.0: "right", 5.0: "near the limit", 5.5: "above it", 8.0: "far above"}
HUGE = {100.0: "", 1e4: "", 1e6: ""}
STEPS = 100
"""Steps of the sweeps over many rates."""


def lesson(run: FinishedRun) -> Lesson:
    """The same descent at several rates: 2/λmax parts those that arrive from those that leave the numbers."""
    two_days = Model(run, "regression", ASKED["regression"], "°C²")
    raw = Model(run, "regression", Recipe("temperature", {"day_of_year": {}}), "°C²", standardise=False)
    rain = Model(run, "binary", ASKED["binary"], "nat")
    models = {"two_days": two_days, "raw": raw, "rain": rain}
    losses = {
        "two_days": two_days.losses([*TWO_DAYS], 1500),
        "raw": raw.losses([*RAW], 1000),
        "rain": rain.losses([*RAIN], 300),
        "huge": rain.losses([*HUGE], 300),
    }
    figures = _figures(models, losses)
    return Lesson(_card(run, figures), figures, _pictures(models, losses))


class Model:
    """A linear model of the temperature or of rain, with what its loss allows.

    Attributes:
        unit: The loss's unit.
        loss: L(θ) on the training days.
        zeros: θ = 0 [1, m + 1].
        lowest: The loss at the optimum.
        limit: The largest step sure to be stable.
        at_optimum: 2/λmax of the Hessian at the optimum: above it the optimum repels.
        slowest: 1/λmin there: the slowest part of the error falls to 1/e in slowest/ε steps.
    """

    def __init__(self, run: FinishedRun, name: str, recipe: Recipe, unit: str, *, standardise: bool = True) -> None:
        splits = split(run.table, recipe, run.settings.data.borders, standardise=standardise)
        task = tasks.find(name).fitting(splits)
        best = optimum(task, splits).weights
        theta = torch.cat([best.weight, best.bias[:, None]], 1)
        exact = loss_on(task, splits.train, torch.float64)
        curvatures = torch.linalg.eigvalsh(hessian(exact)(theta).reshape(theta.numel(), -1))
        limit = largest_stable_step(task, splits, torch.optim.SGD(task.parameters(), lr=1.0))
        assert limit is not None  # a plain step has one
        self.unit = unit
        self.loss: Loss = loss_on(task, splits.train)
        self.zeros = torch.zeros(theta.shape)
        self.lowest, self.limit = exact(theta).item(), limit
        self.at_optimum, self.slowest = (2 / curvatures[-1]).item(), (1 / curvatures[0]).item()

    def losses(self, rates: Any, steps: int) -> Tensor:
        """The loss at the beginning and after each step, from θ = 0 at each rate [r, steps + 1]."""
        paths = descend_each(self.loss, self.zeros.expand(len(rates), *self.zeros.shape), torch.tensor(rates), steps)
        return vmap(vmap(self.loss))(paths)


def _first(mask: Tensor) -> int | None:
    """The first step at which the mask [t + 1] is true."""
    return int(mask.int().argmax()) if mask.any() else None


def _infinite_at(rates: dict[float, str], losses: Tensor) -> dict[str, int | None]:
    """By rate the first step whose loss is no finite number."""
    return {f"{rate:g}": _first(~row.isfinite()) for rate, row in zip(rates, losses, strict=True)}


def _figures(models: dict[str, Model], losses: dict[str, Tensor]) -> dict[str, Any]:
    figures: dict[str, Any] = {
        name: {"limit": model.limit, "at_optimum": model.at_optimum, "lowest": model.lowest, "slowest": model.slowest}
        for name, model in models.items()
    }
    two_days, raw, rain = losses["two_days"], losses["raw"], losses["rain"]
    figures["two_days"] |= {"infinite_at": _infinite_at(TWO_DAYS, two_days), "nan_at": _first(two_days[-1].isnan())}
    figures["raw"] |= {"infinite_at": _infinite_at(RAW, raw), "crawls_at": raw[1, -1].item()}
    figures["rain"] |= {"swings": sorted(rain[2, -2:].tolist()), "highest": losses["huge"].max().item()}
    return figures


def _pictures(models: dict[str, Model], losses: dict[str, Tensor]) -> dict[str, Callable[[], Figure]]:
    two_days, raw, rain = models.values()
    near = partial(_panel, two_days, TWO_DAYS, losses["two_days"])
    unscaled = partial(_panel, raw, RAW, losses["raw"])
    swings = _panel(rain, RAIN, losses["rain"], "rain by two days", steps=40, ceiling=1.8, log=False)
    huge = _panel(rain, HUGE, losses["huge"], "the same, at senseless rates", steps=40, ceiling=1e8)
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
        return loss_against_rate.draw(swept, STEPS)

    return {**{name: partial(loss_curves.draw, row) for name, row in panels.items()}, "loss_against_rate": sweeps}


def _panel(model: Model, rates: dict[float, str], losses: Tensor, title: str, **shown: Any) -> loss_curves.Panel:
    labels = [f"{rate:g} {name}" for rate, name in rates.items()]
    curves = dict(zip(labels, losses.numpy(), strict=True))
    return loss_curves.Panel(title, model.unit, curves, model.lowest, **shown)


def _sweep(model: Model, title: str, limits: dict[str, float]) -> loss_against_rate.Sweep:
    """Seventy rates, from a thousandth of the limit to twice of it, closer together towards it."""
    rates = model.limit * torch.cat([torch.logspace(-3, -0.1, 30), torch.linspace(0.825, 2, 40)])
    losses = model.losses(rates.tolist(), STEPS)
    ends, start = losses[:, -1].numpy(), losses[0, 0].item()
    return loss_against_rate.Sweep(title, model.unit, rates.numpy(), ends, model.lowest, start, limits)


def _card(run: FinishedRun, figures: dict[str, Any]) -> Card:
    two_days, raw, rain = (figures[name] for name in ("two_days", "raw", "rain"))
    low, high = rain["swings"]
    return Card(
        title="The learning rate: too low, right, too high",
        see=f"Tomorrow's temperature from two days'. At ε = 0.005 the loss is still far up after 100 steps; at 0.25 it "
        f"is down; this run, at {run.settings.optimizer.lr:g}, ends at {run.metrics['train/loss']:.4f} °C², the lowest "
        f"being {two_days['lowest']:.4f}. 0.5 arrives too, 0.52 does not: its loss grows, slowly and for ever, and is "
        f"infinite at step {two_days['infinite_at']['0.52']}; at 0.6 it is infinite at step "
        f"{two_days['infinite_at']['0.6']} and NaN, which is not even a number, from step {two_days['nan_at']}. "
        "The limit lies between them.",
        why="Near its lowest point a loss curves like a parabola, in each direction with a curvature λ of its own (an "
        "eigenvalue of the Hessian). A step multiplies the error there by 1 − ελ. Above ε = 2/λ that is below −1: each "
        f"step jumps to the other side, and further off. The steepest direction sets the limit 2/λmax = "
        f"{two_days['limit']:.4f}, the flattest the pace.\n\nThe day of the year in days instead of standardised makes "
        f"the steepest so steep that the limit is {raw['limit']:.3g}: at 2.3e-5 the loss is infinite at step "
        f"{raw['infinite_at']['2.3e-05']}, and at 2.2e-5 it stands at {raw['crawls_at']:.1f} °C² after 1000 steps, "
        f"{raw['lowest']:.1f} being the lowest: the flattest direction needs {raw['slowest'] / 2.2e-5:,.0f} steps for "
        "each factor of e. So scale the inputs.\n\nOf the three losses only the squared one ends in NaN, since its "
        "slope grows with the error. A cross-entropy's is bounded: θ moves at most ε times a constant a step. The rain "
        f"model is sure to be stable up to ε = {rain['limit']:.2f}, and at its optimum up to {rain['at_optimum']:.2f}; "
        f"at 5.5 its loss ends in a swing between {low:.4f} and {high:.4f}, and even at a million it stays finite (at "
        f"most {rain['highest']:.3g}). (Where the slide on a rate too high says convergence, it means the lack of it.)",
        next="Cross the limit with the run itself: it stops at the step where the loss is infinite and says what rate "
        "would do.",
        command="python train.py experiment=lecture/learning_rate optimizer.lr=0.52 trainer.max_epochs=1600",
    )
