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
from stratus.runs.lesson import Card, Lesson
from stratus.training.starts import gaussian, uniform, zeros

STARTS: dict[str, Callable[[Tensor, torch.Generator], None]] = {
    "zeros": zeros,
    "N(0, 1)": partial(gaussian, sigma=1.0),
    "N(0, 10)": partial(gaussian, sigma=10.0),
    "U(−10, 10)": partial(uniform, sigma=10.0),
    "N(0, 100)": partial(gaussian, sigma=100.0),
}
PERIODS = 60.0, 900.0
"""Shortest and longest period at which a learnt period starts, in days."""


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
    return Lesson(_card(run, figures), figures, {"one_wave": convex, "learnt_period": waves, "toy": two_valleys})


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
    longest, shortest = (span / period for period in reversed(PERIODS))
    cycles = torch.linspace(span / 1500, span / 60, 1500, dtype=torch.float64)
    starts = torch.linspace(longest, shortest, 60, dtype=torch.float64)
    heights = vmap(loss, chunk_size=500)(cycles)
    middle = heights[1:-1]
    near = cycles[1:-1][(middle < heights[:-2]) & (middle < heights[2:])]
    ends = descend_each(loss, torch.cat([starts, near]), 0.008, 150)[:, -1]
    final = vmap(loss)(ends)
    minima = zip((span / ends[60:]).tolist(), final[60:].tolist(), strict=True)
    names = f"{days.stations[0]}: one wave whose period is learnt", "period", "d", "loss", f"{run.splits.target.unit}²"
    drawn = (span / cycles, heights, span / starts, span / ends[:60], final[:60])
    return Landscape(*names, *(array.numpy() for array in drawn)), sorted(minima, key=lambda one: one[1])


def _toy() -> Landscape:
    x, starts = torch.linspace(-3, 3, 601), torch.linspace(-3, 3, 121)
    ends = descend_each(toy, starts, 0.02, 100)[:, -1]
    names = "the toy f(x) = 3x² + sin 5x", "x", "1", "f(x)", "1"
    return Landscape(*names, *(array.numpy() for array in (x, toy(x), starts, ends, toy(ends))))


def _share_at_lowest(landscape: Landscape) -> float:
    """Share of the starts that end at the lowest loss, to a thousandth of the losses' range."""
    return float((landscape.final < landscape.loss.min() + 1e-3 * np.ptp(landscape.loss)).mean())


def _card(run: FinishedRun, figures: dict[str, Any]) -> Card:
    period, toys = figures["period"], figures["toy"]
    (best, best_loss), (second, second_loss) = period["minima"][:2]
    return Card(
        title="Where descent starts",
        see=f"One wave of the year, c + a cos ωt + b sin ωt with ω fixed, from {figures['starts']} starts: zeros, and "
        f"random ones up to {figures['farthest_start']:.0f} °C away. All end within {figures['farthest_end']:.0e} °C "
        f"of the same θ, where the loss is {figures['lowest']:.4f} °C². In the second picture ω is learnt too. The "
        f"loss then has {len(period['minima'])} local minima for periods of 60 to 1500 days. The best is at "
        f"{best:.1f} days ({best_loss:.3f} °C²), the next at {second:.1f} ({second_loss:.2f} °C²), and of 60 starts, "
        f"evenly spaced in frequency, only {period['best_share']:.0%} find the best: the others stop in the valley "
        "where they began.",
        why="The three losses of a linear model are convex: a bowl has one lowest point, and every way down leads "
        "there. A start further off only costs steps: each leaves about "
        f"{1 - 2 * run.settings.optimizer.lr:.2g} of the distance, near or far. So what the slide warns of, getting "
        "stuck in a local minimum, cannot happen to these models, and zeros are as good a start as any."
        "\n\nIt can happen as soon as a parameter stands inside a cosine, or in a network of several layers: the "
        "gradient says which way is down here, not where it is lowest. A wave with one cycle too many or too few over "
        "the record fits hardly better than none, so the valley of the year is narrow, and on the high ground around "
        f"it there are small valleys to stop in. The toy has two valleys: {toys['best_share']:.0%} of the starts "
        "between −3 and 3 end in the better one.",
        next="Start much further off. The run's loss is as low in the end; how many steps more does it need?",
        command="python train.py experiment=lecture/initialisation init=uniform init.sigma=1000",
    )
