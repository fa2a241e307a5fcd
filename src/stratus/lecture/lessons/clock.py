"""The same rows read with and without their hours: how much of a score was known too early."""

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import polars as pl
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator, PercentFormatter

from stratus.data.clocks import ISSUE, NO_CLOCKS, Clocks
from stratus.data.elements import Hours
from stratus.data.recipe import Recipe
from stratus.data.splits import Splits, split
from stratus.errors import DataError
from stratus.lecture.fits import best_fit, by_place, skill_over
from stratus.lecture.premises import Needs, Premise, asks, features
from stratus.lecture.words import listed
from stratus.pictures.canvas import BLUE, GREY, ORANGE, heading, sheet, styled
from stratus.runs.finished import FinishedRun
from stratus.runs.lesson import Lesson

STATION = Premise("features", lambda chosen: "station" in chosen.split("+"), "features=station+…", features)
NEEDS = Needs((*asks("binary", "rain"), STATION), several=True)
RAIN = ("precipitation", "precipitation_duration", "precipitation_max")  # sums, once dated by the end of their hours
BY_END = Clocks(dict.fromkeys(RAIN, Hours(-24, 0)))
TELLING = ("pressure", "sunshine", "humidity", "temperature", "wind")  # what tells of a day's rain, by how much
NAMED = 3  # so many elements of the same hours are named


@dataclass(frozen=True)
class Reading:
    """A way to read a table's rows."""

    title: str
    clocks: Clocks  # the hours that it goes by
    lead_days: int
    issue_hour: float = ISSUE
    by_end: bool = False  # whether it reads rain that is dated by its end

    def hours(self, elements: Sequence[str], place: str, clocks: Clocks) -> dict[str, Hours]:
        """The true hours of the elements that it reads, counted from where those of the rain begin.

        `clocks` are those of the table as it stands.
        """
        clocks, found = BY_END if self.by_end else clocks, {}
        for name in elements:
            rows = self.lead_days + self.clocks.late(place, name, self.issue_hour)
            shift = -24 * rows - clocks.of(place, "precipitation").begin
            found[name] = Hours(*(shift + end for end in clocks.of(place, name)))
        return found


@dataclass(frozen=True)
class Score:
    """How good the models of a reading are, over the test days of all places."""

    accuracy: float
    skill: float


def lesson(run: FinishedRun) -> Lesson:
    """Rain by rows alone, by what has ended when its hours begin, and by whole rows that have."""
    clocks = getattr(run.observations, "clocks", NO_CLOCKS)
    places = run.table["station"].unique().sort().to_list()
    ways = readings(clocks, places)
    models = _splits(run, ways)
    scores = [score([splits[k] for splits in models.values()], run.task.penalty) for k in range(len(ways))]
    elements = run.splits.recipe.of_measured(run.table).features["station"]["elements"]
    hours = {one.title: one.hours(elements, places[0], clocks) for one in ways}
    test = {place: splits[0].test for place, splits in models.items()}
    days = sum(map(len, test.values()))
    usual = _commoner(models)
    told = {one.title: vars(found) for one, found in zip(ways, scores, strict=True)}
    figures = {"readings": told, "test_days": days, "usual_accuracy": usual}
    first, last = (edge(edge(one.dates) for one in test.values()) for edge in (min, max))
    place = places[0] if len(test) == 1 else f"{len(test)} places"
    title = f"rain, {place}, test days {first} to {last}"
    named = dict(zip((one.title for one in ways), scores, strict=True))
    pictures = {
        "scores": partial(draw_scores, named, usual, title=title),
        "hours": partial(draw_hours, hours, title="hours of what is read, and of the rain (blue)"),
    }
    words = _words(named, place, elements, moved=ways[0].by_end)
    words["told"] += _apart(run, ways[1], scores[1], places=len(test))
    return Lesson(figures, pictures, words=words, tried=0 if ways[0].by_end else 1)


def dated_by_end(table: pl.DataFrame) -> pl.DataFrame:
    """A table with its rain a row lower: a day's sum ends at 24:00, which is 00:00 of the next day."""
    rain = [name for name in RAIN if name in table.columns]
    later = table.select("station", pl.col("date").dt.offset_by("1d"), *rain)
    return table.drop(rain).join(later, on=["station", "date"], how="left")


def readings(clocks: Clocks, places: Sequence[str]) -> list[Reading]:
    """Yesterday's row; what has ended when the rain's hours begin; and whole days, if that is in the midst of one.

    Unless the rain's hours begin before its date anyhow, the first reads rain that is dated by its end on purpose.
    """
    begins = [clocks.of(place, "precipitation").begin for place in places]
    begin, by_end = min(begins), max(begins) >= 0
    lead = math.floor(-begin / 24) + 1
    opens, whole = begin + 24 * lead, math.ceil(1 - begin / 24)
    every = [
        Reading("yesterday's row", NO_CLOCKS, 1, by_end=by_end),
        Reading("what is known as the rain's hours begin", clocks, lead, opens),
        Reading("days that are over before them", clocks, whole),
    ]
    return every[: 2 if (lead, opens) == (whole, ISSUE) else 3]


def _splits(run: FinishedRun, ways: Sequence[Reading]) -> dict[str, list[Splits]]:
    """Of each place with days enough its samples, one for each way."""
    found, recipe, borders = {}, run.settings.recipe, run.settings.data.borders
    for place, own in by_place(run.table).items():
        tables = {True: dated_by_end(own), False: own}
        with suppress(DataError):
            found[place] = [split(tables[one.by_end], _recipe(recipe, one), borders, clocks=one.clocks) for one in ways]
    if not found:
        raise DataError("lesson=clock: no place has training and test days of rain; mend data.test_from")
    return found


