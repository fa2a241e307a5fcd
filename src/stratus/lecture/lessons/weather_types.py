"""Drizzle, fog, rain, snow or sun? Softmax on the average temperatures of two days."""

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import cycle
from typing import Any

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter

from stratus.data.samples import Array
from stratus.lecture.fits import Fit, fit_of, own_scores, plane_of
from stratus.lecture.premises import Needs, asks, given
from stratus.lecture.words import count, listed, training
from stratus.pictures.boundary import Plane, borders, class_days, placed
from stratus.pictures.canvas import BLACK, BLUE, GREY, colours, heading, legend, sheet, spread, styled
from stratus.runs import pictures as of_run
from stratus.runs.finished import FinishedRun
from stratus.runs.lesson import Lesson

NEEDS = Needs((*asks("multiclass", "weather"), *given("two_days")))
_HATCHES = ("", "//", "..", "\\\\", "xx", "oo")


def lesson(run: FinishedRun) -> Lesson:
    """softmax(Wx + b): straight boundaries between pairs of classes, soft on both sides; and the recall of each."""
    fit, outputs, days = fit_of(run), run.splits.outputs, run.splits.train
    found = {"training days": _found(fit, "train"), "test days": _found(fit, "test")}
    warmth, place = np.linspace(days.x.min(), days.x.max(), 200), of_run.title(days, "training days")
    shares, label = fit.model.forecast(np.column_stack([warmth, warmth])), "average temperature of both days (°C)"
    alike = f"{days.stations[0]}: softmax(Wx + b) when day 2 is as warm as day 1"
    pictures = {
        "regions": partial(draw_regions, days.x, days.y, plane_of(fit), outputs=outputs, place=place),
        "shares": partial(draw_shares, warmth, shares, outputs=outputs, label=label, place=alike),
        "recall": partial(draw_recall, found, outputs=outputs, place=f"{days.stations[0]}: recall by class"),
    }
    figures = _figures(run, fit, *found["test days"])
    return Lesson(figures, pictures, words=_words(run, figures))


