"""Each feature set against values worked out by hand from the day's own measurements."""

import math
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stratus.data.daily_table import calendar, check
from stratus.data.features import FEATURES, day_of_year, harmonics, quadratic, station, two_days
from stratus.data.features.input import in_season
from stratus.errors import ConfigurationError

FIRST = date(2020, 2, 27)  # the third day is the leap day
HIGH = [3.0, 5.0, 8.0, 12.0, 20.0]
LOW = [-1.0, -1.0, 0.0, 4.0, 12.0]
MEAN = [1.0, 2.0, 4.0, 8.0, 16.0]
RAIN = [0.0, 0.2, 0.0, 7.5, 0.0]
WIND = [1.5, 2.5, 3.5, 4.5, 5.5]


def days(first=FIRST, high=HIGH, low=LOW, rain=RAIN, wind=WIND):
    dates = [first + timedelta(day) for day in range(len(high))]
    columns = {"temperature_max": high, "temperature_min": low, "precipitation": rain, "wind": wind}
    return check(pl.DataFrame({"station": "Oslo", "date": dates, **columns}, strict=False), "table")


def values(inputs, table):
    frame = calendar(table).select(one.value.cast(pl.Float64).alias(one.name) for one in inputs)
    return frame.to_dict(as_series=False)


def one_date(day):
    return days(day, [1.0], [0.0], [0.0], [1.0])


@pytest.mark.parametrize(
    ("lead", "expected"),
    [
        (0, {"temperature d-1": [None, 1, 2, 4, 8], "temperature d": MEAN}),
        (1, {"temperature d-2": [None, None, 1, 2, 4], "temperature d-1": [None, 1, 2, 4, 8]}),
        (3, {"temperature d-4": [None] * 4 + [1], "temperature d-3": [None] * 3 + [1, 2]}),
    ],
)
def test_two_days_are_the_last_known_day_and_the_one_before(lead, expected):
    assert values(two_days(lead), days()) == expected


def test_a_missing_day_or_half_a_measurement_makes_its_temperature_unknown_wherever_it_is_needed():
    expected = {"temperature d-1": [None, 1, None, 4, 8], "temperature d": [1, None, 4, 8, 16]}
    assert values(two_days(0), days().filter(pl.col("date") != date(2020, 2, 28))) == expected
    assert values(two_days(0), days(low=[-1.0, None, 0.0, 4.0, 12.0])) == expected


def test_quadratic_adds_both_squares_and_the_product():
    found = values(quadratic(0), days())
    assert list(found) == [
        "temperature d-1",
        "temperature d",
        "temperature d-1 × temperature d-1",
        "temperature d × temperature d",
        "temperature d-1 × temperature d",
    ]
    assert [column[-1] for column in found.values()] == [8, 16, 64, 256, 128]


temperatures = st.lists(st.floats(-90, 60), min_size=4, max_size=4)


@given(temperatures, st.integers(0, 2))
@settings(max_examples=40)
def test_quadratic_holds_the_products_of_any_two_temperatures(both, lead):
    table = days(high=both, low=both, rain=[0.0] * 4, wind=[0.0] * 4)
    first, second = both[2 - lead : 4 - lead]
    found = [column[-1] for column in values(quadratic(lead), table).values()]
    assert found == pytest.approx([first, second, first**2, second**2, first * second], rel=1e-12)


@pytest.mark.parametrize(("lead", "back"), [(0, 1), (1, 1), (3, 3)])
def test_the_station_reports_its_last_known_day_never_the_target_day(lead, back):
    def shifted(column):
        return [None] * back + column[: len(column) - back]

    expected = {"temperature_max": HIGH, "temperature_min": LOW, "wind": WIND, "precipitation": RAIN}
    expected["wet"] = [0, 1, 0, 1, 0]
    found = values(station(lead), days())
    assert found == {f"{name} d-{back}": shifted(column) for name, column in expected.items()}


