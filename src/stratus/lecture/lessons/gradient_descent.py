"""Gradient descent in action: a line, a valley, a probability, and the lecture's toy function."""

from functools import partial
from math import erfc, sqrt
from typing import Any

import torch
from matplotlib.figure import Figure
from torch import Tensor
from torch.func import vmap

from stratus.data.targets import Continuous
from stratus.errors import ConfigurationError
from stratus.lecture.descent_by_hand import Loss, descend, descend_each, loss_on, matrix, on_plane, path_of
from stratus.lecture.fits import TWO_DAYS, best_fit, split_like
from stratus.lecture.landscapes import toy
from stratus.lecture.pictures.gradient_descent import Descent, Surface, animate_line, draw_line, draw_surfaces, draw_toy
from stratus.pictures.canvas import named
from stratus.runs.finished import FinishedRun
from stratus.runs.lesson import Lesson
from stratus.tasks.binary import BinaryClassification
from stratus.training.starts import gaussian

TOY_RATE, TOY_STEPS, TOY_SIGMA, TOY_STARTS = 0.02, 100, 3.0, 10_000


def lesson(run: FinishedRun) -> Lesson:
    """θ' = θ - ε ∇L(θ): the run's path, which is that of the loop written by hand, in pictures."""
    if len(run.splits.inputs) != 1 or not isinstance(run.splits.target, Continuous):
        raise ConfigurationError("this lesson draws a line: task=regression with one input, features=day_of_year")
    loss, path = loss_on(run.task, run.splits.train), path_of(run.trace)
    rate = run.settings.optimizer.lr
    by_hand = descend(loss, path[0], rate, len(path) - 1)
    best = matrix(best_fit(run.splits, "regression").model.weights)[0]
    descent = _line(run, loss, path[:, 0], best.float())
    paths, of_toy = _toy(run)
    figures: dict[str, Any] = {
        "path": path[:, 0].tolist(),
        "losses": descent.losses.tolist(),
        "optimum": descent.surface.best.tolist(),
        "from_hand": (path - by_hand).abs().max().item(),
        "toy": of_toy,
    }
    steps = [*(step for step in (0, 1, 2, 4, 8) if step < len(path) - 1), len(path) - 1]
    pictures = {
        "line_in_descent": partial(draw_line, descent, steps),
        "loss_surfaces": partial(_draw_surfaces, run, descent.surface),
        "toy": partial(_draw_toy, paths, of_toy["maximum"]),
    }
    film = partial(animate_line, descent)
    words = {
        "unit": run.splits.target.unit,
        "steps": len(path) - 1,
        "end": figures["losses"][-1],
        "left": 1 - 2 * rate,  # of the way, after a step
        "toy_starts": TOY_STARTS,
        "toy_sigma": TOY_SIGMA,
    }
    return Lesson(figures, pictures, {"line_in_descent": film}, words)


def _line(run: FinishedRun, loss: Loss, path: Tensor, best: Tensor) -> Descent:
    """The run's own descent: a path [t + 1, 2] of weight and bias."""
    days, unit = run.splits.train, run.splits.target.unit
    ends = torch.tensor([[days.x.min()], [days.x.max()]], dtype=torch.float32)
    names = "temperature by a line", f"weight ({unit})", f"bias ({unit})", f"{unit}²"
    return Descent(
        surface=_surface(names, on_plane(loss, torch.zeros(1, 2), torch.eye(2)[:, None]), path, best),
        losses=vmap(loss)(path[:, None]).numpy(),
        x=days.x[:, 0],
        y=days.y[:, 0],
        ends=ends[:, 0].numpy(),
        lines=(path @ run.task.design(ends).T).numpy(),
        x_name=named(run.splits.inputs[0], run.splits.units[0]),
        y_name=named(f"average {run.splits.outputs[0]}", unit),
        place=str(days.stations[0]),
    )


def _surface(names: tuple[str, str, str, str], loss: Loss, path: Tensor, best: Tensor) -> Surface:
    """The loss of two numbers on a square around the best two, wide enough for the path."""
    reach = 1.15 * (path - best).abs().max().item()
    span = torch.linspace(-reach, reach, 61)
    x, y = best[0] + span, best[1] + span
    heights = vmap(loss)(torch.cartesian_prod(x, y)).reshape(len(x), len(y)).T
    return Surface(*names, x.numpy(), y.numpy(), heights.numpy(), path.numpy(), best.numpy())


def _draw_surfaces(run: FinishedRun, own: Surface) -> Figure:
    return draw_surfaces([own, _valley(run), _one_temperature(run)])


def _valley(run: FinishedRun) -> Surface:
    """Tomorrow's temperature from two days', whose weights span a narrow valley: the inputs are much alike."""
    fit = best_fit(split_like(run, TWO_DAYS["regression"]), "regression")
    best = matrix(fit.model.weights)[0].float()
    bias = best * torch.tensor([[0.0, 0.0, 1.0]])
    loss = on_plane(loss_on(fit.model.task, fit.splits.train), bias, torch.eye(3)[:2, None])
    names = "temperature by two days", "weight of d-2 (°C)", "weight of d-1 (°C)", "°C²"
    path = descend(loss, torch.tensor([4.0, -6.0]), 0.45, 60)
    return _surface(names, loss, path, best[:2])


def _one_temperature(run: FinishedRun) -> Surface:
    """P(rain) from the day's own temperature alone: the weight of the day before is held at 0."""
    splits = split_like(run, TWO_DAYS["binary"])
    task = BinaryClassification.fitting(splits)
    loss = on_plane(loss_on(task, splits.train), torch.zeros(1, 3), torch.eye(3)[1:, None])
    path = descend(loss, torch.tensor([3.0, 3.0]), 2.0, 60)
    best = descend(loss, path[-1], 2.0, 200)[-1]
    return _surface(("rain by one temperature", "weight", "bias", "nat"), loss, path, best)


def _toy(run: FinishedRun) -> tuple[Tensor, dict[str, float]]:
    """Paths on the toy, [s, t + 1], from x₀ ~ N(0, σ), and where they end.

    Steps so short cross no ridge, so the share of starts beyond the maximum, which the normal distribution gives
    exactly, is the share that ends in the worse valley.
    """
    starts = torch.empty(TOY_STARTS)
    gaussian(starts, torch.Generator().manual_seed(run.settings.seed), TOY_SIGMA)
    paths = descend_each(toy, starts, TOY_RATE, TOY_STEPS)
    wanted = torch.tensor([-0.5, 0.5, 1.0], dtype=torch.float64)
    good, maximum, worse = (
        descend(toy, start, rate, 500)[-1] for start, rate in zip(wanted, (TOY_RATE, -TOY_RATE, TOY_RATE), strict=True)
    )
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


def _draw_toy(paths: Tensor, ridge: float) -> Figure:
    x = torch.linspace(-2, 2, 401)
    shown = torch.stack([next(path for path in paths if 1.2 < side * path[0] < 2) for side in (-1, 1)])
    return draw_toy(
        x.numpy(),
        toy(x).numpy(),
        torch.cat([shown, paths[:40]]).numpy(),
        toy(shown).numpy(),
        title="f(x) = 3x² + sin 5x",
        ridge=ridge,
    )