def _recipe(recipe: Recipe, way: Reading) -> Recipe:
    return replace(recipe, lead_days=way.lead_days, issue_hour=way.issue_hour)


def score(places: Sequence[Splits], penalty: float = 0.0) -> Score:
    """A model a place, at its exact optimum: their accuracy, and their skill against what is usual there."""
    fits = [best_fit(one, "binary", penalty) for one in places]
    right = sum(len(fit.splits.test) * fit.scores("test")["accuracy"] for fit in fits)
    return Score(right / sum(len(one.test) for one in places), skill_over(fits))


def _commoner(models: Mapping[str, Sequence[Splits]]) -> float:
    """The accuracy of the commoner of rain and no rain, over all test days."""
    wet = float(np.mean(np.concatenate([splits[0].test.y for splits in models.values()])))
    return max(wet, 1 - wet)


def _words(scores: Mapping[str, Score], place: str, elements: Sequence[str], *, moved: bool) -> dict[str, str]:
    """The scores as a list, and why the first is too good."""
    told = [f"* {name}: {one.accuracy:.1%} right, skill {one.skill:+.3f}" for name, one in scores.items()]
    tells = {one.partition("_")[0] for one in elements} & {*TELLING}
    purpose = (
        "Here it is an hour, moved on purpose: a day's rain ends at 24:00, which is 00:00 of the next date, and dated "
        "by its end it stands one row lower. Then yesterday's row, which should know the day before, knows the "
        f"{listed([one for one in TELLING if one in tells])} of the very day whose rain is asked for. What is known is "
        "read of the rows as they stand."
    )
    source = (
        "In this table the rain of a row was measured up to its morning, so most of its hours are of the date before. "
        "Yesterday's row, with its afternoon, looks like the past, and lies inside them."
    )
    return {"place": place, "told": "\n".join(told), "story": purpose if moved else source}


def _apart(run: FinishedRun, known: Reading, found: Score, *, places: int) -> str:
    """Why the run's own scores are not those of what is known, where they are others."""
    own, recipe = [f"{run.metrics['test/accuracy']:.1%}", f"{run.metrics['test/skill']:+.3f}"], run.splits.recipe
    if own == [f"{found.accuracy:.1%}", f"{found.skill:+.3f}"]:
        return ""
    why = "it has not reached its optimum" if _recipe(recipe, known) == recipe else "it is told at another hour"
    many = "it is one model for all places"
    return f"\n\nThe run's own model has {own[0]} and {own[1]}, for {many if places > 1 else why}."


@styled
def draw_scores(scores: Mapping[str, Score], usual: float, *, title: str) -> Figure:
    """Accuracy and skill of each way, the first of which knows too much; and the accuracy of saying always the same."""
    figure, (left, right) = sheet(1, 2, width=9.0, height=1.5 + 0.6 * len(scores), sharey=True)
    names = [name.replace(" as ", "\nas ").replace(" before ", "\nbefore ") for name in scores]
    colours, hatch = [ORANGE, *[BLUE] * (len(scores) - 1)], ["//", *[""] * (len(scores) - 1)]
    for axes, values, form in (
        (left, [one.accuracy for one in scores.values()], "{:.1%}"),
        (right, [one.skill for one in scores.values()], "{:+.3f}"),
    ):
        bars = axes.barh(names, values, color=colours, hatch=hatch)
        axes.bar_label(bars, fmt=form, padding=3)
        axes.grid(visible=False, axis="y")
    left.axvline(usual, color=GREY, linewidth=1.5)
    left.set(xlim=(0, 1.15), title="right days (line: always the commoner)")
    left.xaxis.set_major_formatter(PercentFormatter(1))
    least, most = right.get_xlim()
    right.set(xlim=(least, 1.25 * most), title="skill against what is usual")
    left.invert_yaxis()
    heading(figure, title)
    return figure


@styled
def draw_hours(ways: Mapping[str, Mapping[str, Hours]], *, title: str) -> Figure:
    """The hours that each way reads, counted from where those of the rain begin; those within them stand out."""
    groups = [_by_hours(hours) for hours in ways.values()]
    rows = [len(one) for one in groups]
    size = {"width": 9.0, "height": 1.4 + 0.32 * sum(rows) + 0.45 * len(rows)}
    figure, panels = sheet(len(rows), 1, **size, sharex=True, height_ratios=rows, squeeze=False)
    for axes, name, group in zip(panels[:, 0], ways, groups, strict=True):
        axes.axvspan(0, 24, color=BLUE, alpha=0.2, linewidth=0)
        for label, (begin, end) in group.items():
            width = max(end - begin, 0.5)  # a reading at an hour is seen too
            axes.barh(label, width, left=end - width, height=0.6, color=ORANGE if end > 0 else GREY)
        axes.set(title=name)
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
    panels[-1, 0].xaxis.set_major_locator(MultipleLocator(12))
    panels[-1, 0].set_xlabel("hours from where the rain's begin")
    heading(figure, title)
    return figure


def _by_hours(hours: Mapping[str, Hours]) -> dict[str, Hours]:
    """The hours by the names of the elements that share them, the latest last."""
    shared: dict[Hours, list[str]] = {}
    for name, one in hours.items():
        shared.setdefault(one, []).append(name.replace("_", " "))
    found = {}
    for one in sorted(shared, key=lambda ends: (ends.end, ends.begin)):
        names = shared[one]
        rest = len(names) - NAMED
        found[listed(names) if rest <= 0 else f"{', '.join(names[:NAMED])} and {rest} more"] = one
    return found