def test_amounts_and_hours_are_transformed_where_that_is_asked():
    table = days().with_columns(sunshine=pl.Series([0.0, 4.0, 9.0, 1.0, 2.25]), pressure=1000.0)
    chosen = ["precipitation", "sunshine", "pressure"]
    found = values(station(1, elements=chosen, transformed=True), table)
    assert list(found) == ["log(1 + precipitation d-1)", "wet d-1", "√sunshine d-1", "pressure d-1"]
    assert found["log(1 + precipitation d-1)"][1:] == pytest.approx(np.log1p(RAIN[:-1]))
    assert found["√sunshine d-1"] == [None, 0, 2, 3, 1]
    assert found["pressure d-1"] == [None] + [1000] * 4


def test_a_weight_turns_with_the_season_by_two_further_inputs():
    (one,) = station(1, elements=["temperature_max"])
    turned = values(in_season(one), days())
    for name, wave in (("cos", np.cos), ("sin", np.sin)):
        angle = 2 * np.pi * np.array([(FIRST + timedelta(k)).timetuple().tm_yday for k in range(1, 5)]) / 365.25
        expected = (np.array(HIGH[:-1]) - 15) * wave(angle)  # 15 °C is about usual
        assert turned[f"temperature_max d-1 × {name} 1/year"][1:] == pytest.approx(expected)


def test_an_element_that_there_is_not_is_told_those_there_are():
    with pytest.raises(ConfigurationError, match="there is no element 'temprature'; there are: temperature_max, "):
        station(1, elements=["temprature"])


def test_whether_it_was_wet_is_unknown_where_rain_was_not_measured():
    found = values(station(1), days(rain=[0.0, None, 0.1, 0.0, 0.0]))
    assert found["wet d-1"] == [None, 0, None, 1, 0]


@given(st.dates(), st.integers(1, 4))
@settings(max_examples=40)
def test_harmonics_are_cosine_and_sine_of_the_day_of_the_year(day, k):
    angle = 2 * math.pi * day.timetuple().tm_yday / 365.25
    waves = [wave(j * angle) for j in range(1, k + 1) for wave in (math.cos, math.sin)]
    found = [column[0] for column in values(harmonics(0, k), one_date(day)).values()]
    assert found == pytest.approx(waves, abs=1e-12)


@pytest.mark.parametrize(
    ("day", "number"),
    [
        (date(2013, 1, 1), 1),
        (date(2013, 3, 1), 60),
        (date(2012, 3, 1), 61),
        (date(2013, 12, 31), 365),
        (date(2012, 12, 31), 366),
    ],
)
def test_day_of_year_counts_the_leap_day_and_is_raised_to_each_power(day, number):
    found = values(day_of_year(1, degree=3), one_date(day))
    assert found == {"day of year": [number], "day of year^2": [number**2], "day of year^3": [number**3]}


@pytest.mark.parametrize("features", [day_of_year, harmonics])
def test_the_calendar_is_known_at_any_lead(features):
    assert values(features(0), days()) == values(features(30), days())
    assert all(one.calendar for one in features(0))


@pytest.mark.parametrize("features", [two_days, quadratic, station])
def test_a_measurement_is_not_the_calendar(features):
    assert not any(one.calendar for one in features(1))


@pytest.mark.parametrize(
    ("features", "units"),
    [
        ("two_days", ["°C", "°C"]),
        ("quadratic", ["°C", "°C", "°C²", "°C²", "°C²"]),
        ("day_of_year", ["d"]),
        ("harmonics", ["1"] * 4),
        ("station", ["°C", "°C", "m/s", "mm", "1"]),
    ],
)
def test_every_input_has_its_unit_and_a_name_of_its_own(features, units):
    inputs = FEATURES[features](1)
    assert [one.unit for one in inputs] == units
    assert len({one.name for one in inputs}) == len(inputs)
