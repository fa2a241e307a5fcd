"""Gradient descent in action: a line, a valley, a probability, and the lecture's toy function."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import erfc, sqrt
from typing import Any

import numpy as np
import torch
from matplotlib.animation import FuncAnimation
from matplotlib.figure import Figure
from torch import Tensor
from torch.func import vmap

from stratus.data.samples import Array
from stratus.errors import counted
from stratus.lecture.descent_by_hand import Loss, descend, descend_each, loss_on, matrix, on_plane, path_of, toy
from stratus.lecture.fits import TWO_DAYS, best_fit, split_like
from stratus.lecture.premises import PLAIN, Needs, asks, given, rate_below
from stratus.pictures.canvas import BLACK, BLUE, GREY, ORANGE, RED, named, panel_row, sheet, styled
from stratus.runs.finished import FinishedRun
from stratus.runs.lesson import Lesson
from stratus.tasks.binary import BinaryClassification
from stratus.training.starts import gaussian

LINE = (*asks("regression", "temperature"), *given("day_of_year", {"degree": range(1, 2)}))
NEEDS = Needs((*LINE, *PLAIN, rate_below(1)), beside=("regression", "binary"))
HALFWAY = 0.5  # the rate that goes to the bottom of a round bowl in one step
TOY_RATE, TOY_STEPS, TOY_SIGMA, TOY_STARTS = 0.02, 100, 3.0, 10_000


@dataclass(frozen=True)
class Surface:
    """A loss over two parameters."""

    title: str  # of what model
    across: str  # the first parameter, with its unit
    up: str  # the second
    unit: str  # the loss's unit
    x: Array  # values of the first [a]
    y: Array  # values of the second [b]
    loss: Array  # at each pair [b, a]
    path: Array  # both parameters at the beginning and after each step [t + 1, 2]
    best: Array  # both at the lowest point [2]


@dataclass(frozen=True)
class Descent:
    """The run's descent of two parameters, and the line they stand for."""

    run: FinishedRun
    surface: Surface  # the loss over both, and the path
    losses: Array  # loss at each θ of the path [t + 1]
    ends: Array  # two inputs [2], where a line begins and ends
    lines: Array  # at each θ the line's values there [t + 1, 2]


def lesson(run: FinishedRun) -> Lesson:
    """θ' = θ - ε ∇L(θ): the run's path, which is that of the loop written by hand, in pictures."""
    loss, path = loss_on(run.task, run.splits.train), path_of(run.trace)
    rate, last = run.settings.optimizer.lr, len(path) - 1
    from_hand = (path - descend(loss, path[0], rate, last)).abs().max().item()
    best = matrix(best_fit(run.splits, "regression").model.weights)[0]
    descent = _line(run, loss, path[:, 0], best.float())
    paths, of_toy = _toy(run)
    figures: dict[str, Any] = {
        "path": path[:, 0].tolist(),
        "losses": descent.losses.tolist(),
        "optimum": descent.surface.best.tolist(),
        "from_hand": from_hand,
        "toy": of_toy,
    }
    steps = [*(step for step in (0, 1, 2, 4, 8) if step < last), last]
    surfaces = partial(_draw_surfaces, run, descent.surface)
    pictures = {"line_in_descent": partial(draw_line, descent, steps), "loss_surfaces": surfaces}
    pictures["toy"] = partial(draw_toy, paths, of_toy["maximum"])
    words: dict[str, Any] = {"unit": run.splits.target.unit, "rolls": way_down(descent.losses.tolist(), rate)}
    words |= {"left": round(1 - 2 * rate, 12), "halfway": HALFWAY, "valley": _of_the_valley(run)}
    words |= {"toy_starts": TOY_STARTS, "toy_sigma": TOY_SIGMA}
    film = {"line_in_descent": partial(animate_line, descent)}
    return Lesson(figures, pictures, film, words, tried=int(rate == HALFWAY))


def way_down(losses: Sequence[float], rate: float) -> str:
    """How θ comes down the round bowl, from how far, and at which step the loss is what it is at the last."""
    shown = [f"{loss:.2f}" for loss in losses]
    arrived = next(step for step, loss in enumerate(shown) if loss == shown[-1])
    verb = "rolls" if rate < HALFWAY else "goes straight" if rate == HALFWAY else "jumps from side to side,"
    stays = f", where it stays until the last, step {len(losses) - 1}" if arrived < len(losses) - 1 else ""
    return f"{verb} down to {shown[-1]} in {counted(arrived, 'step')}{stays}"


def _line(run: FinishedRun, loss: Loss, path: Tensor, best: Tensor) -> Descent:
    """The run's own descent: a path [t + 1, 2] of weight and bias."""
    x, unit = run.splits.train.x, run.splits.target.unit
    ends = torch.tensor([[x.min()], [x.max()]], dtype=torch.float32)
    names = "temperature by a line", f"weight ({unit})", f"bias ({unit})", f"{unit}²"
    surface = _surface(names, on_plane(loss, torch.zeros(1, 2), torch.eye(2)[:, None]), path, best)
    losses, lines = vmap(loss)(path[:, None]).numpy(), (path @ run.task.design(ends).T).numpy()
    return Descent(run, surface, losses, ends[:, 0].numpy(), lines)


