"""Four common mistakes, and what each does to the numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor
from torch.func import vmap

from stratus.data.recipe import Recipe
from stratus.data.samples import Array, concatenated
from stratus.data.splits import Splits
from stratus.lecture.descent_by_hand import Loss, descend, loss_on, matrix
from stratus.lecture.fits import TWO_DAYS, Fit, best_fit, split_like
from stratus.lecture.premises import Needs, asks, given
from stratus.lecture.words import count
from stratus.pictures.canvas import BLACK, GREY, ORANGE, heading, panel_row, sheet, styled
from stratus.runs.finished import FinishedRun
from stratus.runs.lesson import Lesson
from stratus.runs.pictures import title
from stratus.tasks.binary import BinaryClassification
from stratus.tasks.linear import LinearTask
from stratus.tasks.multiclass import MulticlassClassification
from stratus.tasks.weights import Weights
from stratus.training.optimum import optimum
from stratus.verification.climatology import Climatology
from stratus.verification.model import Model

NEEDS = Needs((*asks("binary", "rain"), *given("two_days")), beside=("regression", "binary", "multiclass"))
STARTS, EARLY = 4, 10  # random starts of the first mistake; steps after which standardising on test days still tells
ENDS = (
    "Nor is the loss convex any longer: far from 0 it flattens out on either side. Here {starts} random starts of the "
    "first mistake all end at {low}",
    "The loss is no longer convex either: {starts} random starts of the first mistake end between {low} and {high}",
)  # alike, or not


class SigmoidTwice(BinaryClassification):
    """The slide taken literally: its f contains a sigmoid, and its loss applies another."""

    def loss(self, logits: Tensor, y: Tensor, known: Tensor | None = None) -> Tensor:
        """The cross-entropy of σ(σ(z)), which lies between σ(0) = 0.5 and σ(1) = 0.731 whatever z is."""
        return super().loss(torch.sigmoid(logits), y, known)


class SoftmaxTwice(MulticlassClassification):
    """The same with several classes."""

    def loss(self, logits: Tensor, y: Tensor, known: Tensor | None = None) -> Tensor:
        """The cross-entropy of softmax(softmax(z)); of k classes none is given more than e/(e + k - 1)."""
        return super().loss(torch.softmax(logits, -1), y, known)


def minimised(loss: Loss, start: Tensor) -> float:
    """The loss at which L-BFGS ends; if the loss is not convex, it depends on the start."""
    theta = start.clone().requires_grad_()
    optimizer = torch.optim.LBFGS([theta], max_iter=500, line_search_fn="strong_wolfe", tolerance_change=1e-14)

    def closure() -> Tensor:
        optimizer.zero_grad()
        value = loss(theta)
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    return loss(theta).item()


def with_test_days(splits: Splits) -> Splits:
    """The same samples with the test days among the training days: a leak."""
    return replace(splits, train=concatenated([splits.train, splits.test]))


def usual_leak(splits: Splits) -> tuple[float, float]:
    """Test Brier score of what is usual on a day, fitted to the days before the test, and to the test days as well."""
    honest, leaking = (Climatology.fit(one).forecast(splits.test) for one in (splits, with_test_days(splits)))
    return float(np.mean((honest - splits.test.y) ** 2)), float(np.mean((leaking - splits.test.y) ** 2))


def standardising_leak(splits: Splits, steps: int | None) -> float:
    """How much the test Brier score grows if test days help to standardise; after so many steps, None: at the end."""
    scores = []
    for scaled in (with_test_days(splits), splits):
        task = BinaryClassification.for_splits(scaled)
        if steps is None:
            weights = optimum(task, splits).weights
        else:
            start = torch.zeros(1, len(splits.inputs) + 1, dtype=torch.float64)
            theta = descend(loss_on(task, splits.train, torch.float64), start, 0.3, steps)[-1]
            weights = Weights(theta[:, :-1], theta[:, -1])
        p = Model(task, weights, splits.target).forecast(splits.test.x)
        scores.append(float(np.mean((p - splits.test.y) ** 2)))
    return scores[0] - scores[1]


@dataclass(frozen=True)
class Descents:
    """Descents on the losses of rival models."""

    title: str  # what is trained
    losses: Mapping[str, Array]  # by the model's name, its loss at each step
    constant: float  # the loss of a constant forecast


def lesson(run: FinishedRun) -> Lesson:
    """An activation applied twice, statistics from the test days, the answer among the inputs."""
    weather = best_fit(split_like(run, TWO_DAYS["multiclass"]), "multiclass")
    pairs: dict[str, tuple[Fit, LinearTask]] = {
        "sigmoid": (best_fit(run.splits, "binary"), SigmoidTwice.for_splits(run.splits)),
        "softmax": (weather, SoftmaxTwice.for_splits(weather.splits)),
    }
    recipes = {"honest": TWO_DAYS["regression"], "given": Recipe("temperature", {"two_days": {}}, lead_days=0)}
    temperature = {name: best_fit(split_like(run, recipe), "regression") for name, recipe in recipes.items()}
    usual, leaking_usual = usual_leak(run.splits)
    early, late = (standardising_leak(run.splits, steps) for steps in (EARLY, None))
    figures: dict[str, Any] = {name: _twice(right, wrong) for name, (right, wrong) in pairs.items()}
    figures |= {f"{name}_rmse": fit.scores("test")["rmse"] for name, fit in temperature.items()}
    figures |= {"usual_brier": usual, "leaking_usual_brier": leaking_usual}
    figures |= {"standardising_leak_early": early, "standardising_leak_optimum": late}
    twice, leaks = partial(_draw_twice, run, pairs, figures), partial(_draw_leaks, run, temperature, figures)
    words = {"early": EARLY, "types": count(len(weather.splits.outputs)), **_words(figures)}
    return Lesson(figures, {"twice": twice, "leaks": leaks}, words=words)


def _words(figures: Mapping[str, Any]) -> dict[str, str]:
    """Whether the loss of a constant warns, whether the leak flatters, and what scaling changes in the end."""
    warned = all(figures[name]["twice"] > figures[name]["constant"] for name in ("sigmoid", "softmax"))
    flattered = figures["leaking_usual_brier"] < figures["usual_brier"]
    late = abs(figures["standardising_leak_optimum"])
    low, high = (f"{figures['sigmoid'][name]:.4f}" for name in ("best_of_starts", "worst_of_starts"))
    flattery = ("does the opposite: what is usual looks better than it is", "need not flatter: here it does not")
    return {
        "warning": " Only the loss of a constant warns you: it is lower." if warned else "",
        "flattery": flattery[0 if flattered else 1],
        "ends": ENDS[low != high].format(starts=STARTS, low=low, high=high),
        "late": "changes nothing, to rounding" if late < 1e-9 else f"still moves it by {late:.0e}",
    }


def _twice(right: Fit, wrong: LinearTask) -> dict[str, float]:
    """Training losses at the end, and the range of probabilities that the wrong model can give."""
    loss, shape = loss_on(wrong, right.splits.train, torch.float64), matrix(right.model.weights).shape
    generator = torch.Generator().manual_seed(0)
    ends = [minimised(loss, 3 * torch.randn(shape, generator=generator).double()) for _ in range(STARTS)]
    # The second activation, of the most extreme that the first can give: 0 and 1, or one class for sure.
    said = torch.sigmoid(torch.eye(2)) if shape[0] == 1 else torch.softmax(torch.eye(shape[0]), -1)
    rates = np.bincount(right.splits.train.y.astype(int).ravel()) / len(right.splits.train)
    return {
        "once": right.scores("train")["loss"],
        "twice": minimised(loss, torch.zeros(shape, dtype=torch.float64)),
        "constant": float(-(rates * np.log(rates)).sum()),
        "best_of_starts": min(ends),
        "worst_of_starts": max(ends),
        "least": said.min().item(),
        "most": said.max().item(),
    }


def _draw_twice(run: FinishedRun, pairs: dict[str, tuple[Fit, LinearTask]], figures: dict[str, Any]) -> Figure:
    types = count(len(pairs["softmax"][0].splits.outputs))
    asked = {"sigmoid": "rain or not", "softmax": f"{types} types of weather"}
    panels = []
    for name, (right, wrong) in pairs.items():
        losses = {"once": _losses(run, right.splits, right.model.task), "twice": _losses(run, right.splits, wrong)}
        panels.append(Descents(f"{asked[name]}: {name} once and twice", losses, figures[name]["constant"]))
    return draw_losses(panels, place=title(run.splits.train, "training days"))


def _losses(run: FinishedRun, splits: Splits, task: LinearTask) -> Array:
    """Training loss at each step from zeros; learning rate and number of steps are the run's."""
    loss = loss_on(task, splits.train, torch.float64)
    start = torch.zeros(len(splits.outputs), len(splits.inputs) + 1, dtype=torch.float64)
    path = descend(loss, start, run.settings.optimizer.lr, run.settings.trainer.max_epochs)
    return np.asarray(vmap(loss)(path))


