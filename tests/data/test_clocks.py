"""What is known at the time of issue: nothing that a value later than it says can reach an input."""

from datetime import date, timedelta

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from stratus.data.clocks import Clocks, as_known, foreseen
from stratus.data.elements import DAY, Hours
from stratus.data.recipe import Recipe
from stratus.data.samples import assemble

FIRST, DAYS = date(2020, 2, 20), 20
NUMBERS = ("temperature_max", "temperature_min", "precipitation", "wind", "pressure")
STATIONS = ("Perth", "Utrecht")
PLACES = (("latitude", -31.9, 52.1), ("longitude", 115.9, 5.1))
HOURS = st.tuples(st.integers(-24, 24), st.integers(-12, 60)).map(lambda ends: Hours(min(ends), max(ends)))
CLOCKS = st.builds(
    Clocks,
    st.dictionaries(st.sampled_from((*NUMBERS, "temperature", "weather")), HOURS),
    st.dictionaries(st.sampled_from(STATIONS), st.dictionaries(st.sampled_from(NUMBERS), HOURS)),
)
SETS = {"two_days": {}, "station": {"elements": ["pressure", "precipitation"]}, "harmonics": {}}
SETS |= {"neighbours": {"elements": ["temperature_max", "precipitation"], "k": 1}}


def table(draw):
    rows = [{"station": name, "date": FIRST + timedelta(k)} for name in STATIONS for k in range(DAYS)]
    values = {name: draw.normal(size=len(rows)) for name in NUMBERS} | {"snowfall": [None] * len(rows)}
    weather = draw.choice(["rain", "sun"], len(rows))
    places = {name: pl.when(pl.col("station") == "Perth").then(one).otherwise(two) for name, one, two in PLACES}
    return pl.DataFrame(rows).with_columns(
        **places, **{name: pl.Series(one) for name, one in values.items()}, weather=weather
    )


@settings(max_examples=150, deadline=None)
@given(
    clocks=CLOCKS,
    issue=st.integers(1, 24),
    recipes=st.tuples(st.sets(st.sampled_from([*SETS]), min_size=1), st.integers(0, 3)),
    target=st.sampled_from(["temperature", "temperature_max_min", "rain", "weather", "rain_by_station"]),
    day=st.integers(5, DAYS - 1),
    seed=st.integers(0, 2**32 - 1),
)
def test_what_is_known_only_after_the_time_of_issue_changes_no_input(*, clocks, issue, recipes, target, day, seed):
    """Nor the value that persistence goes by, which at lead 0 is of the day before."""
    draw, (sets, lead) = np.random.default_rng(seed), recipes
    before, other = table(draw), table(draw)
    recipe = Recipe(target, {name: SETS[name] for name in sets}, lead, issue)
    issued = 24 * (day - lead) + issue  # in hours from the table's first midnight
    after = before
    for name in (*NUMBERS, "weather"):
        for station in STATIONS:
            known = 24 * pl.int_range(pl.len()).over("station") + clocks.of(station, name).end <= issued
            changed = (pl.col("station") == station) & ~known
            after = after.with_columns(pl.when(changed).then(other[name]).otherwise(pl.col(name)).alias(name))
    (one, *_), (two, *_) = (assemble(each, recipe, ["rain", "sun"], clocks) for each in (before, after))
    here = one.dates == np.datetime64(FIRST + timedelta(day))
    np.testing.assert_array_equal(one.x[here], two.x[here])
    if lead:
        np.testing.assert_array_equal(one.last[here], two.last[here])


def test_a_value_serves_from_the_row_whose_hours_have_ended():
    days = pl.DataFrame({"station": ["A"] * 4, "date": [FIRST + timedelta(k) for k in range(4)]})
    days = days.with_columns(
        **{name: pl.Series([1.0, 2.0, 3.0, 4.0]) for name in ("gust", "temperature_max", "pressure")}
    )
    clocks = Clocks({"temperature_max": Hours(9, 33), "pressure": Hours(9, 9)})
    at_midnight, at_nine = as_known(days, clocks), as_known(days, clocks, 9)
    assert at_midnight["gust"].to_list() == [1, 2, 3, 4]
    assert at_midnight["temperature_max"].to_list() == [None, 1, 2, 3]
    assert at_midnight["pressure"].to_list() == at_nine["pressure"].to_list() == [1, 2, 3, 4]
    assert at_nine["gust"].to_list() == at_nine["temperature_max"].to_list() == [None, 1, 2, 3]


def test_a_target_is_foreseen_where_its_hours_begin_at_the_time_of_issue_or_later():
    clocks = Clocks({"precipitation": Hours(-15, 9)}, {"Utrecht": {"precipitation": DAY}})
    for station, issue, expected in (
        ("Utrecht", 0, True),  # tomorrow, issued at the end of today
        ("Utrecht", 24, False),  # today itself
        ("Perth", 0, False),  # the gauge's day began at nine the day before
        ("Perth", -15, True),
    ):
        assert foreseen(clocks, [station], ["precipitation"], issue) == expected
    assert not foreseen(clocks, STATIONS, ["precipitation"], 0)


def test_a_mean_of_two_extremes_has_the_hours_of_both():
    clocks = Clocks({"temperature_max": Hours(9, 33), "temperature_min": Hours(-15, 9)})
    assert clocks.of("Perth", "temperature") == Hours(-15, 33)
