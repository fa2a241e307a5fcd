"""What is usual, against scikit-learn's and numpy's fits of the training days."""

from dataclasses import replace
from datetime import date, timedelta

import msgspec
import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression

from stratus.data.clocks import NO_CLOCKS, Clocks
from stratus.data.daily_table import check
from stratus.data.elements import Hours
from stratus.data.fitted import fitted
from stratus.data.normals import PRIOR
from stratus.data.recipe import Borders, Recipe
from stratus.data.samples import assemble
from stratus.data.splits import split
from stratus.errors import ConfigurationError, DataError

FIRST, DAYS = date(2016, 1, 1), 365 * 4
BORDERS = Borders(date(2019, 1, 1), date(2018, 1, 1), date(2016, 2, 1))
ELEMENTS = {"anomalies": {"elements": ["temperature_max", "pressure"]}}


def table(stations=("Oslo", "Rome"), days=DAYS):
    draw, rows = np.random.default_rng(3), []
    for k, name in enumerate(stations):
        dates = [FIRST + timedelta(day) for day in range(days)]
        high, mm = draw.normal(10 * k, 5, days) + 10, np.maximum(draw.normal(size=days), 0)
        weather = np.where(mm > 0, "rain", np.where(draw.random(days) < 0.3, "fog", "sun"))
        day = {"date": dates, "temperature_max": high, "temperature_min": high - 5, "precipitation": mm}
        pressure = draw.normal(1013, 9, days)
        rows.append(pl.DataFrame({"station": name, **day, "weather": weather, "pressure": pressure}))
    return check(pl.concat(rows), "table")


def waves(dates):
    angle = 2 * np.pi * dates.dt.ordinal_day().to_numpy() / 365.25
    return np.stack([np.ones(len(angle)), *(f(j * angle) for j in (1, 2) for f in (np.cos, np.sin))], axis=1)


def training(days, name):
    """A station's training days."""
    return days.filter(station=name).filter(pl.col("date").is_between(date(2016, 2, 1), date(2017, 12, 31)))


@pytest.mark.parametrize("late", [0, 1])
def test_an_anomaly_is_a_departure_from_the_least_squares_fit_of_the_station_s_training_days(late):
    days = table()
    clocks = Clocks({"pressure": Hours(0, 24 + 24 * late)})  # known so many rows later
    splits = split(days, Recipe("rain", ELEMENTS, 1), BORDERS, clocks=clocks)
    for name in ("Oslo", "Rome"):
        known = days.filter(station=name).with_columns(pl.col("pressure").shift(late))
        train = training(known, name)
        for j, element in enumerate(["temperature_max", "pressure"]):
            fit = np.linalg.lstsq(waves(train["date"]), train[element].to_numpy(), rcond=None)[0]
            usual = pl.Series(waves(known["date"]) @ fit)
            expected = dict(zip(known["date"], known[element] - usual, strict=True))
            test = splits.test.where(splits.test.stations == name)
            wanted = [expected[day - timedelta(1)] for day in test.dates.tolist()]
            assert test.x[:, j] == pytest.approx(np.array(wanted), abs=1e-8)


def test_the_climatology_of_rain_is_a_logistic_regression_on_two_waves_of_the_year():
    days = table()
    splits = split(days, Recipe("rain", {"climatology": {}}, 1), BORDERS)
    assert splits.inputs == ["climatology rain"]
    for name in ("Oslo", "Rome"):
        train = training(days, name)
        every = waves(pl.Series([date(2016, 1, 1) + timedelta(day) for day in range(366)]))
        scale = np.append(1, np.sqrt(2 / PRIOR[1:]))  # of a penalty that is 1 on the difference of both classes
        x = np.concatenate([waves(train["date"]), every, every])[:, 1:] * scale[1:]
        y = np.concatenate([train["precipitation"] > 0, np.zeros(366), np.ones(366)])
        weights = np.concatenate([np.ones(len(train)), np.full(732, 0.5 / 366)])
        model = LogisticRegression(tol=1e-10, max_iter=10_000).fit(x, y, weights)
        test = splits.test.where(splits.test.stations == name)
        expected = model.decision_function(waves(pl.Series(test.dates))[:, 1:] * scale[1:])
        assert test.x[:, 0] == pytest.approx(expected, abs=1e-4)


def test_the_climatology_of_weather_holds_log_probabilities_of_the_classes_that_training_shows():
    hail = pl.when(pl.col("date") > date(2019, 3, 1)).then(pl.lit("hail")).otherwise("weather")
    splits = split(table().with_columns(weather=hail), Recipe("weather", {"climatology": {}}), BORDERS)
    assert splits.inputs == [f"climatology {name}" for name in ("fog", "rain", "sun")]
    assert np.exp(splits.train.x).sum(axis=1) == pytest.approx(1)
    shares = np.bincount(splits.train.y) / len(splits.train)
    assert np.exp(splits.train.x).mean(axis=0) == pytest.approx(shares, abs=0.01)  # as of any likelihood's maximum


