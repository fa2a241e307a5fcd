"""Rain from two temperatures again: a curved boundary from the same linear model."""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from stratus.data.samples import Array
from stratus.lecture.fits import TWO_DAYS, Fit, best_fit, fit_of, plane_of, split_like
from stratus.lecture.lessons.rain import ModelInPlane, draw_planes
from stratus.lecture.premises import CITIES, Needs, asks, given
from stratus.runs import pictures as of_run
from stratus.runs.finished import FinishedRun
from stratus.runs.lesson import Lesson
from stratus.scores.skill import skill

NEEDS = Needs((*asks("binary", "rain"), *given("quadratic")))


def lesson(run: FinishedRun) -> Lesson:
    """σ(Wφ(x) + b) with φ = (T1, T2, T1², T2², T1·T2): linear in φ, a conic in the plane of T1 and T2."""
    straight = replace(TWO_DAYS["binary"], lead_days=run.settings.features.lead_days)
    fits = {"straight": best_fit(split_like(run, straight), "binary"), "curved": fit_of(run)}
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
    (weight,), (bias,) = fits["curved"].line
    figures["discriminant"] = float(weight[4] ** 2 - 4 * weight[2] * weight[3])
    figures["shares"] = shares(fits["curved"])
    here, there = run.splits.train.stations[0], CITIES[0]
    words = {"conic": conic(weight, float(bias)), "ends": _ends(figures["shares"]), "there": there}
    return Lesson(figures, {"planes": partial(_draw, run, fits, figures)}, words=words, tried=int(here == there))


def conic(weight: Array, bias: float) -> str:
    """What curve z = 0 is, of W [5] and b in T1, T2, T1², T2² and T1·T2."""
    curved = np.array([[2 * weight[2], weight[4]], [weight[4], 2 * weight[3]]])
    determinant = np.linalg.det(curved)
    if determinant < 0:
        return "is a hyperbola"
    if determinant == 0:
        return "is straight or a parabola"
    middle = bias - weight[:2] @ np.linalg.solve(curved, weight[:2]) / 2  # z at the centre
    return "is an ellipse" if middle * curved[0, 0] < 0 else "is nowhere: P never crosses 0.5"


def shares(fit: Fit) -> dict[str, float]:
    """The mean P(rain) of the tenth of training days that is coldest, warmest, changes most; and of those between."""
    x = fit.splits.train.x[:, :2]
    p, warmth, change = fit.model.forecast(fit.splits.train.x)[:, 0], x.mean(axis=1), abs(x[:, 1] - x[:, 0])
    low, high = np.quantile(warmth, [0.1, 0.9])
    some = {"coldest": warmth <= low, "warmest": warmth >= high, "between": (low < warmth) & (warmth < high)}
    some |= {"changing": change >= np.quantile(change, 0.9), "alike": change <= np.quantile(change, 0.1)}
    return {name: float(p[days].mean()) for name, days in some.items()}


def _ends(p: dict[str, float]) -> str:
    """What the curve makes of the coldest, the warmest and the most changing days."""
    said = (
        f"Of the training days the coldest tenth is given rain with {p['coldest']:.0%} on average, the warmest with "
        f"{p['warmest']:.0%}, those between with {p['between']:.0%}"
    )
    lower = p["between"] > max(p["coldest"], p["warmest"])
    said += ": no line can say less at both ends than between them. " if lower else ". "
    more = "rain goes with a change" if p["changing"] > p["alike"] else "a change does not speak for rain"
    return (
        said
        + f"The tenth that changes most from day 1 to day 2 has {p['changing']:.0%}, the tenth that changes "
        + (f"least {p['alike']:.0%}: {more}.")
    )


def _draw(run: FinishedRun, fits: dict[str, Fit], figures: dict[str, Any]) -> Figure:
    panels = []
    for (name, fit), inputs in zip(fits.items(), ("T1, T2", "T1, T2, T1², T2², T1·T2"), strict=True):
        title, days = f"{inputs}: Brier score {figures[name]['brier']:.4f}", fit.splits.train
        panels.append(ModelInPlane(title, days.x[:, :2], days.y[:, 0], plane_of(fit)))
    return draw_planes(panels, place=of_run.title(run.splits.train, "training days"))
