"""What is known at the time of issue: nothing that a value later than it says can reach an input."""

from datetime import timedelta

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from leaking import DAYS, FIRST, NUMBERS, SETS, STATIONS, TARGETS, leak

from stratus.data.clocks import Clocks, as_known, foreseen
from stratus.data.elements import DAY, Hours
from stratus.data.recipe import Recipe

HOURS = st.tuples(st.integers(-24, 24), st.integers(-12, 60)).map(lambda ends: Hours(min(ends), max(ends)))
CLOCKS = st.builds(
    Clocks,
    st.dictionaries(st.sampled_from((*NUMBERS, "temperature", "weather")), HOURS),
    st.dictionaries(st.sampled_from(STATIONS), st.dictionaries(st.sampled_from(NUMBERS), HOURS)),
)


@settings(max_examples=150, deadline=None)
@given(
    clocks=CLOCKS,
    issue=st.integers(1, 24),
    recipes=st.tuples(st.sets(st.sampled_from([*SETS]), min_size=1), st.integers(0, 3), st.booleans()),
    target=st.sampled_from(TARGETS),
    day=st.integers(5, DAYS - 1),
    seed=st.integers(0, 2**32 - 1),
)
def test_what_is_known_only_after_the_time_of_issue_changes_no_input(*, clocks, issue, recipes, target, day, seed):
    sets, lead, seasonal = recipes
    recipe = Recipe(target, {name: SETS[name] for name in sets}, lead, issue, seasonal=seasonal, missing="indicator")
    assert leak(np.random.default_rng(seed), clocks, recipe, day) is None


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
