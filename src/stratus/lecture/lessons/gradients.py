"""Where the gradient comes from: closed form, autograd, finite differences."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor
from torch.func import grad, vmap

from stratus import tasks
from stratus.data.samples import Array
from stratus.data.splits import Splits
from stratus.data.targets import Continuous
from stratus.lecture.descent_by_hand import Loss, loss_on, path_of
from stratus.lecture.fits import TWO_DAYS, fit_of, split_like
from stratus.lecture.premises import PLAIN, Needs, asks
from stratus.pictures.canvas import BLACK, GREY, ORANGE, SKY, legend, panel_row, sheet, styled
from stratus.runs.finished import FinishedRun
from stratus.runs.lesson import Lesson
from stratus.tasks.linear import LinearTask

NEEDS = Needs((*asks("binary", "rain"), *PLAIN), beside=("regression", "binary", "multiclass"))
FEW = 2  # epochs after which a run has not arrived
TITLES = {
    "regression": ("squared: 2Aᵀ(Aθ − y)/n", "°C"),
    "binary": ("binary: Aᵀ(p − y)/n", "nat"),
    "multiclass": ("multi-class: Aᵀ(P − Y)/n", "nat"),
}
STEPS = np.logspace(-14, 0, 43)  # h of finite differences


@dataclass(frozen=True)
class Gradients:
    """One task's gradient at a random θ, in float64, in three ways; each [k, m + 1]."""

    splits: Splits  # the samples
    theta: Tensor  # θ
    formula: Tensor  # by the closed form
    autograd: Tensor  # by torch
    differences: Mapping[str, Tensor]  # "central" and "forward", at each of `STEPS` [h, k, m + 1]

    @classmethod
    def of(cls, name: str, splits: Splits, seed: int) -> "Gradients":
        """Those of the task of that name."""
        task = tasks.find(name).for_splits(splits)
        loss = loss_on(task, splits.train, torch.float64)
        shape = len(splits.outputs), len(splits.inputs) + 1
        theta = torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
        by_step = [differences(loss, theta, h) for h in STEPS]
        by_way = {way: torch.stack([one[way] for one in by_step]) for way in by_step[0]}
        return cls(splits, theta, closed_form(task, splits, theta), grad(loss)(theta), by_way)

    def errors(self, way: str) -> Array:
        """Of differences, the largest component's error, relative to the largest component [h]."""
        off = (self.differences[way] - self.formula).abs().amax((-2, -1)) / self.formula.abs().max()
        return off.clamp(min=1e-17).numpy()  # a logarithmic axis has no place for 0


def closed_form(task: LinearTask, splits: Splits, theta: Tensor) -> Tensor:
    """∇L [k, m + 1] by the lecture's formulas with A = (standardised x, 1): 2Aᵀ(Aθ - y)/n, Aᵀ(p - y)/n, Aᵀ(P - Y)/n."""
    design, y = task.design(torch.as_tensor(splits.train.x)), torch.as_tensor(splits.train.y)
    truth = y if y.ndim > 1 else torch.eye(len(splits.outputs), dtype=design.dtype)[y]
    error = task.activation(design @ theta.T) - truth
    return (2 if isinstance(splits.target, Continuous) else 1) * error.T @ design / len(design)


def differences(loss: Loss, theta: Tensor, h: float) -> dict[str, Tensor]:
    """(L(θ + h) - L(θ - h)) / 2h, whose error is of the order h², and (L(θ + h) - L(θ)) / h, of the order h."""
    steps = h * torch.eye(theta.numel(), dtype=theta.dtype).view(-1, *theta.shape)  # along each component in turn
    above, below = vmap(loss)(theta + steps).view(theta.shape), vmap(loss)(theta - steps).view(theta.shape)
    return {"central": (above - below) / (2 * h), "forward": (above - loss(theta)) / h}


