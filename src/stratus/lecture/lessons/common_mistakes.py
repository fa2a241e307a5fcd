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
from stratus.runs.lesson import Lesson
from stratus.runs.pictures import title
from stratus.tasks.linear import LinearTask

STARTS = 4
"""Random starts of the first mistake."""

EARLY = 10
"""Steps after which a leak through standardising still tells."""


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
        "standardising_leak_early": standardising_leak(run.splits, EARLY),
        "standardising_leak_optimum": standardising_leak(run.splits, None),
    }
    pictures = {
        "twice": partial(_draw_twice, run, pairs, figures),
        "leaks": partial(_draw_leaks, run, temperature, figures),
    }
    words = {"starts": STARTS, "early": EARLY, "rounding": abs(figures["standardising_leak_optimum"])}
    return Lesson(figures, pictures, words=words)


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
