"""Climatology and persistence against their definitions and published numbers."""

import itertools
from dataclasses import replace
from datetime import date, timedelta

import gappy
import numpy as np
import polars as pl
import pytest
import torch
from season import seasonal
from shipped import SEATTLE, SHIPPED, TARGET, splits_of

from stratus import tasks
from stratus.data.daily_table import check
from stratus.data.recipe import Recipe
from stratus.data.samples import Samples
from stratus.data.splits import split
from stratus.verification.climatology import Climatology
from stratus.verification.forecasts import Forecasts
from stratus.verification.references import Persistence, References
from stratus.verification.verify import Tally


def posed(name, features="two_days", lead=0):
    splits = splits_of(name, features, lead)
    return splits, tasks.find(name).for_splits(splits)


def scores(task, splits, days, forecast, decision=None):
    """All scores of one forecaster's values or probabilities."""
    tally = Tally(task)
    tally.update(Forecasts.of_forecast(task, "it", days, splits.target, forecast=forecast, decision=decision))
    return {name: value[0] for name, value in tally.compute().items()}


# --- climatology


def test_the_climatology_of_a_temperature_scores_as_published():
    splits, task = posed("regression", lead=1)
    usual = Climatology.fit(splits)
    found = scores(task, splits, splits.test, usual.forecast(splits.test))
    assert found["mae"] == pytest.approx(2.304, abs=5e-4)
    assert found["rmse"] == pytest.approx(2.899, abs=5e-4)
    assert found["accuracy"] == pytest.approx(0.529, abs=5e-4)
    trained = scores(task, splits, splits.train, usual.forecast(splits.train))
    assert trained["loss"] == pytest.approx(7.2307452, abs=1e-7)


@pytest.mark.parametrize("name", ["binary", "multiclass"])
def test_the_climatology_of_weather_is_scikit_learn_s_fit_of_the_season(name):
    splits, _ = posed(name)
    train, count = splits.train, len(splits.outputs) if name == "multiclass" else 2
    p = Climatology.fit(splits).forecast(splits.test)
    expected = seasonal(train.dates, train.y.reshape(-1), count, splits.test.dates)
    np.testing.assert_allclose(p, expected if name == "multiclass" else expected[:, 1:], atol=1e-5)


def test_the_validation_days_are_before_the_test_as_well():
    days = {"train_from": date(2012, 1, 3), "test_from": date(2015, 1, 1)}
    recipe = Recipe("rain", {"two_days": {}})
    whole = split(SEATTLE, recipe, **days)
    parted = split(SEATTLE, recipe, **days, validation_from=date(2014, 1, 1))
    for reference in (Climatology, Persistence):
        found, expected = (reference.fit(one).forecast(whole.test) for one in (parted, whole))
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("name", TARGET)
def test_drawing_training_days_anew_leaves_the_references_as_they_are(name):
    splits, _ = posed(name)
    for reference in (Climatology, Persistence):
        found, expected = (reference.fit(one).forecast(splits.test) for one in (splits.resampled(3), splits))
        np.testing.assert_array_equal(found, expected)


def test_a_season_that_no_day_before_the_test_had_is_told():
    days = {"train_from": date(2013, 3, 1), "validation_from": date(2013, 9, 1), "test_from": date(2013, 11, 1)}
    splits = split(SEATTLE, Recipe("rain", {"two_days": {}}), **days, until=date(2014, 1, 31))
    # The days before it reach from 1 March to 31 October: of November 15 days are near enough.
    assert Climatology.fit(splits).unseen(splits.test) == len(splits.test) - 15
    assert Climatology.fit(posed("binary")[0]).unseen(splits.test) == 0


def test_each_station_has_its_own_references_and_a_new_one_those_of_all():
    recipe = Recipe("rain", {"two_days": {}}, lead_days=1)
    borders = {"train_from": date(2012, 1, 3), "test_from": date(2015, 1, 1)}
    both = split(SHIPPED, recipe, **borders)
    alone = split(SEATTLE, recipe, **borders)
    here = both.test.stations == "Seattle"
    for reference in (Climatology, Persistence):
        found = reference.fit(both).forecast(both.test)
        np.testing.assert_array_equal(found[here], reference.fit(alone).forecast(alone.test))
        assert not np.array_equal(found[~here], found[here])

    new = Samples(["Oslo"], *(getattr(alone.test, of) for of in ("at", "dates", "x", "y", "last")))
    train = both.train
    expected = seasonal(train.dates, train.y[:, 0], 2, new.dates)[:, 1:]
    np.testing.assert_allclose(Climatology.fit(both).forecast(new), expected, atol=1e-5)


