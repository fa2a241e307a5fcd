"""Samples of hand-made tables, and that no sample ever sees a later day than its lead allows."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stratus.data.daily_table import check, read_csv, select
from stratus.data.features import FEATURES
from stratus.data.recipe import Recipe
from stratus.data.samples import assemble
from stratus.errors import ConfigurationError

NAN = float("nan")
WEATHER = Path(__file__).parents[2] / "data" / "weather.csv"
SHIPPED = read_csv(WEATHER).with_columns(
    latitude=pl.when(pl.col("station") == "Seattle").then(47.4).otherwise(40.6),
    longitude=pl.when(pl.col("station") == "Seattle").then(-122.3).otherwise(-73.8),
)
EVERY_FEATURE = {name: {} for name in FEATURES if name != "own"}


def table(name, temperatures, first=date(2020, 1, 1), **columns):
    dates = [first + timedelta(day) for day in range(len(temperatures))]
    day = {"station": name, "date": dates, "temperature_max": temperatures, "temperature_min": temperatures}
    return check(pl.DataFrame(day | {"precipitation": 0.0} | columns, strict=False), "table")


def samples(rows, target, features="two_days", lead=0, classes=None):
    return assemble(rows, Recipe(target, {features: {}}, lead), classes)[0]


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        (("hail", {"two_days": {}}), "no target 'hail'"),
        (("rain", {"three_days": {}}), "no features 'three_days'"),
        (("rain", {}), "needs inputs"),
    ],
)
def test_a_recipe_of_unknown_things_or_of_nothing_is_refused_in_one_line(recipe, message):
    with pytest.raises(ConfigurationError, match=message) as caught:
        Recipe(*recipe)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("lead", "x", "last"),
    [
        (0, [[NAN, 1], [1, 2], [2, 4], [4, 8], [8, 16]], [NAN, 1, 2, 4, 8]),
        (1, [[NAN, NAN], [NAN, 1], [1, 2], [2, 4], [4, 8]], [NAN, 1, 2, 4, 8]),
        (3, [[NAN, NAN], [NAN, NAN], [NAN, NAN], [NAN, 1], [1, 2]], [NAN, NAN, NAN, 1, 2]),
    ],
)
def test_a_sample_is_a_target_day_with_what_was_known_so_many_days_before(lead, x, last):
    found = samples(table("Oslo", [1, 2, 4, 8, 16]), "temperature", lead=lead)
    np.testing.assert_array_equal(found.dates, np.arange("2020-01-01", "2020-01-06", dtype="datetime64[D]"))
    np.testing.assert_array_equal(found.y, [[1], [2], [4], [8], [16]])
    np.testing.assert_array_equal(found.x, x)
    np.testing.assert_array_equal(found.last[:, 0], last)


def test_a_gap_leaves_the_day_itself_and_those_that_need_it_incomplete():
    whole = table("Oslo", [1, 2, 4, 8, 16, 32])
    found = samples(whole.filter(pl.col("date") != date(2020, 1, 3)), "temperature", lead=1)
    assert found.known.tolist() == [True, True, False, True, True, True]
    assert found.complete.tolist() == [False, False, True, False, False, True]


def test_the_last_known_target_reaches_back_over_a_gap():
    found = samples(table("Oslo", [1, None, None, 8, 16]), "temperature")
    np.testing.assert_array_equal(found.last[:, 0], [NAN, 1, 1, 1, 8])


def test_one_station_s_days_are_never_another_s():
    both = pl.concat([table("Bergen", [10, 20]), table("Oslo", [1, 2], first=date(2020, 1, 3))])
    found = samples(both, "temperature")
    assert found.stations.tolist() == ["Bergen", "Bergen", "Oslo", "Oslo"]
    np.testing.assert_array_equal(found.x, [[NAN, 10], [10, 20], [NAN, 1], [1, 2]])
    np.testing.assert_array_equal(found.last[:, 0], [NAN, 10, NAN, 1])


def test_inputs_stand_in_the_order_in_which_the_features_are_named():
    for names in (["two_days", "day_of_year"], ["day_of_year", "two_days"]):
        recipe = Recipe("temperature", {name: {} for name in names})
        found, inputs, _ = assemble(table("Oslo", [1, 2]), recipe)
        expected = {"temperature d-1": 1, "temperature d": 2, "day of year": 2}
        assert found.x[1].tolist() == [expected[one.name] for one in inputs]
    assert inputs[0].name == "day of year"


def test_rain_is_any_precipitation_above_zero():
    found = samples(table("Oslo", [0] * 4, precipitation=[0.0, 0.1, None, 9.0]), "rain")
    np.testing.assert_array_equal(found.y[:, 0], [0, 1, NAN, 1])


def test_maximum_and_minimum_are_two_outputs_of_one_sample():
    rows = table("Oslo", [5, 6], temperature_min=[-1, 0])
    found, _, outputs = assemble(rows, Recipe("temperature_max_min", {"two_days": {}}))
    assert outputs == ["temperature_max", "temperature_min"]
    np.testing.assert_array_equal(found.y, [[5, -1], [6, 0]])


def test_categories_are_indices_in_alphabetical_order_or_in_the_order_given():
    rows = table("Oslo", [0] * 4, weather=["sun", "fog", None, "sun"])
    assert assemble(rows, Recipe("weather", {"two_days": {}}))[2] == ["fog", "sun"]
    assert samples(rows, "weather").y.tolist() == [1, 0, -1, 1]
    assert samples(rows, "weather").last.tolist() == [-1, 1, 0, 0]
    given_order = samples(rows, "weather", classes=["sun", "rain"])
    assert given_order.y.tolist() == [0, -1, -1, 0]  # fog is none of them
    assert given_order.known.tolist() == [True, False, False, True]


def test_since_keeps_a_day_and_all_later_ones():
    found = samples(table("Oslo", [1, 2, 4]), "temperature").since(date(2020, 1, 2))
    assert found.y[:, 0].tolist() == [2, 4]
    assert len(found) == 2


# --- a day at several stations


def test_side_by_side_holds_each_station_s_own_inputs_and_rain():
    recipe = {"two_days": {}, "station": {}}
    wide, inputs, outputs = assemble(SHIPPED, Recipe("rain_by_station", recipe))
    assert outputs == ["New York", "Seattle"]
    for k, name in enumerate(outputs):
        alone, own_inputs, _ = assemble(select(SHIPPED, [name], "weather.csv"), Recipe("rain", recipe))
        columns = [inputs.index(one) for one in inputs if one.name.startswith(name)]
        assert [inputs[j].name for j in columns] == [f"{name} {one.name}" for one in own_inputs]
        np.testing.assert_array_equal(wide.dates, alone.dates)
        np.testing.assert_array_equal(wide.x[:, columns], alone.x)
        np.testing.assert_array_equal(wide.y[:, k], alone.y[:, 0])
        np.testing.assert_array_equal(wide.last[:, k], alone.last[:, 0])


def test_side_by_side_names_the_calendar_once():
    recipe = {"harmonics": {"k": 1}, "two_days": {}}
    wide, inputs, _ = assemble(SHIPPED, Recipe("rain_by_station", recipe))
    alone, _, _ = assemble(select(SHIPPED, ["Seattle"], "weather.csv"), Recipe("rain", recipe))
    temperatures = [f"{name} temperature {day}" for day in ("d-1", "d") for name in ("New York", "Seattle")]
    assert [one.name for one in inputs] == ["cos 1/year", "sin 1/year", *temperatures]
    np.testing.assert_array_equal(wide.x[:, [0, 1, 3, 5]], alone.x)
    assert set(wide.stations) == {"New York + Seattle"}


def test_side_by_side_a_day_is_known_where_one_station_is():
    both = pl.concat([table("Bergen", [1, 2, 4, 8]), table("Oslo", [1, 2, 4], first=date(2020, 1, 2))])
    found = samples(both, "rain_by_station")
    np.testing.assert_array_equal(found.dates, np.arange("2020-01-01", "2020-01-05", dtype="datetime64[D]"))
    assert found.known.tolist() == [True] * 4
    np.testing.assert_array_equal(found.y, [[0, np.nan], [0, 0], [0, 0], [0, 0]])
    assert found.complete.tolist() == [False, False, True, True]


# --- no leakage

DAYS = 20
WINDOW = select(SHIPPED, ["Seattle"], "weather.csv").head(DAYS)


other_weather = st.fixed_dictionaries(
    {
        "temperature_max": st.none() | st.floats(40, 60),
        "precipitation": st.none() | st.floats(60, 100),
        "wind": st.none() | st.floats(60, 100),
        "weather": st.sampled_from([None, "fog", "sun"]),
    }
)


@given(st.integers(0, DAYS - 1), st.integers(0, 4), st.sampled_from(["temperature", "rain", "weather"]), other_weather)
@settings(max_examples=40)
def test_whatever_happens_on_a_day_no_sample_sees_it_before_its_lead_has_passed(changed, lead, target, replaced):
    on_the_day = pl.when(pl.col("date") == WINDOW["date"][changed])
    other = WINDOW.with_columns(on_the_day.then(pl.lit(v)).otherwise(pl.col(c)).alias(c) for c, v in replaced.items())
    classes = sorted(set(SHIPPED["weather"]))
    recipe = Recipe(target, EVERY_FEATURE, lead)
    before, inputs, _ = assemble(WINDOW, recipe, classes)
    after, _, _ = assemble(other, recipe, classes)

    untouched = changed + lead  # the first sample that may know of the change
    np.testing.assert_array_equal(before.x[:untouched], after.x[:untouched])
    np.testing.assert_array_equal(before.last[: changed + max(lead, 1)], after.last[: changed + max(lead, 1)])
    assert np.delete(before.y, changed, axis=0).tolist() == np.delete(after.y, changed, axis=0).tolist()
    if untouched < DAYS:  # and that sample does know, so the check looks in the right place
        last_temperature = [one.name for one in inputs].index("temperature d" + (f"-{lead}" if lead else ""))
        assert before.x[untouched, last_temperature] != after.x[untouched, last_temperature]


def test_at_lead_0_the_target_day_s_own_rain_is_no_input():
    wetter = WINDOW.with_columns(pl.col("precipitation", "wind") + 50)
    unlike = WINDOW["date"].to_list()[7]
    other = pl.concat([WINDOW.filter(pl.col("date") != unlike), wetter.filter(pl.col("date") == unlike)])
    recipe = Recipe("rain", EVERY_FEATURE, 0)
    before, after = assemble(WINDOW, recipe)[0], assemble(other, recipe)[0]
    np.testing.assert_array_equal(before.x[:8], after.x[:8])
    assert not np.array_equal(before.x[8], after.x[8])
