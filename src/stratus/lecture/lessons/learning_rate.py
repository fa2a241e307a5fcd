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
from stratus.runs.lesson import Lesson
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
    return Lesson(figures, _pictures(bowls, losses), words=_words(figures, losses))


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


def _words(figures: Mapping[str, Any], losses: Mapping[str, Tensor]) -> dict[str, Any]:
    """The rates by their remarks, and what became of them."""
    raw = {remark: rate for rate, remark in RAW.items()}
    return {
        "steps": STEPS,
        "rate": {remark: rate for rate, remark in TEMPERATURE.items()},
        "infinite": {remark: figures["two_days"]["infinite_at"][f"{rate:g}"] for rate, remark in TEMPERATURE.items()},
        "raw_rate": {remark: f"{rate:g}".replace("e-0", "e-") for remark, rate in raw.items()},
        "raw_steps": losses["raw"].shape[1] - 1,
        "raw_infinite": figures["raw"]["infinite_at"][f"{raw['above it']:g}"],
        "raw_pace": figures["raw"]["slowest"] / raw["near the limit"],
        "rain_rate": next(rate for rate, remark in RAIN.items() if remark == "above it"),
    }


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
