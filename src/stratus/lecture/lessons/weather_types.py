"""Drizzle, fog, rain, snow or sun? Softmax on the average temperatures of two days."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from stratus.data.samples import Array
from stratus.lecture.fits import Fit, fit_of, plane_of
from stratus.lecture.pictures.weather_types import draw_recall, draw_regions, draw_shares
from stratus.runs import pictures as of_run
from stratus.runs.finished import FinishedRun
from stratus.runs.lesson import Lesson


def lesson(run: FinishedRun) -> Lesson:
    """softmax(Wx + b): straight boundaries between pairs of classes, soft on both sides; and the recall of each."""
    fit, outputs, days = fit_of(run), run.splits.outputs, run.splits.train
    found = {"training days": _found(fit, "train"), "test days": _found(fit, "test")}
    warmth = np.linspace(days.x.min(), days.x.max(), 200)
    place = of_run.title(days, "training days")
    pictures = {
        "regions": partial(draw_regions, days.x, days.y, plane_of(fit), outputs=outputs, place=place),
        "shares": partial(
            draw_shares,
            warmth,
            fit.model.forecast(np.column_stack([warmth, warmth])),
            outputs=outputs,
            label="average temperature of both days (°C)",
            place=f"{days.stations[0]}: softmax(Wx + b) when day 2 is as warm as day 1",
        ),
        "recall": partial(draw_recall, found, outputs=outputs, place=f"{days.stations[0]}: recall by class"),
    }
    figures = _figures(run, fit, *found["test days"])
    return Lesson(figures, pictures, words=_words(figures))


def _figures(run: FinishedRun, fit: Fit, hits: Array, days: Array) -> dict[str, Any]:
    outputs, splits = run.splits.outputs, run.splits.named
    decisions = np.concatenate([fit.model.decision(samples.x) for samples in splits.values()])
    return {
        "train_loss": run.metrics["train/loss"],
        "test_loss": run.metrics["test/loss"],
        "accuracy": run.metrics["test/accuracy"],
        "climatology_accuracy": run.references["climatology"]["test/accuracy"],
        "climatology_loss": run.references["climatology"]["test/loss"],
        "recall": {name: float(h / d) if d else None for name, h, d in zip(outputs, hits, days, strict=True)},
        "days": {name: int(d) for name, d in zip(outputs, days, strict=True)},
        "decided": [outputs[k] for k in np.unique(decisions)],
        "frequency": {
            split: {name: float(np.mean(samples.y == k)) for k, name in enumerate(outputs)}
            for split, samples in splits.items()
        },
    }


def _found(fit: Fit, split: str) -> tuple[Array, Array]:
    """Of each class how many days were decided so, and how many there were [k]."""
    days, k = fit.splits.named[split], len(fit.splits.outputs)
    hits = days.y[fit.model.decision(days.x) == days.y]
    return np.bincount(hits, minlength=k), np.bincount(days.y, minlength=k)


def _words(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Which types were decided on, each type's recall, and a type that came but was never decided on."""
    recall, days, decided = figures["recall"], figures["days"], figures["decided"]
    said = [
        f"{name} undefined (no such test day)" if share is None else f"{name} {share:.2f} (of {days[name]} days)"
        for name, share in recall.items()
    ]
    rare = max((name for name, share in recall.items() if share == 0), key=days.get, default="snow")
    return {
        "others_decided": ", ".join(decided[:-1]),
        "last_decided": decided[-1],
        "recalls": ", ".join(said),
        "rare": rare.capitalize(),
        "rare_in_training": figures["frequency"]["train"][rare],
        "rare_in_test": figures["frequency"]["test"][rare],
    }
