"""The three losses: what one sample costs, what a constant costs, what the inputs save."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor
from torch.func import grad, vmap

from stratus.data.batches import targets
from stratus.data.samples import Array
from stratus.data.splits import Splits
from stratus.lecture.descent_by_hand import loss_on, matrix, path_of
from stratus.lecture.fits import TWO_DAYS, Fit, best_fit, split_like
from stratus.lecture.premises import Needs, asks
from stratus.lecture.words import inputs, when
from stratus.pictures.canvas import GREY, ORANGE, heading, panel_row, sheet, styled
from stratus.runs.finished import FinishedRun
from stratus.runs.lesson import Lesson
from stratus.tasks.linear import LinearTask

NEEDS = Needs(asks("multiclass", "weather"), beside=("regression", "binary", "multiclass"))


@dataclass(frozen=True)
class LossFunction:
    """One loss."""

    title: str  # its name
    score: str  # what the score is, with its unit
    unit: str  # the loss's unit
    z: Array  # scores [n]
    curves: Mapping[str, tuple[Array, Array]]  # by the truth's label the loss and its slope in the score, each [n]


def lesson(run: FinishedRun) -> Lesson:
    """ℓ(z, y) of each task, and how much of the best constant's loss the two temperatures save."""
    fits = {name: best_fit(split_like(run, recipe), name) for name, recipe in TWO_DAYS.items()}
    costs = {name: cost(fit) for name, fit in fits.items()}
    start = loss_on(run.task, run.splits.train)(path_of(run.trace)[0]).item()
    figures: dict[str, Any] = {**costs, "run": {"start": start, "end": run.metrics["train/loss"]}}
    functions = partial(draw_functions, loss_functions_of({name: fit.model.task for name, fit in fits.items()}))
    pictures = {"loss_functions": functions, "cost_of_a_constant": partial(draw_constants, fits, costs)}
    features = run.settings.features
    words = {"inputs": inputs(run.settings), "when": when(features.lead_days)}
    return Lesson(figures, pictures, words=words, tried=int(features.chosen.keys() == {"harmonics"}))


def mean_truth(splits: Splits) -> Tensor:
    """The best constant forecast [k]: the training days' mean, or the frequencies of their classes."""
    y = torch.as_tensor(splits.train.y)
    return (y if y.ndim > 1 else torch.eye(len(splits.outputs), dtype=torch.float64)[y]).mean(0)


def cost(fit: Fit) -> dict[str, float]:
    """Mean training losses in float64: of θ = 0, of the constant that forecasts the mean truth, of the optimum."""
    loss, best = loss_on(fit.model.task, fit.splits.train, torch.float64), matrix(fit.model.weights)
    constant = torch.zeros_like(best)
    constant[:, -1] = fit.model.task.link(mean_truth(fit.splits))
    thetas = {"zeros": torch.zeros_like(best), "constant": constant, "model": best}
    return {name: loss(theta).item() for name, theta in thetas.items()}


def _curve(task: LinearTask, z: Tensor, y: Tensor, k: int = 0) -> tuple[Any, Any]:
    """Loss and slope in the k-th score, of scores z [n, outputs] of samples with the same truth y."""
    loss, slope = (vmap(function, in_dims=(0, None))(z[:, None], y) for function in (task.loss, grad(task.loss)))
    return loss.numpy(), slope[:, 0, k].numpy()


def loss_functions_of(models: Mapping[str, LinearTask]) -> list[LossFunction]:
    """ℓ(z, y) of the tasks of `TWO_DAYS`: of an average temperature of 10 °C, of rain and none, of the last class."""
    degrees, scores = torch.linspace(0, 20, 201)[:, None], torch.linspace(-6, 6, 241)[:, None]
    regression, binary, multiclass = (models[name] for name in TWO_DAYS)
    k = len(multiclass.outputs)
    last = k - 1
    others_at_zero = scores * torch.eye(k)[last]
    squared = {"y = 10 °C": _curve(regression, degrees, torch.tensor([[10.0]]))}
    labels = {"rain, y = 1: −log σ(z)": 1.0, "dry, y = 0: −log(1 − σ(z))": 0.0}
    rain = {label: _curve(binary, scores, torch.tensor([[y]])) for label, y in labels.items()}
    class_ = {"−log softmax(z)": _curve(multiclass, others_at_zero, torch.tensor([last]), last)}
    z = scores[:, 0].numpy()
    return [
        LossFunction("squared: (y − z)²", "forecast z (°C)", "°C²", degrees[:, 0].numpy(), squared),
        LossFunction("binary cross-entropy", "score z", "nat", z, rain),
        LossFunction(f"cross-entropy, {k} classes", "score z of the true class; others 0", "nat", z, class_),
    ]


@styled
def draw_functions(functions: Sequence[LossFunction]) -> Figure:
    """A column a loss: above the loss of one sample, below its slope; a truth a line."""
    figure, axes = sheet(2, len(functions), width=10.0, height=5.4, sharex="col", squeeze=False)
    for function, (above, below) in zip(functions, axes.T, strict=True):
        for (truth, (loss, slope)), dashes in zip(function.curves.items(), ("-", "--", ":"), strict=False):
            above.plot(function.z, loss, dashes, label=truth)
            below.plot(function.z, slope, dashes)
        below.axhline(0, color=GREY, linewidth=1)
        _, top = above.get_ylim()
        above.set(title=function.title, ylabel=f"loss ({function.unit})", ylim=(0, 1.25 * top))  # the legend's room
        below.set(ylabel="slope ∂ℓ/∂z", xlabel=function.score)
        above.legend(loc="upper center")
    return figure


CONSTANTS = {
    "regression": ("temperature", "constant temperature (°C)", "°C²", np.linspace(0, 24, 121)),
    "binary": ("rain", "constant probability", "nat", np.linspace(0.01, 0.99, 99)),
}
"""By task what is forecast, what the constant is, the loss's unit, and constants."""


@styled
def draw_constants(fits: Mapping[str, Fit], costs: Mapping[str, Mapping[str, float]]) -> Figure:
    """The mean loss of constant forecasts, the lowest marked; last, a day of each class at the classes' frequencies."""
    figure, axes = panel_row(len(fits), width=10.0, height=3.8)
    for (name, (title, forecast, unit, constants)), axis in zip(CONSTANTS.items(), axes, strict=False):
        task, splits, lowest = fits[name].model.task, fits[name].splits, costs[name]["constant"]
        y, best = targets(splits.train, torch.float64), mean_truth(splits).item()
        axis.plot(constants, [task.loss(z.expand_as(y), y) for z in task.link(torch.as_tensor(constants))])
        axis.plot(best, lowest, "o", color=ORANGE)
        label = f"best: {best:.4g}\nmean loss {lowest:.4g}"
        axis.annotate(label, (best, lowest), (0, -10), textcoords="offset points", ha="center", va="top")
        axis.set(title=title, xlabel=forecast, ylabel=f"mean loss ({unit})", ylim=(0, None))
    axis, classes = axes[-1], fits["multiclass"].splits
    shares = mean_truth(classes).numpy()
    losses, mean = -np.log(shares), costs["multiclass"]["constant"]
    axis.barh([f"{name}\n{share:.1%} of days" for name, share in zip(classes.outputs, shares, strict=True)], losses)
    axis.axvline(mean, color=ORANGE, linestyle="--")
    axis.set(title=f"weather: mean loss {mean:.4g}", xlabel="loss of such a day, −log share (nat)")
    axis.grid(axis="y", visible=False)
    heading(figure, f"{classes.train.stations[0]}: the same forecast every day")
    return figure
