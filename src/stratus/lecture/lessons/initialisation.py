"""Where descent starts: it does not matter on a convex loss; among several valleys it decides."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.func import vmap

from stratus.data.targets import Continuous
from stratus.errors import ConfigurationError
from stratus.lecture.descent_by_hand import descend_each, loss_on, matrix, path_of
from stratus.lecture.fits import best_fit
from stratus.lecture.landscapes import learnt_period, toy
from stratus.lecture.pictures.initialisation import Landscape, draw_bowl, draw_ends
from stratus.runs.finished import FinishedRun
from stratus.runs.lesson import Lesson
from stratus.training.starts import gaussian, uniform, zeros

STARTS: dict[str, Callable[[Tensor, torch.Generator], None]] = {
    "zeros": zeros,
    "N(0, 1)": partial(gaussian, sigma=1.0),
    "N(0, 10)": partial(gaussian, sigma=10.0),
    "U(−10, 10)": partial(uniform, sigma=10.0),
    "N(0, 100)": partial(gaussian, sigma=100.0),
}
PERIODS, STARTING_PERIODS = (60, 1500), (60, 900)
"""Shortest and longest period whose loss is shown, and at which a descent starts, in days."""

PERIOD_STARTS, TOY_REACH = 60, 3
"""Number of those starts; the toy's lie between −3 and 3."""


def lesson(run: FinishedRun) -> Lesson:
    """One wave of the year from many starts; then the same wave with its period learnt; then the toy."""
    if run.splits.inputs != ["cos 1/year", "sin 1/year"] or not isinstance(run.splits.target, Continuous):
        raise ConfigurationError("this lesson is about one wave: task=regression features=harmonics with k=1")
    lowest = matrix(best_fit(run.splits, "regression").model.weights)[0].float()
    paths = _from_everywhere(run)
    loss = loss_on(run.task, run.splits.train)
    ends = torch.cat([path[:, -1] for path in paths.values()])
    final = vmap(loss)(ends[:, None])
    (period, minima), toys = _period(run), _toy()
    figures: dict[str, Any] = {
        "lowest": run.references["optimum"]["train/loss"],
        "starts": len(ends),
        "farthest_start": max((path[:, 0] - lowest).norm(dim=1).max().item() for path in paths.values()),
        "farthest_end": (ends - lowest).norm(dim=1).max().item(),
        "final_losses": [final.min().item(), final.max().item()],
        "run": path_of(run.trace)[-1, 0].tolist(),
        "period": {"minima": minima, "best_share": _share_at_lowest(period)},
        "toy": {"ends": np.unique(toys.ends.round(4)).tolist(), "best_share": _share_at_lowest(toys)},
    }
    unit = run.splits.target.unit
    convex = partial(
        draw_bowl,
        {name: path.numpy() for name, path in paths.items()},
        lowest.numpy(),
        across=f"weight of the cosine ({unit})",
        up=f"weight of the sine ({unit})",
        unit=unit,
        reach=28.0,
    )
    waves, two_valleys = (partial(draw_ends, one) for one in (period, toys))
    words = {
        "left": 1 - 2 * run.settings.optimizer.lr,  # of the distance, after a step
        "minima": len(minima),
        "periods": PERIODS,
        "period_starts": PERIOD_STARTS,
        "reach": TOY_REACH,
    }
    return Lesson(figures, {"one_wave": convex, "learnt_period": waves, "toy": two_valleys}, words=words)


def _from_everywhere(run: FinishedRun, each: int = 30, steps: int = 100) -> dict[str, Tensor]:
    """θ [s, t + 1, m + 1] of descents at the run's own rate, from `each` starts of every kind."""
    loss, width = loss_on(run.task, run.splits.train), len(run.splits.inputs) + 1
    generator = torch.Generator().manual_seed(run.settings.seed)
    paths = {}
    for name, init in STARTS.items():
        starts = torch.empty(1 if init is zeros else each, 1, width)
        init(starts, generator)
        paths[name] = descend_each(loss, starts, run.settings.optimizer.lr, steps)[:, :, 0]
    return paths


def _period(run: FinishedRun) -> tuple[Landscape, list[tuple[float, float]]]:
    """The loss over the wave's period with descents from many frequencies, and its local minima.

    A minimum is its period and its loss, the lowest first.
    """
    days = run.splits.train
    age = (days.dates - days.dates[0]).astype(int)
    span = age[-1] + 1
    loss = learnt_period(torch.as_tensor(age / span - 0.5), torch.as_tensor(days.y[:, 0]))
    (high, low), (fastest, slowest) = ((span / period for period in ends) for ends in (PERIODS, STARTING_PERIODS))
    cycles = torch.linspace(low, high, 1500, dtype=torch.float64)
    starts = torch.linspace(slowest, fastest, PERIOD_STARTS, dtype=torch.float64)
    heights = vmap(loss, chunk_size=500)(cycles)
    middle = heights[1:-1]
    near = cycles[1:-1][(middle < heights[:-2]) & (middle < heights[2:])]
    ends = descend_each(loss, torch.cat([starts, near]), 0.008, 150)[:, -1]
    final = vmap(loss)(ends)
    minima = zip((span / ends[PERIOD_STARTS:]).tolist(), final[PERIOD_STARTS:].tolist(), strict=True)
    names = f"{days.stations[0]}: one wave whose period is learnt", "period", "d", "loss", f"{run.splits.target.unit}²"
    drawn = (span / cycles, heights, span / starts, span / ends[:PERIOD_STARTS], final[:PERIOD_STARTS])
    return Landscape(*names, *(array.numpy() for array in drawn)), sorted(minima, key=lambda one: one[1])


def _toy() -> Landscape:
    x, starts = (torch.linspace(-TOY_REACH, TOY_REACH, n) for n in (601, 121))
    ends = descend_each(toy, starts, 0.02, 100)[:, -1]
    names = "the toy f(x) = 3x² + sin 5x", "x", "1", "f(x)", "1"
    return Landscape(*names, *(array.numpy() for array in (x, toy(x), starts, ends, toy(ends))))


def _share_at_lowest(landscape: Landscape) -> float:
    """Share of the starts that end at the lowest loss, to a thousandth of the losses' range."""
    return float((landscape.final < landscape.loss.min() + 1e-3 * np.ptp(landscape.loss)).mean())