def _surface(names: tuple[str, str, str, str], loss: Loss, path: Tensor, best: Tensor) -> Surface:
    """The loss of two numbers on a square around the best two, wide enough for the path."""
    reach = 1.15 * (path - best).abs().max().item()
    span = torch.linspace(-reach, reach, 61)
    x, y = best[0] + span, best[1] + span
    heights = vmap(loss)(torch.cartesian_prod(x, y)).reshape(len(x), len(y)).T
    return Surface(*names, x.numpy(), y.numpy(), heights.numpy(), path.numpy(), best.numpy())


def _valley(run: FinishedRun) -> Surface:
    """Tomorrow's temperature from two days', whose weights span a narrow valley: the inputs are much alike."""
    fit = best_fit(split_like(run, TWO_DAYS["regression"]), "regression")
    best = matrix(fit.model.weights)[0].float()
    bias = best * torch.tensor([[0.0, 0.0, 1.0]])
    loss = on_plane(loss_on(fit.model.task, fit.splits.train), bias, torch.eye(3)[:2, None])
    names = "temperature by two days", "weight of d-2 (°C)", "weight of d-1 (°C)", "°C²"
    return _surface(names, loss, descend(loss, torch.tensor([4.0, -6.0]), 0.45, 60), best[:2])


def _of_the_valley(run: FinishedRun) -> str:
    """How alike the temperatures of two days are, and what that does to the path: the steep curvature is 2(1 + r)."""
    alike = float(np.corrcoef(split_like(run, TWO_DAYS["regression"]).train.x.T)[0, 1])
    said = f"The temperatures of two days have a correlation of {alike:.2f}"
    if alike < 0.8:
        return f"{said}: the closer to 1, the narrower the valley between them."
    return (
        f"{said}, nearly the same input: the bowl is steep across and almost flat along, so the path first jumps from "
        "side to side and then crawls."
    )


def _one_temperature(run: FinishedRun) -> Surface:
    """P(rain) from the day's own temperature alone: the weight of the day before is held at 0."""
    splits = split_like(run, TWO_DAYS["binary"])
    task = BinaryClassification.for_splits(splits)
    loss = on_plane(loss_on(task, splits.train), torch.zeros(1, 3), torch.eye(3)[1:, None])
    path = descend(loss, torch.tensor([3.0, 3.0]), 2.0, 60)
    best = descend(loss, path[-1], 2.0, 200)[-1]
    return _surface(("rain by one temperature", "weight", "bias", "nat"), loss, path, best)


def _toy(run: FinishedRun) -> tuple[Tensor, dict[str, float]]:
    """Paths on the toy [s, t + 1] from x₀ ~ N(0, σ), and where they end: so short steps do not cross the maximum."""
    starts = torch.empty(TOY_STARTS)
    gaussian(starts, torch.Generator().manual_seed(run.settings.seed), TOY_SIGMA)
    paths = descend_each(toy, starts, TOY_RATE, TOY_STEPS)
    wanted, rates = torch.tensor([-0.5, 0.5, 1.0], dtype=torch.float64), (TOY_RATE, -TOY_RATE, TOY_RATE)
    good, maximum, worse = (descend(toy, *pair, 500)[-1] for pair in zip(wanted, rates, strict=True))
    share = (paths[:, -1] > maximum).double().mean().item()
    return paths, {
        "good": good.item(),
        "good_value": toy(good).item(),
        "maximum": maximum.item(),
        "worse": worse.item(),
        "worse_value": toy(worse).item(),
        "share_worse": share,
        "standard_error": sqrt(share * (1 - share) / TOY_STARTS),
        "share_worse_exact": erfc(maximum.item() / TOY_SIGMA / sqrt(2)) / 2,
    }


def contours(axis: Any, surface: Surface) -> None:
    """The map: lines of equal loss, each √10 times as far above the lowest loss as the one inside it."""
    above = surface.loss - surface.loss.min()
    levels = surface.loss.min() + above.max() * 10.0 ** np.arange(-3, 0.1, 0.5)
    axis.contourf(surface.x, surface.y, surface.loss, [surface.loss.min(), *levels], cmap="Blues", alpha=0.6)
    lines = axis.contour(surface.x, surface.y, surface.loss, levels, colors="#446688", linewidths=0.7)
    axis.clabel(lines, levels[-5:], fmt="%.3g", fontsize=7)  # the innermost have no room
    axis.plot(*surface.best, "*", color=RED, markersize=12, markeredgecolor="white", label="lowest")
    axis.set(title=surface.title, xlabel=surface.across, ylabel=surface.up)
    axis.grid(visible=False)


@styled
def _draw_surfaces(run: FinishedRun, line: Surface) -> Figure:
    """A map a panel; the path as dots, a dot a step."""
    figure, axes = panel_row(3, width=10.5, height=4.0)
    for surface, axis in zip((line, _valley(run), _one_temperature(run)), axes, strict=True):
        contours(axis, surface)
        axis.plot(*surface.path.T, ".-", color=ORANGE, linewidth=1, markersize=5, label="steps")
        axis.plot(*surface.path[0], "o", color=BLACK, label="start")
    axes[0].legend(loc="lower left", frameon=True)
    return figure