def lesson(run: FinishedRun) -> Lesson:
    """The three closed forms beside autograd and finite differences; and the gradient at the end of the run."""
    seed = run.settings.seed
    found = {name: Gradients.of(name, split_like(run, recipe), seed) for name, recipe in TWO_DAYS.items()}
    path, days = path_of(run.trace).double(), run.splits.train
    start, end = (closed_form(run.task, run.splits, theta).norm().item() for theta in (path[0], path[-1]))
    expected = float(fit_of(run).model.forecast(days.x).sum())  # of the days, how many have rain
    figures: dict[str, Any] = {name: _figures(gradients) for name, gradients in found.items()}
    figures["run"] = {"start": start, "end": end, "expected": expected, "events": float(days.y.sum())}
    drawn = {"gradient_components": partial(draw_components, found), "difference_errors": partial(draw_errors, found)}
    words = {"worst": max(figures[name]["autograd_error"] for name in found), "few": FEW}
    words["shrank"] = "shrank" if end < start else "went"
    return Lesson(figures, drawn, words=words, tried=int(run.settings.trainer.max_epochs <= FEW))


def _figures(gradients: Gradients) -> dict[str, Any]:
    errors = {way: gradients.errors(way) for way in gradients.differences}
    return {
        "theta": gradients.theta.tolist(),
        "gradient": gradients.autograd.tolist(),
        "autograd_error": (gradients.autograd - gradients.formula).abs().max().item(),
        **{f"{way}_best_step": float(STEPS[error.argmin()]) for way, error in errors.items()},
        **{f"{way}_best_error": float(error.min()) for way, error in errors.items()},
        **{f"{way}_errors": error.tolist() for way, error in errors.items()},
    }


@styled
def draw_components(found: Mapping[str, Gradients]) -> Figure:
    """A panel a task: the formula as a bar, the other two as marks on its end."""
    figure, axes = panel_row(len(found), width=10.5, height=4.6)
    for (name, one), axis in zip(found.items(), axes, strict=True):
        columns = [*(column.replace("temperature", "T") for column in one.splits.inputs), "bias"]
        outputs = [f"{output}: " if len(one.theta) > 1 else "" for output in one.splits.outputs]
        rows, best = np.arange(one.theta.numel()), one.errors("central").argmin()
        three = (one.formula, one.autograd, one.differences["central"][best])
        formula, autograd, differences = (gradient.flatten().numpy() for gradient in three)
        axis.barh(rows, formula, color=SKY, label="closed form")
        axis.plot(autograd, rows, "o", color=BLACK, markersize=8, fillstyle="none", label="autograd")
        axis.plot(differences, rows, "x", color=ORANGE, markeredgewidth=2, label="finite differences")
        axis.set_yticks(rows, [output + column for output in outputs for column in columns], fontsize=8)
        axis.invert_yaxis()
        axis.axvline(0, color=BLACK, linewidth=0.8)
        axis.grid(axis="y", visible=False)
        axis.set(title=TITLES[name][0], xlabel=f"component of ∇L ({TITLES[name][1]})")
    legend(figure, axes[0].get_legend_handles_labels()[0])
    return figure


@styled
def draw_errors(found: Mapping[str, Gradients]) -> Figure:
    """Relative errors over the step h: left of central, right of forward differences; and the laws they follow."""
    figure, axes = sheet(1, 2, width=9.5, height=4.4, sharey=True)
    ways = {"central": ("(L(θ + h) − L(θ − h)) / 2h", 2), "forward": ("(L(θ + h) − L(θ)) / h", 1)}
    for axis, (way, (formula, order)) in zip(axes, ways.items(), strict=True):
        for (name, one), style in zip(found.items(), ("o-", "s--", "D:"), strict=True):
            axis.plot(STEPS, one.errors(way), style, markersize=3, linewidth=1, label=TITLES[name][0].partition(":")[0])
        axis.plot(STEPS, torch.finfo(torch.float64).eps / STEPS, "-.", color=GREY, linewidth=0.8, label="rounding, ε/h")
        axis.plot(STEPS, STEPS**order, "--", color=BLACK, linewidth=0.8, label="truncation, h² left and h right")
        axis.set(title=f"{way}: {formula}", xlabel="h", xscale="log", yscale="log", ylim=(1e-17, 10))
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=5)
    axes[0].set_ylabel("relative error of the gradient")
    return figure