def _figures(run: FinishedRun, fit: Fit, hits: Array, days: Array) -> dict[str, Any]:
    outputs, splits = run.splits.outputs, run.splits.named
    decisions = np.concatenate([fit.model.decision(samples.x) for samples in splits.values()])
    usual = run.references["climatology"]
    return {
        **own_scores(run, "train_loss", "test_loss", "accuracy"),
        "climatology_accuracy": usual["test/accuracy"],
        "climatology_loss": usual["test/loss"],
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


def _words(run: FinishedRun, figures: Mapping[str, Any]) -> dict[str, Any]:
    """Which types were decided on, each type's recall, a type that came but was never decided on, what is at fault."""
    recall, days, decided = figures["recall"], figures["days"], figures["decided"]
    said = [
        f"{name} undefined (no such test day)" if share is None else f"{name} {share:.2f} (of {days[name]} days)"
        for name, share in recall.items()
    ]
    arrived = training(run)
    lost = figures["test_loss"] > figures["climatology_loss"] and not run.rivals.unseen_days()
    if arrived.startswith("Training is not") and lost:
        arrived += " The inputs are."
    number = count(len(days)).capitalize()
    words = {"number": number, "decided": listed(decided, "or"), "recalls": ", ".join(said), "training": arrived}
    return words | {"example": _example(figures)}


def _example(figures: Mapping[str, Any]) -> str:
    """Of the types that came and were never decided on, the one with the most test days."""
    days, train, test = figures["days"], *(figures["frequency"][split] for split in ("train", "test"))
    rare = max((name for name, n in days.items() if n and name not in figures["decided"]), key=days.get, default=None)
    if rare is None:
        return ""
    unlike = ": one year is not like another" if not 2 / 3 < test[rare] / train[rare] < 3 / 2 else ""
    return (
        f" {rare.capitalize()} is an example: it came on {train[rare]:.1%} of the training days. "
        f"(And on {test[rare]:.1%} of the test days{unlike}.)"
    )


@styled
def draw_shares(x: Array, p: Array, *, outputs: Sequence[str], label: str, place: str) -> Figure:
    """The probabilities p [g, k] of k classes, stacked over values x [g] of an input, whose label has its unit."""
    figure, axes = sheet()
    bands = axes.stackplot(x, p.T, colors=colours(outputs), alpha=0.75, edgecolor=BLACK, linewidth=0.4)
    handles = []
    for band, tone, hatch, name in zip(bands, colours(outputs), cycle(_HATCHES), outputs, strict=False):
        band.set_hatch(hatch)
        handles.append(Patch(facecolor=tone, hatch=hatch, edgecolor=BLACK, linewidth=0.4, label=name))
    axes.set(xlim=(x[0], x[-1]), ylim=(0, 1), xlabel=label, ylabel="probability, stacked", title=place)
    figure.legend(handles=handles[::-1], loc="outside right center")
    return figure


@styled
def draw_regions(x: Array, y: Array, plane: Plane, *, outputs: Sequence[str], place: str) -> Figure:
    """Left the likeliest class with the days [n, 2] of classes [n]; right the classes' colours mixed by probability."""
    figure, (left, right) = sheet(1, 2, width=9.2, height=5.5)
    rgb = np.array([to_rgb(one) for one in colours(outputs)])
    across, up, p = plane.across, plane.up, plane.p
    left.imshow(1 - 0.45 * (1 - rgb[p.argmax(-1)]), **placed(across, up))
    right.imshow(p @ rgb, **placed(across, up))
    for axes in (left, right):
        borders(axes, plane, color=BLACK, width=1.5)
        axes.set(xlabel=plane.axes[0], xlim=across[[0, -1]], ylim=up[[0, -1]], aspect="equal")
        axes.grid(False)
    look: dict[str, Any] = {"linewidths": 0.7, "linestyles": "--"}
    right.clabel(right.contour(across, up, p.max(-1), [0.5, 0.6, 0.7, 0.8, 0.9], colors=BLACK, **look), fontsize=8)
    drawn = spread(len(x))
    looks = class_days(left, x[drawn], y[drawn], outputs)
    handles = [Line2D([], [], label=name, **one) for name, one in zip(outputs, looks, strict=True)]
    handles.append(Line2D([], [], color=BLACK, linewidth=0.7, linestyle="--", label="largest P"))
    left.set(title="hard: the likeliest class, and the days", ylabel=plane.axes[1])
    right.set(title="soft: colours mixed by probability")
    heading(figure, place)
    legend(figure, handles)
    return figure


@styled
def draw_recall(found: Mapping[str, tuple[Array, Array]], *, outputs: Sequence[str], place: str) -> Figure:
    """Recall: of each class's days, how many were found; by the split's name, hits [k] and days [k] of each class."""
    figure, axes = sheet(height=1.2 + 0.62 * len(outputs))
    thickness = 0.8 / len(found)
    for row, ((split, (hits, days)), colour) in enumerate(zip(found.items(), (GREY, BLUE), strict=True)):
        where = np.arange(len(outputs)) + (row - (len(found) - 1) / 2) * thickness
        share, look = hits / np.maximum(days, 1), {"hatch": "" if row else "//", "edgecolor": "white"}
        bars = axes.barh(where, share, thickness * 0.9, color=colour, label=split, **look)
        said = [f"{hit:.0f} of {n:.0f}" if n else "no such day: undefined" for hit, n in zip(hits, days, strict=True)]
        axes.bar_label(bars, said, padding=4, fontsize=9)
    axes.set_yticks(range(len(outputs)), outputs)
    axes.invert_yaxis()
    axes.grid(False, axis="y")
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.set(xlim=(0, 1.02), xlabel="recall: share of the class's days that were decided so", title=place)
    figure.legend(loc="outside upper right", ncols=len(found))
    return figure