def test_the_climatology_of_values_is_theirs_at_each_station_side_by_side_too():
    splits = split(table(), Recipe("temperature_by_station", {"climatology": {}}, 1), BORDERS)
    assert splits.inputs == ["Oslo climatology temperature", "Rome climatology temperature"]
    assert splits.train.x.mean(axis=0) == pytest.approx(splits.train.y.mean(axis=0), abs=1e-2)


@pytest.mark.parametrize("target", ["rain", "weather", "temperature", "rain_by_station"])
def test_nothing_that_is_usual_is_told_by_a_validation_or_test_day(target):
    recipe = Recipe(target, ELEMENTS | {"climatology": {}}, 1)
    days, later = table(), pl.col("date") >= BORDERS.validation_from
    changed = [
        pl.when(later).then(pl.lit(value)).otherwise(name).alias(name)
        for name, value in {"temperature_max": 50.0, "precipitation": 9.0, "pressure": 900.0, "weather": "snow"}.items()
    ]
    found, other = (fitted(recipe, one, BORDERS, NO_CLOCKS) for one in (days, days.with_columns(changed)))
    assert found == other
    assert found.normals != fitted(recipe, days, None, NO_CLOCKS).normals


def test_a_station_with_less_than_a_year_is_given_what_all_together_give():
    days = pl.concat([table(("Oslo",)), table(("Rome",)).filter(pl.col("date") > date(2017, 6, 1))])
    normals = fitted(Recipe("rain", ELEMENTS), days, BORDERS, NO_CLOCKS).normals["anomalies"]["pressure"]
    both = pl.concat([training(days, "Oslo"), training(days, "Rome")])
    fit = np.linalg.lstsq(waves(both["date"]), both["pressure"].to_numpy(), rcond=None)[0]
    assert normals["Rome"] == pytest.approx(fit)
    assert normals["Oslo"] != normals["Rome"]


def test_less_than_a_year_of_training_days_is_refused():
    with pytest.raises(DataError, match=r"pressure has 364 values on the training days, .* give a longer span"):
        split(
            table(("Oslo",)),
            Recipe("rain", {"anomalies": {"elements": ["pressure"]}}),
            Borders(date(2018, 1, 1), date(2017, 1, 1), date(2016, 1, 3)),
        )


def test_a_station_that_training_did_not_have_is_refused():
    recipe = fitted(Recipe("rain", {"climatology": {}}), table(), BORDERS, NO_CLOCKS)
    with pytest.raises(DataError, match=r"what is usual at 'Bonn' is not known, .* trained at Oslo, Rome; name the"):
        assemble(table(("Bonn",)), recipe)


def test_a_recipe_comes_back_as_it_was_from_plain_values():
    recipe = fitted(Recipe("weather", ELEMENTS | {"climatology": {}}), table(), BORDERS, NO_CLOCKS)
    assert msgspec.convert(msgspec.json.decode(msgspec.json.encode(vars(recipe))), Recipe) == recipe
    short = replace(recipe, normals={"climatology": {"rain": {"Oslo": [1.0]}}})
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(vars(short), Recipe)


def test_climatology_alone_is_a_forecast_whose_weight_does_not_turn():
    splits = split(table(), Recipe("rain", {"climatology": {}}, seasonal=True), BORDERS)
    assert splits.foreseen
    assert len(splits.inputs) == 1


def test_an_element_that_the_table_has_not_is_told():
    with pytest.raises(DataError, match=r"cloud is missing for all of the .* days .*: choose features without cloud"):
        split(table(), Recipe("rain", {"anomalies": {"elements": ["cloud"]}}, 1), BORDERS)
    with pytest.raises(ConfigurationError, match="there is no element 'clouds'"):
        split(table(), Recipe("rain", {"anomalies": {"elements": ["clouds"]}}, 1), BORDERS)


def test_an_element_that_training_lacks_is_left_out_where_it_is_not_named(caplog):
    late = pl.when(pl.col("date") > date(2018, 2, 1)).then("pressure").alias("pressure")
    with caplog.at_level("INFO"):
        splits = split(table().with_columns(late).drop("wind"), Recipe("rain", {"anomalies": {}}, 1), BORDERS)
    assert splits.inputs == [
        f"anomaly of {name} d-1" for name in ("temperature_max", "temperature_min", "precipitation")
    ]
    assert "features.anomalies: pressure has less than a year of training days and is left out" in caplog.text