# --- persistence


def both_of(persistence, days):
    """Its probabilities and its answers."""
    return persistence.forecast(days), persistence.decision(days)


def days_within_2_degrees_of_the_day_before():
    """Counted in whole numbers, since in floating point 12.1 - 10.1 is more than 2: twentieths of a degree."""
    twentieths = [round(10 * day) for day in (SEATTLE["temperature_max"] + SEATTLE["temperature_min"])]
    changes = [abs(b - a) for a, b in itertools.pairwise(twentieths)]
    return sum(change <= 40 for change in changes[-365:])


def test_the_persistence_of_a_temperature_scores_as_published():
    splits, task = posed("regression", lead=1)
    for samples in (splits.train, splits.test):
        persistence = Persistence.fit(splits)
        again = persistence.forecast(samples)
        np.testing.assert_array_equal(again, persistence.decision(samples))
        np.testing.assert_array_equal(again[:, 0], samples.x[:, 1])  # yesterday's temperature
    found = scores(task, splits, splits.test, again)
    assert found["mae"] == pytest.approx(1.538, abs=5e-4)
    assert found["rmse"] == pytest.approx(1.944, abs=5e-4)
    assert found["accuracy"] == pytest.approx(days_within_2_degrees_of_the_day_before() / 365, abs=1e-6)
    trained = scores(task, splits, splits.train, persistence.forecast(splits.train))
    assert trained["loss"] == pytest.approx(3.6544881, abs=1e-7)


def share_like_the_day_before(of, first, last):
    today = SEATTLE.select("date", now=of, before=of.shift(1)).filter(pl.col("date").is_between(first, last))
    return (today["now"] == today["before"]).mean()


STATE = {"binary": pl.col("precipitation") > 0, "multiclass": pl.col("weather")}


@pytest.mark.parametrize("name", STATE)
def test_the_persistence_of_weather_is_right_on_the_share_of_days_like_the_day_before(name):
    splits, task = posed(name, lead=1)
    p, answer = both_of(Persistence.fit(splits), splits.test)
    found = scores(task, splits, splits.test, p, answer)
    expected = share_like_the_day_before(STATE[name], date(2015, 1, 1), date(2015, 12, 31))
    assert found["accuracy"] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("name", STATE)
def test_the_probability_of_persistence_stays_as_often_as_the_training_days_did(name):
    splits, _ = posed(name, lead=1)
    first, last = date(2012, 1, 3), date(2014, 12, 31)
    same = share_like_the_day_before(STATE[name], first, last)
    frequency = SEATTLE.filter(pl.col("date").is_between(first, last)).select(one=STATE[name])["one"]
    f = frequency.value_counts(sort=False, normalize=True).sort("one")["proportion"].to_numpy()
    stay = (same - np.sum(f**2)) / (1 - np.sum(f**2))

    p, answer = both_of(Persistence.fit(splits), splits.test)
    both = np.column_stack([1 - p, p]) if name == "binary" else p
    np.testing.assert_allclose(both.sum(axis=1), 1, rtol=1e-12)
    onehot = np.eye(len(f))[answer.astype(int).reshape(-1)]
    np.testing.assert_allclose(both, stay * onehot + (1 - stay) * f, rtol=1e-12)


def test_persistence_counts_only_days_between_classes_that_training_shows():
    kinds = [*["rain"] * 3, *["sun"] * 3, "hail", "hail", "sun", "sun", "rain", "hail", "sun"]
    dates = [date(2020, 1, 1) + timedelta(days=k) for k in range(len(kinds))]
    rows = {"station": "Oslo", "date": dates, "temperature_max": 1, "temperature_min": 0, "precipitation": 0}
    recipe, borders = Recipe("weather", {"harmonics": {}}, 1), {"validation_from": dates[6], "test_from": dates[10]}
    splits = split(check(pl.DataFrame(rows | {"weather": kinds}), "table"), recipe, **borders)
    # Before the test: 3 days of rain and 5 of sun, of which 6 had one of these before them, 5 times the same.
    f, usual = np.array([3, 5]) / 8, Climatology.fit(splits).forecast(splits.test)
    stay = (5 / 6 - f @ f) / (1 - f @ f)
    p, answer = both_of(Persistence.fit(splits), splits.test)
    after_sun, after_rain = (stay * np.eye(2)[k] + (1 - stay) * f for k in (1, 0))
    np.testing.assert_allclose(p, [after_sun, after_rain, usual[2]], rtol=1e-12)
    assert answer.tolist() == [1, 0, usual[2].argmax()]


