"""Days that give no sample: the element they lack is counted as pandas counts it, and named with the mend."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import polars as pl
import pytest

from stratus.data.daily_table import check
from stratus.data.recipe import Recipe
from stratus.data.splits import split
from stratus.errors import DataError

DAYS = 1461
BORDERS = {"validation_from": date(2014, 1, 1), "test_from": date(2015, 1, 1)}
STATION, BEFORE = {"station": {}}, {"two_days": {}}


def table(**columns):
    day = np.arange(DAYS)
    given = {
        "station": "Oslo",
        "date": [date(2012, 1, 1) + timedelta(int(k)) for k in day],
        "temperature_max": 15.0 + day % 7,
        "temperature_min": 1.0 * (day % 5),
        "precipitation": 1.0 * (day % 3),
    }
    return check(pl.DataFrame(given | columns, strict=False), "table")


def every(step, value=4.0):
    """A value every so many days."""
    return [value if k % step == 0 else None for k in range(DAYS)]


def refusal(rows, *recipe):
    with pytest.raises(DataError) as caught:
        split(rows, Recipe(*recipe), **BORDERS)
    return str(caught.value)


def test_the_elements_that_days_lack_are_counted_as_pandas_counts_them():
    rows = table(
        cloud=every(3), wind=every(2), precipitation=[None if k % 10 == 0 else 1.0 * (k // 7 % 3) for k in range(DAYS)]
    )
    found = split(rows, Recipe("rain", STATION, 1), **BORDERS)
    frame = pd.DataFrame(rows.to_dict(as_series=False))
    lack = {name: frame[name].shift(1).isna() for name in ("cloud", "wind", "temperature_max", "temperature_min")}
    lack["precipitation"] = frame["precipitation"].isna() | frame["precipitation"].shift(1).isna()
    assert found.wanting == {name: int(one.sum()) for name, one in lack.items()}
    assert list(found.wanting)[:3] == ["cloud", "wind", "precipitation"]
    assert sum(found.left_out.values()) == pd.DataFrame(lack).any(axis=1).sum()


def test_a_day_that_gives_a_sample_lacks_nothing():
    found = split(table(cloud=every(3)), Recipe("rain", STATION, 1, missing="mean"), **BORDERS)
    assert sum(found.left_out.values()) == 1  # the first
    assert set(found.wanting.values()) == {1}


@pytest.mark.parametrize(
    ("columns", "recipe", "said"),
    [
        ({}, ("weather", BEFORE, 1), "weather is missing for all of the 731 days from 2012-01-01 to 2013-12-31: "),
        ({"temperature_min": None}, ("temperature", BEFORE, 1), "data.columns.temperature=temperature_max takes that"),
        ({"temperature_max": None}, ("temperature", STATION, 1), "data.columns.temperature=temperature_min takes that"),
        ({"temperature_min": None}, ("temperature_max_min", STATION, 1), "task.target=temperature (with data.columns"),
        ({"precipitation": None}, ("rain", BEFORE, 1), "precipitation is missing for all of the 731 days"),
        (
            {"cloud": every(30), "gust": [None, *every(30)[:-1]]},
            ("rain", STATION, 1),
            "no train days: gust is missing for 706, cloud for 706 of the 731 days from 2012-01-01 to 2013-12-31: "
            "choose features without gust and cloud, or features.missing=mean",
        ),
        (
            {"cloud": [4 if k < 1000 else None for k in range(DAYS)]},
            ("rain", STATION, 1),
            "no test days: cloud is missing for all of the 365 days from 2015-01-01 to 2015-12-31: choose",
        ),
    ],
)  # fmt: skip
def test_what_is_missing_where_a_split_has_no_days_is_named_with_the_mend(columns, recipe, said):
    assert said in refusal(table(**columns), *recipe)


def test_days_beyond_the_table_are_no_missing_values():
    with pytest.raises(DataError, match="no test days: the table reaches from 2012-01-01 to 2015-12-31; mend"):
        split(table(), Recipe("rain", BEFORE, 1), test_from=date(2018, 1, 1))
    with pytest.raises(DataError, match="no train days: the table reaches from 2012-01-01 to 2015-12-31; mend"):
        split(table(), Recipe("rain", BEFORE, 1), train_from=date(2017, 1, 1), test_from=date(2018, 1, 1))
