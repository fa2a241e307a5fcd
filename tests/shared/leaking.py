"""Whether anything that is known only later reaches an input: random tables, changed after the time of issue."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from stratus.data.features.user import read
from stratus.data.samples import assemble
from stratus.data.targets import TARGETS as ASKED

FIRST, DAYS = date(2020, 2, 20), 20
NUMBERS = ("temperature_max", "temperature_min", "precipitation", "wind", "pressure")
STATIONS = ("Perth", "Utrecht")
PLACES = (("latitude", -31.9, 52.1), ("longitude", 115.9, 5.1))
SETS = {"two_days": {}, "station": {"elements": ["pressure", "precipitation"]}, "harmonics": {}}
SETS |= {"neighbours": {"elements": ["temperature_max", "precipitation"], "k": 1}}
SETS |= {"spells": {"most": 5}, "tendencies": {"elements": ["pressure", "temperature"]}, "climatology": {}}
SETS |= {"anomalies": {"elements": ["pressure", "temperature_min"]}}
MINE = str(Path(__file__).with_name("humid.py"))  # a user's own
SETS |= {"own": {"path": MINE, "function": "humid", "sha256": read(MINE), "days": 3}}
USUAL = dict.fromkeys(STATIONS, (1.0, 2.0, 3.0, 4.0, 5.0))  # as fitted to earlier days

TARGETS = ("temperature", "temperature_max_min", "rain", "weather", "rain_by_station", "temperature_by_station")


def table(draw):
    rows = [{"station": name, "date": FIRST + timedelta(k)} for name in STATIONS for k in range(DAYS)]
    values = {name: draw.normal(size=len(rows)) for name in NUMBERS} | {"snowfall": [None] * len(rows)}
    weather = draw.choice(["rain", "sun"], len(rows))
    places = {name: pl.when(pl.col("station") == "Perth").then(one).otherwise(two) for name, one, two in PLACES}
    return pl.DataFrame(rows).with_columns(
        **places, **{name: pl.Series(one) for name, one in values.items()}, weather=weather
    )


def with_normals(recipe):
    """The recipe as fitted to days before the table's."""
    outputs = ["rain", "sun"] if recipe.target == "weather" else ASKED[recipe.target].values
    named = {"anomalies": SETS["anomalies"]["elements"], "climatology": outputs}
    return replace(recipe, normals={kind: dict.fromkeys(names, USUAL) for kind, names in named.items()})


def leak(draw, clocks, recipe, day):
    """What reached the inputs of a day, or what persistence goes by, that is known only after its time of issue; None.

    Of a random table; every value whose hours end later than that is changed.
    """
    before, other, recipe = table(draw), table(draw), with_normals(recipe)
    issued = 24 * (day - recipe.lead_days) + recipe.issue_hour  # in hours from the table's first midnight
    after = before
    for name in (*NUMBERS, "weather"):
        for station in STATIONS:
            known = 24 * pl.int_range(pl.len()).over("station") + clocks.of(station, name).end <= issued
            changed = (pl.col("station") == station) & ~known
            after = after.with_columns(pl.when(changed).then(other[name]).otherwise(pl.col(name)).alias(name))
    (one, *_), (two, *_) = (assemble(each, recipe, ["rain", "sun"], clocks) for each in (before, after))
    here = one.dates == np.datetime64(FIRST + timedelta(day))
    if not np.array_equal(one.x[here], two.x[here], equal_nan=True):
        return f"inputs {one.x[here]} became {two.x[here]}"
    # At lead 0 it is of the day before, which need not be known.
    if recipe.lead_days and not np.array_equal(one.last[here], two.last[here], equal_nan=True):
        return f"the last known {one.last[here]} became {two.last[here]}"
    return None