def test_the_persistence_of_several_labels_is_each_label_s_own():
    splits, task = posed("multilabel", lead=1)
    p, answer = both_of(Persistence.fit(splits), splits.test)
    alone, _ = posed("binary", lead=1)
    own, own_answer = both_of(Persistence.fit(alone), alone.test)
    np.testing.assert_allclose(p[:, [1]], own, rtol=1e-12)
    np.testing.assert_array_equal(answer[:, [1]], own_answer)
    assert task.outputs[1] == "Seattle"


@pytest.mark.parametrize(("name", "unknown"), [("regression", np.nan), ("binary", np.nan), ("multiclass", -1)])
def test_where_nothing_is_known_before_the_climatology_stands_in(name, unknown):
    splits, _ = posed(name, lead=1)
    days = splits.test.since(date(2015, 7, 1))
    last = days.last.copy()
    last[::2] = unknown
    forgotten = replace(days, last=last)
    usual = Climatology.fit(splits).forecast(forgotten)
    p, answer = both_of(Persistence.fit(splits), forgotten)
    np.testing.assert_array_equal(p[::2], usual[::2])
    assert not np.isnan(p).any()
    np.testing.assert_array_equal(answer[1::2], days.last[1::2])
    if name == "multiclass":
        np.testing.assert_array_equal(answer[::2], usual[::2].argmax(axis=1))
    if name == "binary":
        np.testing.assert_array_equal(answer[::2], usual[::2] > 0.5)


# --- all three side by side


@pytest.mark.parametrize("name", TARGET)
def test_the_references_of_a_run_are_these_three_on_the_same_days(name):
    splits, task = posed(name, lead=1)
    references = References.fit(task, splits)
    found = references.forecasts(splits.test)
    best = references.optimum.weights.logits(task, splits.test.x)
    assert found.names == ("climatology", "persistence", "optimum")
    assert found.days is splits.test
    expected = {
        "climatology": (Climatology.fit(splits).forecast(splits.test), None),
        "persistence": both_of(Persistence.fit(splits), splits.test),
        "optimum": (task.activation(best).numpy(), task.decide(best).numpy()),
    }
    for one, (forecast, answer) in expected.items():
        np.testing.assert_allclose(found[one].forecast[0], forecast, rtol=1e-12)
        if answer is not None:
            np.testing.assert_array_equal(found[one].decision[0], answer)
    probable = found["climatology"].forecast[0]
    usual = probable if name == "regression" else probable.argmax(1) if name == "multiclass" else probable > 0.5
    np.testing.assert_array_equal(found["climatology"].decision[0], usual)
    np.testing.assert_allclose(task.activation(torch.as_tensor(found.logits)).numpy(), found.forecast, atol=1e-12)


# --- days on which one of two cities is unknown


@pytest.mark.parametrize("target", ["rain", "temperature"])
def test_references_of_a_city_are_those_of_its_own_known_days(target):
    splits = gappy.splits(f"{target}_by_station", ("harmonics",))
    usual, again = Climatology.fit(splits), Persistence.fit(splits)
    assert np.isnan(splits.test.y).any()
    for k, name in enumerate(splits.outputs):
        own = gappy.TABLE.filter(pl.col("station") == name)
        borders = {"train_from": date(2012, 1, 3), "validation_from": date(2014, 1, 1), "test_from": date(2015, 1, 1)}
        alone = split(own, Recipe(target, {"harmonics": {}}, 1), **borders)
        here = np.isin(splits.test.dates, alone.test.dates)
        for of_all, of_one in ((usual, Climatology.fit(alone)), (again, Persistence.fit(alone))):
            found = of_all.forecast(splits.test)[here, k]
            np.testing.assert_allclose(found, of_one.forecast(alone.test)[:, 0], rtol=1e-9)
