"""Rain from two temperatures again: a curved boundary from the same linear model."""

from functools import partial
from typing import Any

from matplotlib.figure import Figure

from stratus.lecture.fits import TWO_DAYS, Fit, best_fit, fit_of, plane_of, split_like
from stratus.lecture.pictures.rain import ModelInPlane, draw_planes
from stratus.runs import pictures as of_run
from stratus.runs.finished import FinishedRun
from stratus.runs.lesson import Card, Lesson


def lesson(run: FinishedRun) -> Lesson:
    """σ(Wφ(x) + b) with φ = (T1, T2, T1², T2², T1·T2): linear in φ, a conic in the plane of T1 and T2."""
    fits = {"straight": best_fit(split_like(run, TWO_DAYS["binary"]), "binary"), "curved": fit_of(run)}
    usual = run.references["climatology"]["test/brier"]
    figures: dict[str, Any] = {}
    for name, fit in fits.items():
        test = fit.scores("test")
        figures[name] = {
            "train_loss": fit.scores("train")["loss"],
            "accuracy": test["accuracy"],
            "brier": test["brier"],
            "skill": 1 - test["brier"] / usual,
        }
    (_, _, first, second, product), *_ = fits["curved"].line[0]
    figures["discriminant"] = float(product**2 - 4 * first * second)
    return Lesson(_card(run, figures), figures, {"planes": partial(_draw, run, fits, figures)})


def _card(run: FinishedRun, figures: dict[str, Any]) -> Card:
    straight, curved = figures["straight"], figures["curved"]
    conic = "a hyperbola" if figures["discriminant"] > 0 else "an ellipse"
    return Card(
        title="Rain or not: the boundary bends",
        see=f"The same days of {run.splits.train.stations[0]} in the same plane, twice. On the left the model is "
        "given the temperatures T1 and T2 of days 1 and 2, and its boundary is straight. On the right it is given "
        f"T1², T2² and T1·T2 as well, and the boundary is {conic}. The training loss goes from "
        f"{straight['train_loss']:.4f} to {curved['train_loss']:.4f}, the Brier score of the test days from "
        f"{straight['brier']:.4f} to {curved['brier']:.4f}, and the skill over “usual this month” goes from "
        f"{straight['skill']:+.3f} to {curved['skill']:+.3f}.",
        why="The model is the same: Wx + b and a sigmoid, with a loss that is still convex. Only x has five components "
        "instead of two. In those five dimensions the boundary is flat; in the two that we look at it is a curve. In "
        "Seattle it says what no line can: the coldest days are dry, and so are the warmest; and a change from one day "
        "to the next, up or down, goes with rain. Beyond the days the shading means nothing: there was no day to learn "
        "from.",
        next="The same in New York. Does it help there?",
        command="python train.py experiment=lecture/rain_quadratic data=new_york data.validation_from=null",
    )


def _draw(run: FinishedRun, fits: dict[str, Fit], figures: dict[str, Any]) -> Figure:
    titles = {"straight": "T1, T2", "curved": "T1, T2, T1², T2², T1·T2"}
    panels = []
    for name, fit in fits.items():
        title, days = f"{titles[name]}: Brier score {figures[name]['brier']:.4f}", fit.splits.train
        panels.append(ModelInPlane(title, days.x[:, :2], days.y[:, 0], plane_of(fit)))
    return draw_planes(panels, place=of_run.title(run.splits.train, "training days"))
