"""Learning rates: too low, right, near the limit 2/λmax, above it; and losses that stay finite at any rate."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor
from torch.func import hessian, vmap

from stratus.data.recipe import Recipe
from stratus.data.splits import Splits
from stratus.lecture.descent_by_hand import Loss, descend_each, loss_on, matrix
from stratus.lecture.fits import TWO_DAYS, best_fit, split_like
from stratus.pictures.canvas import BLACK, GREY, RED, panel_row, styled
from stratus.runs.finished import FinishedRun
from stratus.runs.lesson import Lesson
from stratus.training.stability import largest_stable_step

# By what is trained, learning rates with a remark on each.
TEMPERATURE = {0.005: "too low", 0.25: "right", 0.5: "near the limit", 0.52: "above it", 0.6: "far above"}
RAW = {1.0e-5: "low", 2.2e-5: "near the limit", 2.3e-5: "above it"}
RAIN = {1.0: "right", 5.0: "near the limit", 5.5: "above it", 8.0: "far above"}
HUGE = {100.0: "", 1e4: "", 1e6: ""}
STEPS = 100  # of the sweeps over many rates


def lesson(run: FinishedRun) -> Lesson:
    """The same descent at several rates: 2/λmax parts those that arrive from those that diverge."""
    unscaled = split_like(run, Recipe("temperature", {"day_of_year": {}}), standardise=False)
    two_days = Bowl.of(split_like(run, TWO_DAYS["regression"]), "regression", "°C²")
    raw = Bowl.of(unscaled, "regression", "°C²")
    rain = Bowl.of(split_like(run, TWO_DAYS["binary"]), "binary", "nat")
    bowls = {"two_days": two_days, "raw": raw, "rain": rain}
    losses = {"two_days": two_days.losses(TEMPERATURE, 1500), "raw": raw.losses(RAW, 1000)}
    losses |= {"rain": rain.losses(RAIN, 300), "huge": rain.losses(HUGE, 300)}
    figures = _figures(bowls, losses)
    return Lesson(figures, _pictures(bowls, losses), words=_words(figures, losses))


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

    def losses(self, rates: Iterable[float], steps: int) -> Tensor:
        """The loss at the beginning and after each step, from θ = 0 at each rate [r, steps + 1]."""
        rate = torch.tensor([*rates])
        return vmap(vmap(self.loss))(descend_each(self.loss, self.zeros.expand(len(rate), -1, -1), rate, steps))


def _first(mask: Tensor) -> int | None:
    """The first step at which the mask [t + 1] is true."""
    return int(mask.int().argmax()) if mask.any() else None


def _figures(bowls: Mapping[str, Bowl], losses: Mapping[str, Tensor]) -> dict[str, Any]:
    names = ("limit", "at_optimum", "lowest", "slowest")
    figures: dict[str, Any] = {of: {name: getattr(bowl, name) for name in names} for of, bowl in bowls.items()}
    two_days, raw, rain = losses["two_days"], losses["raw"], losses["rain"]
    for name, rates in (("two_days", TEMPERATURE), ("raw", RAW)):
        infinite = [_first(~row.isfinite()) for row in losses[name]]
        figures[name]["infinite_at"] = {f"{rate:g}": step for rate, step in zip(rates, infinite, strict=True)}
    figures["two_days"]["nan_at"], figures["raw"]["crawls_at"] = _first(two_days[-1].isnan()), raw[1, -1].item()
    figures["rain"] |= {"swings": sorted(rain[2, -2:].tolist()), "highest": losses["huge"].max().item()}
    return figures


def _words(figures: Mapping[str, Any], losses: Mapping[str, Tensor]) -> dict[str, Any]:
    """The rates by their remarks, and what became of them."""
    rates, raw, rain = ({remark: rate for rate, remark in each.items()} for each in (TEMPERATURE, RAW, RAIN))
    infinite, raw_infinite = (figures[name]["infinite_at"] for name in ("two_days", "raw"))
    return {
        "steps": STEPS,
        "raw_steps": losses["raw"].shape[1] - 1,
        "rate": rates,
        "rain_rate": rain["above it"],
        "infinite": {remark: infinite[f"{rate:g}"] for remark, rate in rates.items()},
        "raw_rate": {remark: f"{rate:g}".replace("e-0", "e-") for remark, rate in raw.items()},
        "raw_infinite": raw_infinite[f"{raw['above it']:g}"],
        "raw_pace": figures["raw"]["slowest"] / raw["near the limit"],
    }


def _pictures(bowls: Mapping[str, Bowl], losses: Mapping[str, Tensor]) -> dict[str, Callable[[], Figure]]:
    two_days, raw, rain = bowls.values()
    near = partial(Descents, two_days, TEMPERATURE, losses["two_days"])
    unscaled = partial(Descents, raw, RAW, losses["raw"])
    further = "the same, further; ✕: the last finite loss"
    usual = Descents(rain, RAIN, losses["rain"], "rain by two days", 40, 1.8, log=False)
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
