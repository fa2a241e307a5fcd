"""Where descent starts: it does not matter on a convex loss; among several valleys it decides."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor
from torch.func import vmap

from stratus.data.samples import Array
from stratus.errors import counted
from stratus.lecture.descent_by_hand import descend_each, learnt_period, loss_on, matrix, path_of, toy
from stratus.lecture.fits import best_fit
from stratus.lecture.premises import PLAIN, Needs, asks, given, rate_below
from stratus.pictures.canvas import BLACK, GREY, ORANGE, RED, sheet, styled
from stratus.runs.finished import FinishedRun
from stratus.runs.lesson import Lesson
from stratus.training.starts import gaussian, uniform, zeros

WAVE = (*asks("regression", "temperature"), *given("harmonics", {"k": range(1, 2)}))
NEEDS = Needs((*WAVE, *PLAIN, rate_below(0.9)))
FAR = 1000  # the scale of a start much further off
NEAR = 0.01  # °C from the lowest point at which descent has come near
STARTS: dict[str, Callable[[Tensor, torch.Generator], None]] = {
    "zeros": zeros,
    "N(0, 1)": partial(gaussian, sigma=1.0),
    "N(0, 10)": partial(gaussian, sigma=10.0),
    "U(−10, 10)": partial(uniform, sigma=10.0),
    "N(0, 100)": partial(gaussian, sigma=100.0),
}
PERIODS, STARTING_PERIODS = (60, 1500), (60, 900)  # in days, from which to which: of the drawn loss; of the starts
STEPS = 100  # of each descent
PERIOD_RATE = 0.289  # rate of descent to a period, times the variance: a curvature grows with it
PERIOD_STARTS, TOY_REACH = 60, 3  # number of those starts; how far from 0 the toy's are


@dataclass(frozen=True)
class Landscape:
    """A loss of one parameter, and descents on it."""

    title: str  # what is fitted
    across: str  # the parameter at the start, with its unit
    up: str  # the loss, with its unit
    log: bool  # whether a step across is a factor
    x: Array  # values of the parameter [n]
    loss: Array  # the loss at each [n]
    starts: Array  # where descents begin [s]
    ends: Array  # where they end [s]
    final: Array  # the loss there [s]


def lesson(run: FinishedRun) -> Lesson:
    """One wave of the year from many starts; then the same wave with its period learnt; then the toy."""
    lowest = matrix(best_fit(run.splits, "regression").model.weights)[0].float()
    paths = _from_everywhere(run)
    ends = torch.cat([path[:, -1] for path in paths.values()])
    final = vmap(loss_on(run.task, run.splits.train))(ends[:, None])
    (period, minima), toys = _period(run), _toy()
    figures: dict[str, Any] = {
        "lowest": run.references["optimum"]["train/loss"],
        "starts": len(ends),
        "farthest_start": max((path[:, 0] - lowest).norm(dim=1).max().item() for path in paths.values()),
        "farthest_end": (ends - lowest).norm(dim=1).max().item(),
        "final_losses": [final.min().item(), final.max().item()],
        "run": path_of(run.trace)[-1, 0].tolist(),
        "distances": (path_of(run.trace)[:, 0] - lowest).norm(dim=1).tolist(),
        "period": {"minima": minima, "best_share": _share_at_lowest(period)},
        "toy": {"ends": np.unique(toys.ends.round(4)).tolist(), "best_share": _share_at_lowest(toys)},
    }
    convex = partial(draw_bowl, paths, lowest, run.splits.target.unit)
    pictures = {"one_wave": convex, "learnt_period": partial(draw_ends, period), "toy": partial(draw_ends, toys)}
    words: dict[str, Any] = {"left": 1 - 2 * run.settings.optimizer.lr}
    words |= {"reach": TOY_REACH, "far": FAR, "own": own_start(figures["distances"]), **_words(run, figures)}
    return Lesson(figures, pictures, words=words, tried=int(getattr(run.settings.init, "sigma", 0) >= FAR))


def _words(run: FinishedRun, figures: Mapping[str, Any]) -> dict[str, str]:
    """Whether all starts have arrived, what valleys a learnt period has, and how high the ground around the best is."""
    end, rate, minima = figures["farthest_end"], run.settings.optimizer.lr, figures["period"]["minima"]
    same = f"All end within {end:.0e} °C of the same θ, where the loss is"
    late = (
        f"At ε = {rate:g} they are still up to {end:.2g} °C off after {STEPS} steps. All are on the way to one θ, where"
    )
    valleys = f"The loss then has {len(minima)} local minima for periods of {PERIODS[0]} to {PERIODS[1]} days."
    found = (
        f"of {PERIOD_STARTS} starts, evenly spaced in frequency, {figures['period']['best_share']:.0%} find the best"
    )
    if len(minima) < 2:
        return {
            "end": same if end < NEAR else f"{late} the loss is",
            "valleys": f"{valleys} And {found}.",
            "narrow": "",
        }
    best, second = minima[:2]
    valleys += (
        f" The best is at {best[0]:.1f} days ({best[1]:.3f} °C²), the next at {second[0]:.1f} ({second[1]:.2f} °C²), "
        f"and {found}: the others stop in the valley where they began."
    )
    worth = 1 - second[1] / float(run.splits.train.y.var())
    narrow = f" The wave of the next valley explains {worth:.0%} of the variance"
    narrow += (
        ", hardly more than none. So the valley of the year is narrow, and on the high ground around it there are "
    )
    narrow = f"{narrow}small valleys to stop in." if worth < 0.2 else ""
    return {"end": same if end < NEAR else f"{late} the loss is", "valleys": valleys, "narrow": narrow}


def own_start(distances: Sequence[float]) -> str:
    """How far off the run itself has started, and how many steps it needs to come near."""
    far, last = f"The run's own start is {distances[0]:.0f} °C away, and", counted(len(distances) - 1, "step")
    for step, left in enumerate(distances):
        if left < NEAR:
            return f"{far} within {NEAR:g} °C of that θ after {counted(step, 'step')}."
    return f"{far} still {distances[-1]:.2g} °C off after {last}."


def _from_everywhere(run: FinishedRun) -> dict[str, Tensor]:
    """θ [s, 101, m + 1] of descents at the run's own rate, from 30 starts of every kind."""
    loss, width = loss_on(run.task, run.splits.train), len(run.splits.inputs) + 1
    generator = torch.Generator().manual_seed(run.settings.seed)
    paths = {}
    for name, init in STARTS.items():
        starts = torch.empty(1 if init is zeros else 30, 1, width)
        init(starts, generator)
        paths[name] = descend_each(loss, starts, run.settings.optimizer.lr, STEPS)[:, :, 0]
    return paths


