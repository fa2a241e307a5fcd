"""One softmax, or one sigmoid a class? On the same days; and a case where only sigmoids will do."""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from stratus.data.recipe import Recipe
from stratus.data.samples import Array, Samples
from stratus.data.sources import shipped
from stratus.data.splits import Splits
from stratus.lecture.fits import Fit, best_fit, fit_of, plane_of, split_like
from stratus.lecture.pictures.softmax_or_sigmoids import draw_both_regions, draw_labels, draw_reliability, draw_sums
from stratus.runs import pictures as of_run
from stratus.runs.finished import FinishedRun
from stratus.runs.lesson import Lesson
from stratus.scores.probabilities import indicators, log_loss
from stratus.scores.reliability import bin_sums, calibration_error


def lesson(run: FinishedRun) -> Lesson:
    """Regions, sums and reliability of both; and a check of the claim that only a softmax is calibrated."""
    softmax, sigmoids = fit_of(run), best_fit(one_against_the_rest(run.splits), "multilabel")
    recipe = Recipe("rain_by_station", {"station": {}, "harmonics": {}}, lead_days=1)
    cities = best_fit(split_like(run, recipe, table=shipped("New York", "Seattle")), "multilabel")
    figures = _of_types(run, softmax, sigmoids) | {"cities": _of_cities(cities)}
    test, there = run.splits.test, cities.splits.test
    pictures = {
        "regions": partial(_draw_regions, run, softmax, sigmoids),
        "sums": partial(_draw_sums, run, sigmoids),
        "reliability_of_both": partial(
            draw_reliability,
            {"one softmax": softmax.model.forecast(test.x), "five sigmoids": sigmoids.model.forecast(test.x)},
            test.y,
            outputs=run.splits.outputs,
            place=of_run.title(test),
        ),
        "two_cities": partial(
            draw_labels,
            cities.model.forecast(there.x),
            there.y,
            names=("New York", "Seattle"),
            event="rain",
            place=f"one day ahead, {of_run.title(there).rpartition(': ')[2]}",
        ),
    }
    return Lesson(figures, pictures)


def _of_types(run: FinishedRun, softmax: Fit, sigmoids: Fit) -> dict[str, Any]:
    """Both models' scores, and what the sigmoids sum to."""
    train, test = run.splits.train, run.splits.test
    frequency = [np.bincount(days.y, minlength=len(run.splits.outputs)) / len(days) for days in (train, test)]
    changed = int(np.argmax(np.abs(frequency[1] - frequency[0])))
    p, q, trained = softmax.model.forecast(test.x), sigmoids.model.forecast(test.x), sigmoids.model.forecast(train.x)
    return {
        "softmax": {
            "train_loss": run.metrics["train/loss"],
            "test_loss": run.metrics["test/loss"],
            "accuracy": run.metrics["test/accuracy"],
            "calibration_error": _calibration_error(p, test.y),
        },
        "sigmoids": {
            "train_loss_of_five": sigmoids.scores("train")["loss"],
            "train_loss": float(log_loss(normalised(trained), train.y).mean()),
            "test_loss": float(log_loss(normalised(q), test.y).mean()),
            "accuracy": float(np.mean(q.argmax(axis=1) == test.y)),
            "calibration_error": _calibration_error(q, test.y),
        },
        "sum_least": float(q.sum(axis=1).min()),
        "sum_most": float(q.sum(axis=1).max()),
        "sum_train_mean": float(trained.sum(axis=1).mean()),
        "changed": run.splits.outputs[changed],
        "changed_train": float(frequency[0][changed]),
        "changed_test": float(frequency[1][changed]),
        "decided_otherwise": int(np.sum(p.argmax(axis=1) != q.argmax(axis=1))),
    }


def _of_cities(cities: Fit) -> dict[str, float]:
    """On how many test days it rained in both cities and in neither, and what the two probabilities sum to."""
    test = cities.splits.test
    wet, sum_ = test.y.sum(axis=1), cities.model.forecast(test.x).sum(axis=1)
    return {
        "both": int(np.sum(wet == test.y.shape[1])),
        "neither": int(np.sum(wet == 0)),
        "sum_least": float(sum_.min()),
        "sum_most": float(sum_.max()),
        "accuracy": cities.scores("test")["accuracy"],
    }


def one_against_the_rest(splits: Splits) -> Splits:
    """The same days with each class as an event of its own: y [n, k] of 0 and 1 in place of class indices [n]."""
    unit = np.eye(len(splits.outputs))

    def events(days: Samples) -> Samples:
        return replace(days, y=unit[days.y])

    return replace(splits, train=events(splits.train), validation=None, test=events(splits.test))


def normalised(p: Array) -> Array:
    """Probabilities [n, k] divided by their sum."""
    return np.asarray(p / p.sum(axis=1, keepdims=True))


def _calibration_error(p: Array, y: Array) -> float:
    return float(calibration_error(bin_sums(p, indicators(p, y))))


def _draw_regions(run: FinishedRun, softmax: Fit, sigmoids: Fit) -> Figure:
    plane, days = plane_of(softmax), run.splits.train
    places = np.stack(np.meshgrid(plane.across, plane.up), axis=-1).reshape(-1, 2)
    shares = normalised(sigmoids.model.forecast(places)).reshape(plane.p.shape)
    return draw_both_regions(
        days.x,
        days.y,
        (plane, replace(plane, p=shares)),
        names=("one softmax", "five sigmoids, divided by their sum"),
        outputs=run.splits.outputs,
        place=of_run.title(days, "training days"),
    )


def _draw_sums(run: FinishedRun, sigmoids: Fit) -> Figure:
    days = {"training days": run.splits.train, "test days": run.splits.test}
    return draw_sums(
        {name: (one.x[:, 1], sigmoids.model.forecast(one.x).sum(axis=1)) for name, one in days.items()},
        label="average temperature of day 2 (°C)",
        place=f"{run.splits.test.stations[0]}: five sigmoids",
    )
