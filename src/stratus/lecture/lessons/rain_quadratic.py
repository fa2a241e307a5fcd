"""Rain from two temperatures again: a curved boundary from the same linear model."""

from functools import partial
from typing import Any

from matplotlib.figure import Figure

from stratus.lecture.fits import TWO_DAYS, Fit, best_fit, fit_of, plane_of, split_like
from stratus.lecture.lessons.rain import ModelInPlane, draw_planes
from stratus.runs import pictures as of_run
from stratus.runs.finished import FinishedRun
from stratus.runs.lesson import Lesson
from stratus.scores.skill import skill


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
            "skill": skill(test["brier"], usual),
        }
    (_, _, first, second, product), *_ = fits["curved"].line[0]
    figures["discriminant"] = float(product**2 - 4 * first * second)
    conic = "a hyperbola" if figures["discriminant"] > 0 else "an ellipse"
    return Lesson(figures, {"planes": partial(_draw, run, fits, figures)}, words={"conic": conic})


def _draw(run: FinishedRun, fits: dict[str, Fit], figures: dict[str, Any]) -> Figure:
    panels = []
    for (name, fit), inputs in zip(fits.items(), ("T1, T2", "T1, T2, T1², T2², T1·T2"), strict=True):
        title, days = f"{inputs}: Brier score {figures[name]['brier']:.4f}", fit.splits.train
        panels.append(ModelInPlane(title, days.x[:, :2], days.y[:, 0], plane_of(fit)))
    return draw_planes(panels, place=of_run.title(run.splits.train, "training days"))
