"""Four common mistakes, and what each does to the numbers."""

from functools import partial
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure
from torch.func import vmap

from stratus.data.recipe import Recipe
from stratus.data.samples import Array
from stratus.data.splits import Splits
from stratus.lecture.descent_by_hand import descend, loss_on
from stratus.lecture.fits import TWO_DAYS, Fit, best_fit, split_like
from stratus.lecture.mistakes import SigmoidTwice, SoftmaxTwice, minimised, month_leak, standardising_leak
from stratus.lecture.pictures.common_mistakes import Descents, draw_leaks, draw_losses
from stratus.runs.finished import FinishedRun
from stratus.runs.lesson import Card, Lesson
from stratus.runs.pictures import title
from stratus.tasks.linear import LinearTask

STARTS = 4
"""Random starts of the first mistake."""


def lesson(run: FinishedRun) -> Lesson:
    """An activation applied twice, statistics from the test days, the answer among the inputs."""
    weather = best_fit(split_like(run, TWO_DAYS["multiclass"]), "multiclass")
    pairs: dict[str, tuple[Fit, LinearTask]] = {
        "sigmoid": (best_fit(run.splits, "binary"), SigmoidTwice.fitting(run.splits)),
        "softmax": (weather, SoftmaxTwice.fitting(weather.splits)),
    }
    recipes = {"honest": TWO_DAYS["regression"], "given": Recipe("temperature", {"two_days": {}}, lead_days=0)}
    temperature = {name: best_fit(split_like(run, recipe), "regression") for name, recipe in recipes.items()}
    month, leaking_month = month_leak(run.splits)
    figures: dict[str, Any] = {name: _twice(right, wrong) for name, (right, wrong) in pairs.items()}
    figures |= {f"{name}_rmse": fit.scores("test")["rmse"] for name, fit in temperature.items()}
    figures |= {
        "month_brier": month,
        "leaking_month_brier": leaking_month,
        "standardising_leak_early": standardising_leak(run.splits, 10),
        "standardising_leak_optimum": standardising_leak(run.splits, None),
    }
    pictures = {
        "twice": partial(_draw_twice, run, pairs, figures),
        "leaks": partial(_draw_leaks, run, temperature, figures),
    }
    return Lesson(_card(figures), figures, pictures)


def _card(figures: dict[str, Any]) -> Card:
    sigmoid, softmax = figures["sigmoid"], figures["softmax"]
    return Card(
        title="Four common mistakes, and how each shows",
        see="Each mistake stands beside the right way."
        f"\n\n1. **Sigmoid twice.** Trained from zeros to the end, the loss is {sigmoid['twice']:.4f}; a constant has "
        f"{sigmoid['constant']:.4f}, the right model {sigmoid['once']:.4f}."
        f"\n2. **Softmax twice:** {softmax['twice']:.4f}, a constant has {softmax['constant']:.4f}, the right model "
        f"{softmax['once']:.4f}."
        "\n3. **Statistics from the test days.** “Usual this month” has a Brier score of "
        f"{figures['month_brier']:.4f}; with the test year counted in, {figures['leaking_month_brier']:.4f}."
        "\n4. **The answer among the inputs:** a day's temperature, forecast from itself, misses by "
        f"{figures['given_rmse']:.0e} °C; from the two days before, by {figures['honest_rmse']:.2f} °C.",
        why="The lecture writes σ(f(x)) in its loss, though its f contains a σ already. It is shorthand: one σ is "
        "meant. PyTorch's losses “with logits” contain the sigmoid or softmax. If the model applies it too, the "
        f"P(rain) that the loss sees stays between {sigmoid['least']:.2f} and {sigmoid['most']:.2f}, and none of five "
        f"types can have more than {softmax['most']:.2f}. The loss is no longer convex either: {STARTS} random starts "
        f"of the first mistake end between {sigmoid['best_of_starts']:.4f} and {sigmoid['worst_of_starts']:.4f}. Only "
        "the loss of a constant warns you."
        "\n\nA leak does the opposite: all looks too good. By how much depends on the leak. Standardising with the "
        f"test days included moves the Brier score by {figures['standardising_leak_early']:+.4f} after 10 steps. At "
        "the optimum, which does not depend on the scale, it changes nothing but the rounding "
        f"({abs(figures['standardising_leak_optimum']):.0e}). It is wrong all the same: when the forecast is made, "
        "those days are still to come.",
        next="Let the answer in yourself. Stratus says so before it trains.",
        command="python train.py task=regression features=two_days features.lead_days=0",
    )


def _twice(right: Fit, wrong: LinearTask) -> dict[str, float]:
    """Training losses at the end, and the range of probabilities that the wrong model can give."""
    splits = right.splits
    loss = loss_on(wrong, splits.train, torch.float64)
    shape = (len(splits.outputs), len(splits.inputs) + 1)
    generator = torch.Generator().manual_seed(0)
    ends = [minimised(loss, 3 * torch.randn(shape, generator=generator).double()) for _ in range(STARTS)]
    # The second activation, of the most extreme that the first can give: 0 and 1, or one class for sure.
    said = torch.sigmoid(torch.eye(2)) if shape[0] == 1 else torch.softmax(torch.eye(shape[0]), -1)
    y = splits.train.y
    rates = np.bincount(y.astype(int).ravel()) / len(y)
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
    asked = {"sigmoid": "rain or not", "softmax": "five types of weather"}
    panels = [
        Descents(
            f"{asked[name]}: {name} once and twice",
            {"once": _losses(run, right.splits, right.model.task), "twice": _losses(run, right.splits, wrong)},
            figures[name]["constant"],
        )
        for name, (right, wrong) in pairs.items()
    ]
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
        "usual this month,\nfrom training years": figures["month_brier"],
        "usual this month,\ntest year counted in": figures["leaking_month_brier"],
    }
    honest, given = (fit.model.forecast(fit.splits.test.x)[:, 0] for fit in temperature.values())
    return draw_leaks(brier, days.y[:, 0], honest, given, place=title(days))
