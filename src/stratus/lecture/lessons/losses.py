"""The three losses: what one sample costs, what a constant costs, what the inputs save."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.func import grad, vmap

from stratus.data.splits import Splits
from stratus.lecture.descent_by_hand import loss_on, matrix, path_of
from stratus.lecture.fits import TWO_DAYS, Fit, best_fit, split_like
from stratus.lecture.pictures.losses import Curve, LossFunction, draw_constants, draw_functions
from stratus.runs.finished import FinishedRun
from stratus.runs.lesson import Lesson
from stratus.tasks.linear import LinearTask
from stratus.tasks.weights import exact


@dataclass(frozen=True)
class Cost:
    """Mean training losses: of all-zero parameters, of the best constant, of the best linear model."""

    zeros: float
    constant: float
    model: float


def lesson(run: FinishedRun) -> Lesson:
    """ℓ(z, y) of each task, and how much of the best constant's loss the two temperatures save."""
    fits = {name: best_fit(split_like(run, recipe), name) for name, recipe in TWO_DAYS.items()}
    costs = {name: cost(fit) for name, fit in fits.items()}
    start = loss_on(run.task, run.splits.train)(path_of(run.trace)[0]).item()
    figures: dict[str, Any] = {name: asdict(found) for name, found in costs.items()}
    figures |= {"run": {"start": start, "end": run.metrics["train/loss"]}}
    functions = loss_functions_of({name: fit.model.task for name, fit in fits.items()})
    pictures = {
        "loss_functions": partial(draw_functions, functions),
        "cost_of_a_constant": partial(
            draw_constants,
            _curves(fits, costs),
            _classes(fits["multiclass"].splits),
            place=str(run.splits.train.stations[0]),
        ),
    }
    return Lesson(figures, pictures)


def mean_truth(splits: Splits) -> Tensor:
    """The best constant forecast [k]: the training days' mean, or the frequencies of their classes."""
    y = torch.as_tensor(splits.train.y)
    return (y if y.ndim > 1 else torch.eye(len(splits.outputs), dtype=torch.float64)[y]).mean(0)


def cost(fit: Fit) -> Cost:
    """Losses in float64 of θ = 0, of the constant whose forecast is the mean truth, and of the exact optimum."""
    loss, best = loss_on(fit.model.task, fit.splits.train, torch.float64), matrix(fit.model.weights)
    constant = torch.zeros_like(best)
    constant[:, -1] = fit.model.task.link(mean_truth(fit.splits))
    return Cost(*(loss(theta).item() for theta in (torch.zeros_like(best), constant, best)))


def _curve(task: LinearTask, z: Tensor, y: Tensor, k: int = 0) -> tuple[Any, Any]:
    """Loss and slope in the k-th score, of scores z [n, outputs] of samples with the same truth y."""

    def loss(scores: Tensor) -> Tensor:
        return task.loss(scores[None], y)

    return vmap(loss)(z).numpy(), vmap(grad(loss))(z)[:, k].numpy()


def loss_functions_of(models: Mapping[str, LinearTask]) -> list[LossFunction]:
    """ℓ(z, y) of the tasks of `TWO_DAYS`: of an average temperature of 10 °C, of rain and none, of sun."""
    degrees, scores = torch.linspace(0, 20, 201)[:, None], torch.linspace(-6, 6, 241)[:, None]
    regression, binary, multiclass = (models[name] for name in TWO_DAYS)
    names = multiclass.outputs
    sun = names.index("sun")
    others_at_zero = scores * torch.eye(len(names))[sun]
    return [
        LossFunction(
            "squared: (y − z)²",
            "forecast z (°C)",
            "°C²",
            degrees[:, 0].numpy(),
            {"y = 10 °C": _curve(regression, degrees, torch.tensor([[10.0]]))},
        ),
        LossFunction(
            "binary cross-entropy",
            "score z",
            "nat",
            scores[:, 0].numpy(),
            {
                "rain, y = 1: −log σ(z)": _curve(binary, scores, torch.tensor([[1.0]])),
                "dry, y = 0: −log(1 − σ(z))": _curve(binary, scores, torch.tensor([[0.0]])),
            },
        ),
        LossFunction(
            f"cross-entropy, {len(names)} classes",
            "score z of the true class; others 0",
            "nat",
            scores[:, 0].numpy(),
            {"−log softmax(z)": _curve(multiclass, others_at_zero, torch.tensor([sun]), sun)},
        ),
    ]


def _curves(fits: Mapping[str, Fit], costs: Mapping[str, Cost]) -> list[Curve]:
    """The mean loss of every constant temperature and of every constant probability of rain."""
    shown = {
        "regression": ("temperature", "constant temperature (°C)", "°C²", np.linspace(0, 24, 121)),
        "binary": ("rain", "constant probability", "nat", np.linspace(0.01, 0.99, 99)),
    }
    curves = []
    for name, (title, forecast, unit, constants) in shown.items():
        task, y = fits[name].model.task, exact(fits[name].splits.train.y)
        scores = task.link(torch.as_tensor(constants))
        loss = torch.stack([task.loss(z.expand_as(y), y) for z in scores]).numpy()
        best = mean_truth(fits[name].splits).item()
        lowest = costs[name].constant
        curves.append(Curve(title, forecast, unit, constants, loss, best, lowest))
    return curves


def _classes(splits: Splits) -> dict[str, tuple[float, float]]:
    shares = mean_truth(splits)
    return {name: (share.item(), -share.log().item()) for name, share in zip(splits.outputs, shares, strict=True)}
