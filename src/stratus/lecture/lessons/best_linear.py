"""The same layer, told more and more: how far its rain forecast climbs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from itertools import pairwise
from typing import Any, TypeAlias

import polars as pl
from matplotlib.figure import Figure

from stratus.data.daily_table import read_table
from stratus.data.features.input import ALWAYS
from stratus.data.recipe import Borders, Recipe
from stratus.data.sources import SHIPPED
from stratus.data.splits import split
from stratus.lecture.fits import TWO_DAYS, best_fit, by_place, skill_over
from stratus.lecture.premises import TOMORROW, Needs, asks
from stratus.pictures.canvas import BLUE, GREY, heading, sheet, styled
from stratus.runs.finished import FinishedRun
from stratus.runs.lesson import Lesson

NEEDS = Needs((*asks("binary", "rain"), TOMORROW))
NETWORK = SHIPPED.parent / "netherlands.parquet"
BORDERS = Borders(date(2020, 1, 1), train_from=date(2000, 1, 3))  # of the network
PENALTY = 0.03  # of its models, which the days of 2018 and 2019 choose
Sets: TypeAlias = dict[str, dict[str, Any]]  # names of feature sets with their settings
TWO: Sets = {"two_days": {}}
CALENDAR: Sets = {"harmonics": {"k": 2}}
OWN: Sets = {"station": {"elements": [*ALWAYS], "transformed": True}}
ALL: Sets = {"station": {"transformed": True}}
SPELLS: Sets = {"spells": {"most": 30, "transformed": True}, "tendencies": {"elements": ["temperature"]}}


@dataclass(frozen=True)
class Step:
    """What a model is told, in words and as a recipe; each step is told more than the one before."""

    told: str
    recipe: Recipe
    penalty: float = 0.0  # on its weights


def lesson(run: FinishedRun) -> Lesson:
    """From the lecture's two temperatures to all that is known, at the run's station and in a network."""
    own, penalty = run.settings.recipe, run.task.penalty
    here = climb(run.table, steps(own, penalty), run.settings.data.borders)
    network = read_table(NETWORK)
    lasting = network.filter(pl.col("date").max().over("station") == pl.col("date").max())
    there = climb(lasting, network_steps(), BORDERS)
    station, places = run.splits.train.stations[0], lasting["station"].n_unique()
    figures: dict[str, Any] = {"here": here, "network": there, "places": places}
    falls = any(after < before for before, after in pairwise(here.values()))
    words = {
        "first": next(iter(here.values())),
        "most": max(there.values()),
        "own_list": _listed(here),
        "network_list": _listed(there),
        "falls": f" In {station} not every step climbs: of few years a model with many inputs learns chance as well."
        if falls
        else "",
    }
    panels = {f"{station}, from its own record": here, f"{places} stations in the Netherlands": there}
    return Lesson(figures, {"climb": partial(draw, panels)}, words=words)


def steps(own: Recipe, penalty: float) -> list[Step]:
    """What a station's own record tells, as the run reads it."""
    lecture = TWO_DAYS["binary"]
    ahead = replace(own, features=TWO, seasonal=False)
    return [
        Step("two temperatures, the day's own among them", replace(lecture, rain_from=own.rain_from)),
        Step("two temperatures, the day before's the last", ahead),
        Step("and the season", replace(ahead, features=TWO | CALENDAR)),
        Step("its extremes, wind and rain", replace(ahead, features=OWN | CALENDAR), penalty),
        Step("how long it has been wet or dry, what changed", replace(ahead, features=OWN | SPELLS), penalty),
        Step("weights that turn with the season", replace(own, seasonal=True), penalty),
    ]


def network_steps() -> list[Step]:
    """What stations that measure much tell of their own rain, and of one another's."""
    two = Recipe("rain", TWO, lead_days=1, rain_from=0.3, missing="mean")
    every = replace(two, features=ALL | CALENDAR)
    together = replace(every, target="rain_by_station")
    return [
        Step("two temperatures, the day's own among them", replace(two, lead_days=0)),
        Step("two temperatures, the day before's the last", two),
        Step("and the season", replace(two, features=TWO | CALENDAR)),
        Step("its extremes, wind and rain", replace(every, features=OWN | CALENDAR)),
        Step("pressure, sun, humidity: all that it measured", every),
        Step("all that the other stations measured", together, PENALTY),
        Step("weights that turn with the season", replace(together, seasonal=True), PENALTY),
    ]


def climb(table: pl.DataFrame, every: Sequence[Step], borders: Borders) -> dict[str, float]:
    """The skill of each step over the test days, by what it is told; a model for each station, or one for all.

    Trained on all days before the test.
    """
    borders, stations, found = replace(borders, validation_from=None), by_place(table), {}
    for step in every:
        together = step.recipe.target == "rain_by_station"
        tables = [table] if together else stations.values()
        name = "multilabel" if together else "binary"
        fits = [best_fit(split(one, step.recipe, borders), name, step.penalty) for one in tables]
        found[step.told] = skill_over(fits)
    return found


def _listed(found: Mapping[str, float]) -> str:
    return "\n".join(f"* {name}: {value:+.3f}" for name, value in found.items())


@styled
def draw(panels: Mapping[str, Mapping[str, float]]) -> Figure:
    """Skill against what is known, a panel each."""
    rows = [len(found) for found in panels.values()]
    size = {"width": 9.0, "height": 1.6 + 0.4 * sum(rows) + 0.4 * len(rows)}
    figure, grid = sheet(len(rows), 1, **size, sharex=True, height_ratios=rows, squeeze=False)
    for axes, (name, found) in zip(grid[:, 0], panels.items(), strict=True):
        bars = axes.barh([*found], [*found.values()], color=[GREY if one < 0 else BLUE for one in found.values()])
        axes.bar_label(bars, fmt="{:+.3f}", padding=3)
        axes.axvline(0, color=GREY, linewidth=1)
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        axes.set_title(name)
    every = [value for found in panels.values() for value in found.values()]
    grid[-1, 0].set(xlabel="skill of rain (0: what is usual)", xlim=(min(0, *every) - 0.06, max(0, *every) + 0.06))
    heading(figure, "each line is told what the ones above it are, and more")
    return figure