def _draw_leaks(run: FinishedRun, temperature: dict[str, Fit], figures: dict[str, Any]) -> Figure:
    days = temperature["honest"].splits.test
    brier = {
        "rain from two\ntemperatures": run.metrics["test/brier"],
        "usual on this day,\nfrom the days before": figures["usual_brier"],
        "usual on this day,\ntest days counted in": figures["leaking_usual_brier"],
    }
    honest, given = (fit.model.forecast(fit.splits.test.x)[:, 0] for fit in temperature.values())
    return draw_leaks(brier, days.y[:, 0], honest, given, place=title(days))


@styled
def draw_losses(panels: list[Descents], *, place: str) -> Figure:
    """Loss against step, a panel each; `place` is where and when."""
    figure, grid = panel_row(len(panels), width=4.4 * len(panels), height=4.0)
    for axes, panel in zip(grid, panels, strict=True):
        for (label, losses), line in zip(panel.losses.items(), ("-", "--"), strict=False):
            axes.plot(losses, linestyle=line, linewidth=2, label=label)
        axes.axhline(panel.constant, color=GREY, linewidth=1)
        where = {"xycoords": axes.get_yaxis_transform(), "textcoords": "offset points", "ha": "right", "va": "bottom"}
        said = f"a constant forecast, {panel.constant:.3f}"
        axes.annotate(said, (1, panel.constant), (-2, 2), color=GREY, fontsize=9, **where)
        axes.set(title=panel.title, xlabel="step", ylabel="mean training loss (nats a day)")
        axes.margins(x=0.02, y=0.1)
    figure.legend(*grid[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    heading(figure, place)
    return figure


@styled
def draw_leaks(brier: Mapping[str, float], truth: Array, honest: Array, given: Array, *, place: str) -> Figure:
    """Brier scores, the leaking one last; forecasts without and with the answer among the inputs, against it [n]."""
    figure, (left, right) = sheet(1, 2, width=8.8, height=4.2)
    colours = [GREY] * (len(brier) - 1) + [ORANGE]
    bars = left.barh(list(brier), list(brier.values()), color=colours, hatch=[""] * (len(brier) - 1) + ["//"])
    left.bar_label(bars, fmt="%.4f", padding=3)
    left.invert_yaxis()
    left.set(title="a frequency that knows the test days", xlabel="Brier score of rain (lower is better)")
    left.set_xlim(0, 1.25 * max(brier.values()))
    left.grid(visible=False, axis="y")
    right.plot(truth, honest, ".", color=GREY, markersize=5, label="from the two days before")
    right.plot(truth, given, "x", color=ORANGE, markersize=4, label="the day itself among the inputs")
    ends = [np.min(truth), np.max(truth)]
    right.plot(ends, ends, color=BLACK, linewidth=0.8)
    right.set(title="the answer among the inputs", ylabel="forecast (°C)", xlabel="measured average temperature (°C)")
    right.legend(loc="upper left", handletextpad=0.2)
    heading(figure, place)
    return figure
