"""One softmax, or one sigmoid a class? On the same days; and a case where only sigmoids will do."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from stratus.data.samples import Array
from stratus.data.sources import shipped
from stratus.data.splits import Splits
from stratus.lecture.fits import Fit, best_fit, fit_of, own_scores, plane_of, split_like
from stratus.lecture.premises import CITIES, IN_CITIES, Needs, asks, given
from stratus.lecture.words import count
from stratus.pictures.boundary import Plane, borders, classes, placed
from stratus.pictures.canvas import BLACK, BLUE, GREY, ORANGE, PINK, heading, legend, panel_row, sheet, spread, styled
from stratus.runs import pictures as of_run
from stratus.runs.finished import FinishedRun
from stratus.runs.lesson import Lesson
from stratus.scores.probabilities import indicators, log_loss
from stratus.scores.reliability import BINS, bin_sums, calibration_error, points

NEEDS = Needs((*asks("multiclass", "weather"), *given("two_days")), cities=True)
ALIKE = 0.005  # calibration errors that differ by less are as good as equal


def lesson(run: FinishedRun) -> Lesson:
    """Regions, sums and reliability of both; and a check of the claim that only a softmax is calibrated."""
    softmax, sigmoids = fit_of(run), best_fit(one_against_the_rest(run.splits), "multilabel")
    cities = best_fit(split_like(run, IN_CITIES, table=shipped(*CITIES)), "multilabel")
    figures = _of_types(run, softmax, sigmoids) | {"cities": _of_cities(cities)}
    test, there, outputs = run.splits.test, cities.splits.test, run.splits.outputs
    days, number = {"training days": run.splits.train, "test days": test}, count(len(outputs))
    sums = {name: (one.x[:, 1], sigmoids.model.forecast(one.x).sum(axis=1)) for name, one in days.items()}
    p = {"one softmax": softmax.model.forecast(test.x), f"{number} sigmoids": sigmoids.model.forecast(test.x)}
    ahead = f"one day ahead, {of_run.title(there).rpartition(': ')[2]}"
    pictures = {
        "regions": partial(_draw_regions, run, softmax, sigmoids),
        "sums": partial(draw_sums, sums, place=f"{test.stations[0]}: {number} sigmoids"),
        "reliability_of_both": partial(draw_reliability, p, test.y, outputs=outputs, place=of_run.title(test)),
        "two_cities": partial(draw_labels, cities.model.forecast(there.x), there.y, names=CITIES, place=ahead),
    }
    words = {"number": number, "Number": number.capitalize(), "first": CITIES[0], "second": CITIES[1]}
    words |= {"calibrated": _calibrated(*(figures[name]["calibration_error"] for name in ("softmax", "sigmoids")))}
    return Lesson(figures, pictures, words=words)


def _calibrated(softmax: float, sigmoids: float) -> str:
    """What is to be said of the claim that only a softmax is calibrated."""
    if abs(softmax - sigmoids) < ALIKE:
        return "no difference to speak of"
    return f"here the {'softmax' if softmax < sigmoids else 'sigmoids'} came out better on these days"


def _of_types(run: FinishedRun, softmax: Fit, sigmoids: Fit) -> dict[str, Any]:
    """Both models' scores, and what the sigmoids sum to."""
    train, test = run.splits.train, run.splits.test
    frequency = [np.bincount(days.y, minlength=len(run.splits.outputs)) / len(days) for days in (train, test)]
    changed = int(np.argmax(np.abs(frequency[1] - frequency[0])))
    p, q, trained = softmax.model.forecast(test.x), sigmoids.model.forecast(test.x), sigmoids.model.forecast(train.x)
    errors = [float(calibration_error(bin_sums(one, indicators(one, test.y)))) for one in (p, q)]
    sums = q.sum(axis=1)
    return {
        "softmax": own_scores(run, "train_loss", "test_loss", "accuracy") | {"calibration_error": errors[0]},
        "sigmoids": {
            "train_loss_of_five": sigmoids.scores("train")["loss"],
            "train_loss": float(log_loss(normalised(trained), train.y).mean()),
            "test_loss": float(log_loss(normalised(q), test.y).mean()),
            "accuracy": float(np.mean(q.argmax(axis=1) == test.y)),
            "calibration_error": errors[1],
        },
        "sum_least": float(sums.min()),
        "sum_most": float(sums.max()),
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
    train, test = (replace(days, y=unit[days.y]) for days in (splits.train, splits.test))
    return replace(splits, train=train, validation=None, test=test)


def normalised(p: Array) -> Array:
    """Probabilities [n, k] divided by their sum."""
    return np.asarray(p / p.sum(axis=1, keepdims=True))


def _draw_regions(run: FinishedRun, softmax: Fit, sigmoids: Fit) -> Figure:
    plane, days = plane_of(softmax), run.splits.train
    places = np.stack(np.meshgrid(plane.across, plane.up), axis=-1).reshape(-1, 2)
    shares = normalised(sigmoids.model.forecast(places)).reshape(plane.p.shape)
    names, place = (
        ("one softmax", f"{count(len(run.splits.outputs))} sigmoids, divided by their sum"),
        of_run.title(days, "training days"),
    )
    both = plane, replace(plane, p=shares)
    return draw_both_regions(days.x, days.y, both, names=names, outputs=run.splits.outputs, place=place)


@styled
def draw_both_regions(
    x: Array, y: Array, planes: tuple[Plane, Plane], *, names: tuple[str, str], outputs: Sequence[str], place: str
) -> Figure:
    """The regions of two models with the days [n, 2] of classes [n], and their total variation ½ Σ |p - q|."""
    figure, grid = panel_row(3, width=11.0, height=4.5)
    drawn = spread(len(x))
    for axes, plane, name in zip(grid, planes, names, strict=False):
        handles = classes(axes, x[drawn], y[drawn], plane, outputs)
        axes.set_title(name)
    first, second = planes
    apart = abs(first.p - second.p).sum(-1) / 2
    image = grid[2].imshow(apart, cmap="Greys", vmin=0, **placed(first.across, first.up))
    for plane, name, colour, width in zip(planes, names, (ORANGE, BLUE), (4.0, 1.5), strict=True):
        borders(grid[2], plane, color=colour, width=width)
        handles.append(Line2D([], [], color=colour, linewidth=width, label=f"borders: {name.partition(',')[0]}"))
    grid[2].plot(*x[drawn].T, ".", color=BLACK, markersize=1.5, alpha=0.5)
    grid[2].grid(False)
    grid[2].set_title("how far apart, and both borders")
    figure.colorbar(image, ax=grid[2], label="½ Σ |p − q|", shrink=0.75)
    for axes in grid:
        axes.set(xlabel=first.axes[0], xlim=first.across[[0, -1]], ylim=first.up[[0, -1]], aspect="equal")
    grid[0].set_ylabel(first.axes[1])
    heading(figure, place)
    for handle, name in zip(handles, outputs, strict=False):
        handle.set_label(name)
    legend(figure, handles)
    return figure


@styled
def draw_sums(sums: Mapping[str, tuple[Array, Array]], *, place: str) -> Figure:
    """Each day's sum over day 2's temperature, and how often each occurs; by the split's name temperature, sum [n]."""
    figure, (left, right) = sheet(1, 2, sharey=True, width_ratios=[3, 1])
    ends = [one for _, sum_ in sums.values() for one in (sum_.min(), sum_.max())]
    bins = np.linspace(min(ends), max(ends), 25)
    for (name, (x, sum_)), colour, marker in zip(sums.items(), (GREY, ORANGE), ".x", strict=True):
        text = f"{name}: {sum_.min():.2f} to {sum_.max():.2f}, mean {sum_.mean():.4f}"
        left.plot(x, sum_, marker, color=colour, markersize=4, label=text)
        weights = np.full(len(sum_), 1 / len(sum_))
        right.hist(sum_, bins, weights=weights, orientation="horizontal", color=colour, histtype="step", linewidth=2)
    for axes in (left, right):
        axes.axhline(1, color=BLUE, linewidth=1.2, linestyle="--")
    where = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points", "ha": "right", "va": "top"}
    left.annotate("softmax: 1 on every day", (0.98, 1), (0, -4), color=BLACK, fontsize=9, **where)
    left.set(xlabel="average temperature of day 2 (°C)", ylabel="sum of the sigmoids", title=place)
    right.set_xlabel("share of days")
    figure.legend(loc="outside lower center", fontsize=9)
    return figure


@styled
def draw_reliability(forecasts: Mapping[str, Array], y: Array, *, outputs: Sequence[str], place: str) -> Figure:
    """Reliability of two models, by their names probabilities [n, k], for class indices y [n]; a column a class."""
    shared = {"sharex": True, "sharey": "row", "height_ratios": [2.2, 1]}
    figure, grid = sheet(2, len(outputs), width=11.5, height=4.6, squeeze=False, **shared)
    binned = {name: points(bin_sums(p, indicators(p, y))) for name, p in forecasts.items()}
    looks = list(zip(binned.items(), (BLUE, ORANGE), ("o-", "s--"), (-0.25, 0.25), strict=True))
    for k, (above, below) in enumerate(grid.T):
        above.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle=":")
        for (name, found), colour, style, shift in looks:
            days, said, happened = (column[:, k] for column in found.values())
            some = days > 0
            above.plot(said[some], happened[some], style, color=colour, markersize=5, alpha=0.85, label=name)
            middle = (np.arange(BINS) + 0.5 + shift) / BINS
            below.bar(middle[some], days[some], width=0.45 / BINS, color=colour)
        above.set_title(f"{outputs[k]}, {np.sum(y == k)} of {len(y)} days", size=10)
        above.set(xlim=(-0.02, 1.02), ylim=(-0.04, 1.04))
        below.set(yscale="log", ylim=(0.7, 2 * len(y)), xlabel="probability")
    grid[0, 0].set_ylabel("observed frequency")
    grid[1, 0].set_ylabel("days")
    figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    heading(figure, place)
    return figure


@styled
def draw_labels(p: Array, y: Array, *, names: tuple[str, str], place: str) -> Figure:
    """A point a day at its two probabilities p [n, 2], marked by what came, y [n, 2]."""
    figure, axes = sheet(width=6.6, height=5.6)
    first, second = y.T > 0.5
    came = {
        "rain in neither": (~first & ~second, GREY, "."),
        f"in {names[0]}": (first & ~second, ORANGE, "^"),
        f"in {names[1]}": (~first & second, BLUE, "s"),
        "in both": (first & second, PINK, "o"),
    }
    handles = []
    for name, (here, colour, marker) in came.items():
        edge = {"markeredgecolor": BLACK, "markeredgewidth": 0.4}
        handles += axes.plot(*p[here].T, marker, color=colour, markersize=5, label=f"{name}, {here.sum()} days", **edge)
    handles += axes.plot([0, 1], [1, 0], "--", color=BLACK, linewidth=1.2, label="what a softmax over both can say")
    axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", title=place)
    axes.set(xlabel=f"P(rain in {names[0]})", ylabel=f"P(rain in {names[1]})")
    legend(figure, handles)
    return figure
