"""Where the gradient comes from: closed form, autograd, finite differences."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.func import grad, vmap

from stratus import tasks
from stratus.data.samples import Array
from stratus.data.splits import Splits
from stratus.data.targets import Continuous, Event
from stratus.errors import ConfigurationError
from stratus.lecture.descent_by_hand import Loss, loss_on, path_of
from stratus.lecture.fits import TWO_DAYS, fit_of, split_like
from stratus.lecture.pictures.gradients import Gradient, draw_components, draw_errors
from stratus.runs.finished import FinishedRun
from stratus.runs.lesson import Lesson
from stratus.tasks.linear import LinearTask

TITLES = {
    "regression": ("squared: 2Aᵀ(Aθ − y)/n", "°C"),
    "binary": ("binary: Aᵀ(p − y)/n", "nat"),
    "multiclass": ("multi-class: Aᵀ(P − Y)/n", "nat"),
}
STEPS = np.logspace(-14, 0, 43)
"""Steps h of finite differences."""


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
        task = tasks.find(name).fitting(splits)
        loss = loss_on(task, splits.train, torch.float64)
        shape = len(splits.outputs), len(splits.inputs) + 1
        theta = torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
        differences = {way: torch.stack([of(loss, theta, h) for h in STEPS]) for way, of in WAYS.items()}
        return cls(splits, theta, closed_form(task, splits, theta), grad(loss)(theta), differences)

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


def _shifted(theta: Tensor, h: float) -> Tensor:
    """θ + h along each component in turn [p, k, m + 1]."""
    return theta + h * torch.eye(theta.numel(), dtype=theta.dtype).view(-1, *theta.shape)


def central(loss: Loss, theta: Tensor, h: float) -> Tensor:
    """(L(θ + h) - L(θ - h)) / 2h, component by component: the error is of the order h²."""
    return ((vmap(loss)(_shifted(theta, h)) - vmap(loss)(_shifted(theta, -h))) / (2 * h)).view(theta.shape)


def forward(loss: Loss, theta: Tensor, h: float) -> Tensor:
    """(L(θ + h) - L(θ)) / h, component by component: the error is of the order h."""
    return ((vmap(loss)(_shifted(theta, h)) - loss(theta)) / h).view(theta.shape)


WAYS = {"central": central, "forward": forward}


def lesson(run: FinishedRun) -> Lesson:
    """The three closed forms beside autograd and finite differences; and the gradient at the end of the run."""
    if not isinstance(run.splits.target, Event) or len(run.splits.outputs) != 1:
        raise ConfigurationError("this lesson ends at the optimum of a binary model: task=binary")
    seed = run.settings.seed
    found = {name: Gradients.of(name, split_like(run, recipe), seed) for name, recipe in TWO_DAYS.items()}
    figures: dict[str, Any] = {name: _figures(gradients) for name, gradients in found.items()}
    figures["run"] = _at_the_end(run)
    titles = {name: TITLES[name][0].partition(":")[0] for name in found}
    errors_of = {way: {titles[name]: one.errors(way) for name, one in found.items()} for way in WAYS}
    rounding = torch.finfo(torch.float64).eps
    pictures = {
        "gradient_components": partial(draw_components, [_components(*one) for one in found.items()]),
        "difference_errors": partial(draw_errors, STEPS, errors_of["central"], errors_of["forward"], rounding),
    }
    worst = max(figures[name]["autograd_error"] for name in found)
    return Lesson(figures, pictures, words={"worst": worst})


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


def _at_the_end(run: FinishedRun) -> dict[str, float]:
    """The gradient's size as the run begins and ends; the sum of its probabilities; the number of days with rain."""
    path, days = path_of(run.trace), run.splits.train
    start, end = (closed_form(run.task, run.splits, theta.double()).norm().item() for theta in (path[0], path[-1]))
    expected = float(fit_of(run).model.forecast(days.x).sum())
    return {"start": start, "end": end, "expected": expected, "events": float(days.y.sum())}


def _components(name: str, gradients: Gradients) -> Gradient:
    columns = [*(one.replace("temperature", "T") for one in gradients.splits.inputs), "bias"]
    outputs = [f"{output}: " if len(gradients.theta) > 1 else "" for output in gradients.splits.outputs]
    best = int(gradients.errors("central").argmin())
    values = (gradients.formula, gradients.autograd, gradients.differences["central"][best])
    return Gradient(
        *TITLES[name],
        [output + column for output in outputs for column in columns],
        *(value.flatten().numpy() for value in values),
    )
