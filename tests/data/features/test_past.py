"""Spells and changes against a plain loop over the days."""

import math
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stratus.data.daily_table import calendar, check
from stratus.data.features import spells, tendencies
from stratus.errors import ConfigurationError

FIRST = date(2020, 2, 27)
rain = st.lists(st.sampled_from([None, 0.0, 0.2, 7.0]), min_size=4, max_size=40)


def table(fell, station="Oslo", **columns):
    dates = [FIRST + timedelta(day) for day in range(len(fell))]
    day = {"station": station, "date": dates, "precipitation": fell, "temperature_max": None, "temperature_min": None}
    return check(pl.DataFrame(day | columns, strict=False), "table")


def values(inputs, days, rain_from=0.0):
    frame = calendar(days, rain_from)
    return frame.select(one.value.over("station").cast(pl.Float64).alias(one.name) for one in inputs).to_dict(
        as_series=False
    )


def counted(fell, most, rain_from):
    """Lengths of the wet and the dry spell on each day, None where the day is not known."""
    wet, dry, before, length = [], [], None, 0
    for mm in fell:
        state = None if mm is None else mm >= rain_from if rain_from else mm > 0
        length = length + 1 if state == before else 1
        wet.append(None if state is None else min(length, most) * state)
        dry.append(None if state is None else min(length, most) * (not state))
        before = state
    return wet, dry


@given(rain, rain, st.integers(0, 3), st.sampled_from([0.0, 1.0]), st.integers(1, 9))
@settings(max_examples=40)
def test_a_spell_is_counted_station_by_station_from_a_change_or_a_gap_on_up_to_its_most(one, two, lead, least, most):
    days, back = pl.concat([table(one), table(two, "Rome")]), max(lead, 1)
    found = values(spells(lead, most), days, least)
    expected = [[], []]
    for fell in (one, two):
        for k, lengths in enumerate(counted(fell, most, least)):
            expected[k] += [None] * back + lengths[:-back]
    assert found == {f"wet spell d-{back}": expected[0], f"dry spell d-{back}": expected[1]}


def test_a_day_without_a_row_ends_what_is_known_of_a_spell():
    days = table([0.0] * 5).filter(pl.col("date") != FIRST + timedelta(2))
    assert values(spells(1), days)["dry spell d-1"] == [None, 1, 2, None, 1]


def test_a_spell_may_be_told_as_its_logarithm():
    found = values(spells(1, transformed=True), table([0.0, 0.0, 0.0, 1.0, 1.0]))
    assert found["log(1 + dry spell d-1)"][1:] == pytest.approx([math.log(2), math.log(3), math.log(4), 0])


@pytest.mark.parametrize("most", [0, -1, 2.5])
def test_a_spell_has_a_most_of_whole_days(most):
    with pytest.raises(ConfigurationError, match=r"features.spells.most=.*: expected a whole number from 1 to 10000"):
        spells(1, most)


@given(st.lists(st.floats(900, 1080), min_size=6, max_size=12), st.integers(0, 3))
@settings(max_examples=30)
def test_a_tendency_is_the_change_to_the_last_day_known(pressure, lead):
    back, days = max(lead, 1), table([0.0] * len(pressure), pressure=pressure, pressure_change=0.0)
    found = values(tendencies(lead, ["pressure", "pressure_change"]), days)
    assert list(found) == [f"change of pressure d-{back}"]  # the change within the day is an element
    expected = [None] * (back + 1) + list(np.diff(pressure))[: len(pressure) - back - 1]
    assert found[f"change of pressure d-{back}"][back + 1 :] == pytest.approx(expected[back + 1 :])
    assert found[f"change of pressure d-{back}"][: back + 1] == [None] * (back + 1)


def test_a_tendency_of_amounts_may_be_that_of_their_logarithms():
    (found,) = values(tendencies(1, ["precipitation"], transformed=True), table([0.0, 1.0, 4.0, 0.0])).values()
    assert found[2:] == pytest.approx([math.log(2), math.log(5) - math.log(2)])


def test_a_tendency_of_what_there_is_not_is_told_what_there_is():
    with pytest.raises(ConfigurationError, match="there is no element 'presure'; there are: temperature_max, "):
        tendencies(1, ["presure"])
