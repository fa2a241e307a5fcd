"""Drizzle, fog, rain, snow or sun? Softmax on the average temperatures of two days."""

from functools import partial
from typing import Any

import numpy as np

from stratus.data.samples import Array
from stratus.lecture.fits import Fit, fit_of, plane_of
from stratus.lecture.pictures.weather_types import draw_recall, draw_regions, draw_shares
from stratus.runs import pictures as of_run
from stratus.runs.finished import FinishedRun
from stratus.runs.lesson import Card, Lesson


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
    return Lesson(_card(run, figures), figures, pictures)


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


def _card(run: FinishedRun, f: dict[str, Any]) -> Card:
    said = [
        f"{name} undefined (no such test day)" if share is None else f"{name} {share:.2f} (of {f['days'][name]} days)"
        for name, share in f["recall"].items()
    ]
    rare = max((name for name, share in f["recall"].items() if share == 0), key=f["days"].get, default="snow")
    return Card(
        title="Five types of weather, from two temperatures",
        see="On the left each place in the plane of the two temperatures has the colour of its likeliest class: "
        f"wherever a day lies, that is {', '.join(f['decided'][:-1])} or {f['decided'][-1]}. On the right the same "
        "model's probabilities, as a mixture of colours: no border is sharp."
        f"\n\nThe accuracy on the test days is {f['accuracy']:.1%}. Alone it hides what the recall shows, the share of "
        f"each class's days that were found: {', '.join(said)}.",
        why="log P(i)/P(j) = (Wᵢ - Wⱼ)x + bᵢ - bⱼ is linear, so between any two classes the border is a straight line. "
        "A class that is rarer than another wherever there are days is never the likeliest there. It is never decided "
        f"on, even if its probability is right. {rare.capitalize()} is an example: it came on "
        f"{f['frequency']['train'][rare]:.1%} of the training days. (And on {f['frequency']['test'][rare]:.1%} of the "
        "test days: one year is not like another.)"
        f"\n\nTraining is not at fault: it reached a loss of {f['train_loss']:.4f}, and the exact optimum of this "
        f"model has {run.references['optimum']['train/loss']:.4f}. The inputs are. “What is usual this month” has an "
        f"accuracy of {f['climatology_accuracy']:.1%} and a test loss of {f['climatology_loss']:.3f}, against "
        f"{f['test_loss']:.3f} here.",
        next="The lecture's own classes, rain, snow, hail and sun, at Austin. The first run fetches them from NOAA.",
        command="python train.py task=multiclass data=austin features=two_days",
    )