def _sheet(descent: Descent) -> tuple[Figure, Any, Any]:
    """The map and the days, without path and line."""
    figure, (left, right) = sheet(1, 2, width=7.6, height=3.6)
    contours(left, descent.surface)
    splits, days, lines = descent.run.splits, descent.run.splits.train, descent.lines
    right.plot(days.x, days.y, ".", color=GREY, markersize=2)
    right.set(xlabel=named(splits.inputs[0], splits.units[0]), title=days.stations[0])
    right.set_ylabel(named(f"average {splits.outputs[0]}", splits.target.unit))
    right.set_ylim(min(lines.min(), days.y.min()) - 2, max(lines.max(), days.y.max()) + 2)
    return figure, left, right


@styled
def draw_line(descent: Descent, steps: list[int]) -> Figure:
    """The whole path, and the line after each of these steps: the later, the darker."""
    figure, left, right = _sheet(descent)
    left.plot(*descent.surface.path.T, ".-", color=ORANGE, linewidth=1)
    left.plot(*descent.surface.path[0], "o", color=BLACK)
    apart = 0.06 * np.diff(right.get_ylim())[0]  # what a label needs
    labels: dict[float, list[str]] = {}
    side = int(np.ptp(descent.lines[steps], axis=0).argmax())  # where the lines' ends are further apart
    for k, step in enumerate(steps):
        shade = 0.3 + 0.7 * k / max(len(steps) - 1, 1)
        end = float(descent.lines[step, side])
        labels.setdefault(next((one for one in labels if abs(one - end) < apart), end), []).append(f"{step}")
        right.plot(descent.ends, descent.lines[step], color=ORANGE, alpha=shade, linewidth=0.8 + 1.5 * shade)
    for end, those in labels.items():
        look = {"textcoords": "offset points", "ha": ("right", "left")[side], "va": "center"}
        right.annotate(", ".join(those), (descent.ends[side], end), ((-3, 3)[side], 0), **look)
    right.margins(x=0.08)
    right.set_title(f"{descent.run.splits.train.stations[0]}: the line after so many steps")
    return figure


@styled
def animate_line(descent: Descent) -> FuncAnimation:
    """The same step by step, a frame each."""
    figure, left, right = _sheet(descent)
    (path,) = left.plot([], [], ".-", color=ORANGE, linewidth=1)
    (here,) = left.plot([], [], "o", color=BLACK)
    (line,) = right.plot([], [], color=ORANGE, linewidth=2.5)
    title = right.set_title(" ")
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # laid out once: it would take half of each frame's time

    def frame(step: int) -> list[Any]:
        path.set_data(*descent.surface.path[: step + 1].T)
        here.set_data(*descent.surface.path[step : step + 1].T)
        line.set_data(descent.ends, descent.lines[step])
        title.set_text(f"step {step}: loss {descent.losses[step]:.2f} {descent.surface.unit}")
        return [path, here, line, title]

    return FuncAnimation(figure, frame, frames=len(descent.losses), interval=150)


@styled
def draw_toy(paths: Tensor, ridge: float) -> Figure:
    """Left the toy with a path from each side, right 40 more of the paths [s, t + 1]; dotted, the maximum, `ridge`."""
    figure, (left, right) = sheet(1, 2, width=9.0, height=4.0)
    x = torch.linspace(-2, 2, 401)
    left.plot(x, toy(x), color=GREY)
    shown = [next(path for path in paths if 1.2 < side * path[0] < 2) for side in (-1, 1)]
    for path in shown:
        look = {"color": ORANGE if path[0] > ridge else BLUE, "linewidth": 0.8}
        left.plot(path, toy(path), ".-", label=f"from {path[0]:+.1f} to {path[-1]:+.4f}", **look)
        left.plot(path[0], toy(path[0]), "o", color=BLACK, markersize=5)
    left.set(title="f(x) = 3x² + sin 5x", xlabel="x", ylabel="f(x)", xlim=(-2, 2))
    left.legend(loc="upper center")
    drawn = torch.stack([*shown, *paths[:40]])
    for path in drawn:
        colour, dashes = (ORANGE, "--") if path[0] > ridge else (BLUE, "-")
        right.plot(path, color=colour, linestyle=dashes, linewidth=0.8)
    right.axhline(ridge, color=BLACK, linewidth=1, linestyle=":")
    below = {"xycoords": right.get_yaxis_transform(), "textcoords": "offset points", "ha": "right", "va": "top"}
    right.annotate("the maximum between the valleys", (0.98, ridge), (0, -3), fontsize=8, **below)
    right.set(title=f"{len(drawn)} starts", xlabel="step", ylabel="x", xlim=(0, TOY_STEPS // 2))
    right.set_ylim(*np.quantile(drawn[:, 0].numpy(), [0.1, 0.9]))
    return figure