def _period(run: FinishedRun) -> tuple[Landscape, list[tuple[float, float]]]:
    """The loss over the wave's period, with descents; and period and loss of each local minimum, the lowest first."""
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
    ends = descend_each(loss, torch.cat([starts, near]), PERIOD_RATE / float(days.y.var()), 150)[:, -1]
    final = vmap(loss)(ends)
    minima = zip((span / ends[PERIOD_STARTS:]).tolist(), final[PERIOD_STARTS:].tolist(), strict=True)
    title, up = f"{days.stations[0]}: one wave whose period is learnt", f"loss ({run.splits.target.unit}²)"
    drawn = (span / cycles, heights, span / starts, span / ends[:PERIOD_STARTS], final[:PERIOD_STARTS])
    arrays = (array.numpy() for array in drawn)
    return Landscape(title, "period at the start (d)", up, True, *arrays), sorted(minima, key=lambda one: one[1])


def _toy() -> Landscape:
    x, starts = (torch.linspace(-TOY_REACH, TOY_REACH, n) for n in (601, 121))
    ends = descend_each(toy, starts, 0.02, 100)[:, -1]
    arrays = (array.numpy() for array in (x, toy(x), starts, ends, toy(ends)))
    return Landscape("the toy f(x) = 3x² + sin 5x", "x at the start", "f(x)", False, *arrays)


def _share_at_lowest(landscape: Landscape) -> float:
    """Share of the starts that end at the lowest loss, to a thousandth of the losses' range."""
    return float((landscape.final < landscape.loss.min() + 1e-3 * np.ptp(landscape.loss)).mean())


@styled
def draw_bowl(paths: Mapping[str, Tensor], best: Tensor, unit: str) -> Figure:
    """Left descents [s, t + 1, p] over two parameters, by kind of start; right their distance to the best θ [p]."""
    figure, (left, right) = sheet(1, 2, width=9.5, height=4.4)
    for order, ((name, starts), marker) in enumerate(zip(paths.items(), "osD^v", strict=False)):
        (drawn,) = left.plot(*starts[:, 0, :2].T, marker, markersize=4, linestyle="", label=name, zorder=10 - order)
        for start in starts:
            left.plot(*start[:, :2].T, color=drawn.get_color(), linewidth=0.5, alpha=0.6)
        distance = np.linalg.norm((starts - best).numpy(), axis=2)
        right.plot(distance.T, color=drawn.get_color(), linewidth=0.5, alpha=0.6)
        right.plot(0, distance[:, 0].max(), marker, color=drawn.get_color(), markersize=4)
    x, y = best[:2].numpy()
    left.plot(x, y, "*", color=BLACK, markersize=13, markeredgecolor="white", zorder=11)
    left.set(title="paths from each start", xlim=(x - 28, x + 28), ylim=(y - 28, y + 28))
    left.set(xlabel=f"weight of the cosine ({unit})", ylabel=f"weight of the sine ({unit})")
    right.set(title="distance to the lowest point", xlabel="step", ylabel=f"distance ({unit})", yscale="log")
    right.set_xlim(-1, None)
    figure.legend(loc="outside lower center", ncols=len(paths), labelcolor=BLACK, edgecolor=GREY)
    return figure


@styled
def draw_ends(landscape: Landscape) -> Figure:
    """Above the loss with the ends on it, below the final loss against the start."""
    x, loss = landscape.x, landscape.loss
    figure, (above, below) = sheet(2, 1, sharex=True, height=5.4)
    above.plot(x, loss, color=GREY)
    above.plot(landscape.ends, landscape.final, "o", color=ORANGE, markersize=5, label="ends")
    lowest = loss.argmin()
    above.plot(x[lowest], loss[lowest], "*", color=RED, markersize=13, markeredgecolor="white", label="lowest")
    above.set(title=landscape.title, ylabel=landscape.up)
    above.legend(loc="lower left")
    below.plot(landscape.starts, landscape.final, ".", color=ORANGE)
    below.axhline(loss[lowest], color=RED, linewidth=1, linestyle="--")
    below.set(xlabel=landscape.across, ylabel=f"final {landscape.up}", xlim=(x.min(), x.max()))
    if landscape.log:
        below.set_xscale("log")
        ticks = [tick for tick in (60, 90, 120, 180, 250, 365, 500, 700, 900, 1300) if x.min() <= tick <= x.max()]
        below.set_xticks(ticks, [str(tick) for tick in ticks])
        below.minorticks_off()
    return figure
