"""Learning rates: too low, right, near the limit 2/λmax, above it; and losses that stay finite at any rate."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor
from torch.func import hessian, vmap

from stratus.data.recipe import Recipe
from stratus.data.splits import Splits
from stratus.lecture.descent_by_hand import Loss, descend_each, loss_on, matrix
from stratus.lecture.fits import TWO_DAYS, best_fit, split_like
from stratus.lecture.premises import PLAIN, TOMORROW, Needs, asks, given
from stratus.pictures.canvas import BLACK, GREY, RED, panel_row, styled
from stratus.runs.finished import FinishedRun
from stratus.runs.lesson import Lesson
from stratus.training.stability import largest_stable_step

NEEDS = Needs(
    (*asks("regression", "temperature"), *given("two_days"), TOMORROW, *PLAIN), beside=("regression", "binary")
)
# By what is trained, learning rates with a remark on each; as multiples of the limit 2/λmax at the optimum.
TEMPERATURE = {"too low": 0.00975, "right": 0.4873, "near the limit": 0.9746, "above it": 1.0136, "far above": 1.1695}
RAW = {"low": 0.4476, "near the limit": 0.9846, "above it": 1.0294}
RAIN = {"right": 0.1985, "near the limit": 0.9925, "above it": 1.0915, "far above": 1.588}
HUGE = {100.0: "", 1e4: "", 1e6: ""}
STEPS = 100  # of the sweeps over many rates


def lesson(run: FinishedRun) -> Lesson:
    """The same descent at several rates: 2/λmax parts those that arrive from those that diverge."""
    unscaled = split_like(run, Recipe("temperature", {"day_of_year": {}}), standardise=False)
    two_days = Bowl.of(split_like(run, TWO_DAYS["regression"]), "regression", "°C²")
    raw = Bowl.of(unscaled, "regression", "°C²")
    rain = Bowl.of(split_like(run, TWO_DAYS["binary"]), "binary", "nat")
    bowls = {"two_days": two_days, "raw": raw, "rain": rain}
    rates = {"two_days": two_days.rates(TEMPERATURE), "raw": raw.rates(RAW), "rain": rain.rates(RAIN), "huge": HUGE}
    losses = {"two_days": two_days.losses(rates["two_days"], 1500), "raw": raw.losses(rates["raw"], 1000)}
    losses |= {name: rain.losses(rates[name], 300) for name in ("rain", "huge")}
    figures = _figures(bowls, rates, losses)
    return Lesson(figures, _pictures(bowls, rates, losses), words=_words(figures, rates, losses))


Rates: TypeAlias = Mapping[str, Mapping[float, str]]  # by what is trained, learning rates with a remark on each


@dataclass(frozen=True)
class Descents:
    """Descents of one loss at several rates, and how much of them is shown."""

    bowl: "Bowl"
    rates: Mapping[float, str]  # learning rates with a remark on each
    losses: Tensor  # at each rate, at the beginning and after each step [r, t + 1]; inf or NaN where it diverged
    title: str
    steps: int
    ceiling: float  # the highest loss
    log: bool = True  # whether the axis of the loss is logarithmic


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

    def rates(self, multiples: Mapping[str, float]) -> dict[float, str]:
        """Learning rates at these multiples of the limit at the optimum, to three figures, each with its remark."""
        return {float(f"{self.at_optimum * multiple:.3g}"): remark for remark, multiple in multiples.items()}

    def losses(self, rates: Iterable[float], steps: int) -> Tensor:
        """The loss at the beginning and after each step, from θ = 0 at each rate [r, steps + 1]."""
        rate = torch.tensor([*rates])
        return vmap(vmap(self.loss))(descend_each(self.loss, self.zeros.expand(len(rate), -1, -1), rate, steps))


def _first(mask: Tensor) -> int | None:
    """The first step at which the mask [t + 1] is true."""
    return int(mask.int().argmax()) if mask.any() else None


def _figures(bowls: Mapping[str, Bowl], rates: Rates, losses: Mapping[str, Tensor]) -> dict[str, Any]:
    names = ("limit", "at_optimum", "lowest", "slowest")
    figures: dict[str, Any] = {of: {name: getattr(bowl, name) for name in names} for of, bowl in bowls.items()}
    two_days, raw, rain = losses["two_days"], losses["raw"], losses["rain"]
    for name in ("two_days", "raw"):
        infinite = [_first(~row.isfinite()) for row in losses[name]]
        figures[name]["infinite_at"] = {f"{rate:g}": step for rate, step in zip(rates[name], infinite, strict=True)}
    figures["two_days"]["nan_at"], figures["raw"]["crawls_at"] = _first(two_days[-1].isnan()), raw[1, -1].item()
    figures["two_days"]["too_low_at"], figures["two_days"]["near_at"] = (
        two_days[0, STEPS].item(),
        two_days[2, -1].item(),
    )
    figures["rain"] |= {"swings": sorted(rain[2, -2:].tolist()), "highest": losses["huge"].max().item()}
    return figures


def _words(figures: Mapping[str, Any], rates: Rates, losses: Mapping[str, Tensor]) -> dict[str, Any]:
    """The rates by their remarks, and what became of them."""
    two_days, raw, rain, _ = ({remark: rate for rate, remark in each.items()} for each in rates.values())
    low, high = figures["rain"]["swings"]
    swings = f"its loss ends in a swing between {low:.4f} and {high:.4f}, and"
    infinite, raw_infinite = (figures[name]["infinite_at"] for name in ("two_days", "raw"))
    return {
        "steps": STEPS,
        "raw_steps": losses["raw"].shape[1] - 1,
        "two_days_steps": losses["two_days"].shape[1] - 1,
        "rate": two_days,
        "swings": swings if high - low > 1e-3 else f"its loss ends at {high:.4f}, and",
        "cross": 100 * math.ceil((figures["two_days"]["infinite_at"][f"{two_days['above it']:g}"] or 5000) / 100 + 1),
        "rain_rate": rain["above it"],
        "infinite": {remark: infinite[f"{rate:g}"] for remark, rate in two_days.items()},
        "grows": _grows(infinite[f"{two_days['above it']:g}"], losses["two_days"][3]),
        "raw_rate": {remark: f"{rate:g}".replace("e-0", "e-") for remark, rate in raw.items()},
        "raw_grows": _grows(raw_infinite[f"{raw['above it']:g}"], losses["raw"][2]),
        "raw_pace": figures["raw"]["slowest"] / raw["near the limit"],
    }


def _grows(step: int | None, losses: Tensor) -> str:
    """The end of a loss that grows without end [t + 1], infinite from a step or still a number."""
    return f"is infinite at step {step}" if step else f"is {losses[-1].item():.3g} at step {len(losses) - 1}"


def _pictures(bowls: Mapping[str, Bowl], rates: Rates, losses: Mapping[str, Tensor]) -> dict[str, Callable[[], Figure]]:
    two_days, raw, rain = bowls.values()
    near = partial(Descents, two_days, rates["two_days"], losses["two_days"])
    unscaled = partial(Descents, raw, rates["raw"], losses["raw"])
    further = "the same, further; ✕: the last finite loss"
    usual = Descents(rain, rates["rain"], losses["rain"], "rain by two days", 40, 1.8, log=False)
    panels = {
        "loss_curves": [near("temperature by two days", 100, 1e3), near(further, 1500, 1e40)],
        "unscaled": [unscaled("day of year, unscaled", 100, 1e3), unscaled(further, 1000, 1e40)],
        "cross_entropy": [usual, Descents(rain, HUGE, losses["huge"], "the same, at senseless rates", 40, 1e8)],
    }
    sweeps = {
        "two days' temperatures": (two_days, {"2/λmax": two_days.limit}),
        "day of year, unscaled": (raw, {"2/λmax": raw.limit}),
        "rain": (rain, {"surely stable": rain.limit, "at the optimum": rain.at_optimum}),
    }
    curves = {name: partial(draw_curves, row) for name, row in panels.items()}
    return {**curves, "loss_against_rate": partial(draw_sweeps, sweeps)}


@styled
def draw_curves(panels: Sequence[Descents]) -> Figure:
    """A panel each; a cross where a loss was finite for the last time."""
    figure, axes = panel_row(len(panels), width=5.0 * len(panels), height=4.4)
    dashes = ["-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1))]
    for panel, axis in zip(panels, axes, strict=True):
        for (rate, remark), losses, dash in zip(panel.rates.items(), panel.losses.numpy(), dashes, strict=False):
            shown = losses[: panel.steps + 1]
            finite = np.isfinite(shown)
            look = {"linestyle": dash, "linewidth": 1.3, "label": f"{rate:g} {remark}"}
            (line,) = axis.plot(np.where(finite, shown, np.nan), **look)
            if not finite.all():
                last = int(np.argmin(finite)) - 1
                axis.plot(last, losses[last], "x", color=line.get_color(), markersize=9, markeredgewidth=2)
        lowest = panel.bowl.lowest
        axis.axhline(lowest, color=GREY, linewidth=1, linestyle=":")
        axis.set(title=panel.title, xlabel="step", ylabel=f"loss ({panel.bowl.unit})", xlim=(0, panel.steps))
        axis.set(yscale="log" if panel.log else "linear", ylim=(0.9 * lowest if panel.log else None, panel.ceiling))
        if panel is panels[0] or panel.rates != panels[0].rates:  # else the colours are known
            axis.legend(title="learning rate ε", loc="upper right", fontsize=8, title_fontsize=8)
    return figure


@styled
def draw_sweeps(panels: Mapping[str, tuple[Bowl, Mapping[str, float]]]) -> Figure:
    """By title the loss after `STEPS` steps against the rate, cut off far above the start; and limits by their name."""
    figure, axes = panel_row(len(panels), width=11.0, height=4.2)
    for (title, (bowl, limits)), axis in zip(panels.items(), axes, strict=True):
        rates = bowl.limit * torch.cat([torch.logspace(-3, -0.1, 30), torch.linspace(0.825, 2, 40)])
        losses = bowl.losses(rates.tolist(), STEPS)
        start = losses[0, 0].item()
        halved = start / bowl.lowest > 2  # then a logarithmic axis shows more
        ceiling = (10 if halved else 2) * start
        axis.plot(rates, losses[:, -1].nan_to_num(torch.inf).clamp(max=100 * ceiling), ".-", markersize=4)
        axis.axhline(start, color=GREY, linewidth=1, linestyle="--", label="at the start")
        axis.axhline(bowl.lowest, color=GREY, linewidth=1, linestyle=":", label="lowest")
        for (name, limit), colour in zip(limits.items(), (RED, BLACK), strict=False):
            axis.axvline(limit, color=colour, linewidth=1.2, linestyle="-.", label=f"{name}: {limit:.3g}")
        axis.set(title=title, xlabel="learning rate ε", ylabel=f"loss after {STEPS} steps ({bowl.unit})")
        axis.set(xscale="log", yscale="log" if halved else "linear", ylim=(0.9 * bowl.lowest, ceiling))
        axis.legend(loc="upper left", fontsize=8, frameon=True)
    return figure
