"""The optimum against scikit-learn and published numbers; climatology and persistence against their definitions."""

import itertools
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from sklearn.linear_model import LinearRegression, LogisticRegression
from stratus.verification.scorer import score

from stratus import tasks
from stratus.data.recipe import Recipe
from stratus.data.samples import Samples
from stratus.data.splits import Splits, split
from stratus.data.table import read_csv, select
from stratus.verification.references import climatology, optimum, persistence

SHIPPED = read_csv(Path(__file__).parents[2] / "data" / "weather.csv")
SEATTLE = select(SHIPPED, ["Seattle"], "weather.csv")
TARGET = {
    "regression": "temperature",
    "binary": "rain",
    "multiclass": "weather",
    "multilabel": "rain_by_station",
}
PUBLISHED = {  # the exact least training loss of 2012 to 2014, of inputs standardised or not
    ("regression", "two_days", 1): 3.5541361,
    ("regression", "day_of_year", 0): 34.4400308,
    ("regression", "harmonics", 0): 7.2307452,
    ("regression", "two_days harmonics", 1): 3.0867366,
    ("binary", "two_days", 0): 0.6390691,
    ("binary", "two_days", 1): 0.6411107,
    ("binary", "quadratic", 0): 0.5916306,
    ("binary", "station harmonics", 0): 0.5370921,
    ("multiclass", "two_days", 0): 0.9924306,
}


def posed(name, features="two_days", lead=0):
    recipe = Recipe(TARGET[name], {one: {} for one in features.split()}, lead)
    rows = SHIPPED if name == "multilabel" else SEATTLE
    splits = split(rows, recipe, train_from=date(2012, 1, 3), test_from=date(2015, 1, 1))
    return splits, tasks.find(name).fitting(splits)


@cache
def fitted(name, features="two_days", lead=0):
    splits, task = posed(name, features, lead)
    return splits, task, *optimum(task, splits)


def scores(task, logits, samples, decision=None):
    return score(task, logits, torch.as_tensor(samples.y), decision)


def standardised(splits):
    mean, scale = splits.standardisation
    return (splits.train.x - mean) / scale


# --- the optimum


@pytest.mark.parametrize(("name", "features", "lead"), PUBLISHED)
def test_the_optimum_is_the_published_least_loss(name, features, lead):
    splits, task, best, attained = fitted(name, features, lead)
    assert attained
    loss = scores(task, best.logits(task, splits.train.x), splits.train)["loss"]
    assert loss == pytest.approx(PUBLISHED[name, features, lead], abs=1e-7)


def test_the_optimum_has_the_published_coefficients():
    *_, temperature, _ = fitted("regression", lead=1)
    assert temperature.bias.tolist() == pytest.approx([12.080027], abs=1e-6)
    assert temperature.weight[0].tolist() == pytest.approx([-0.358642, 6.049211], abs=1e-6)  # d-2, d-1
    *_, rain, _ = fitted("binary")
    assert rain.bias.tolist() == pytest.approx([-0.279357], abs=1e-6)
    assert rain.weight[0].tolist() == pytest.approx([0.144160, -0.782538], abs=2e-6)


@pytest.mark.parametrize("features", ["two_days", "harmonics"])
def test_linear_regression_is_scikit_learn_s(features):
    splits, _, best, _ = fitted("regression", features, 1)
    expected = LinearRegression().fit(standardised(splits), splits.train.y)
    np.testing.assert_allclose(best.weight, expected.coef_, rtol=1e-6)
    np.testing.assert_allclose(best.bias, expected.intercept_, rtol=1e-6)


def logistic(x, y):
    return LogisticRegression(C=np.inf, tol=1e-10, max_iter=10_000).fit(x, y)


@pytest.mark.parametrize("features", ["two_days", "quadratic", "station harmonics"])
def test_logistic_regression_is_scikit_learn_s(features):
    splits, task, best, _ = fitted("binary", features, 0)
    expected = logistic(standardised(splits), splits.train.y[:, 0])
    # the inputs' scale is kept in float32
    np.testing.assert_allclose(best.weight, expected.coef_, atol=1e-5)
    np.testing.assert_allclose(best.bias, expected.intercept_, atol=1e-5)
    found = torch.sigmoid(best.logits(task, splits.test.x))[:, 0]
    np.testing.assert_allclose(found, expected.predict_proba(standardised_test(splits))[:, 1], atol=1e-6)


def standardised_test(splits):
    mean, scale = splits.standardisation
    return (splits.test.x - mean) / scale


def test_softmax_regression_is_scikit_learn_s():
    splits, task, best, _ = fitted("multiclass")
    expected = logistic(standardised(splits), splits.train.y)
    found = torch.softmax(best.logits(task, splits.test.x), 1)
    np.testing.assert_allclose(found, expected.predict_proba(standardised_test(splits)), atol=1e-6)


def test_the_multi_label_optimum_is_one_independent_fit_a_label():
    splits, task, best, attained = fitted("multilabel")
    assert attained
    x, losses = standardised(splits), []
    for k, y in enumerate(splits.train.y.T):
        expected = logistic(x, y)
        np.testing.assert_allclose(best.weight[k], expected.coef_[0], atol=1e-5)
        p = expected.predict_proba(x)[:, 1]
        losses.append(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))
    loss = scores(task, best.logits(task, splits.train.x), splits.train)["loss"]
    assert loss == pytest.approx(sum(losses), abs=1e-9)


@pytest.mark.parametrize("name", TARGET)
def test_at_the_optimum_errors_sum_to_zero_alone_and_weighted_by_each_input(name):
    splits, task, best, _ = fitted(name)
    forecast = task.activation(best.logits(task, splits.train.x)).numpy()
    y = np.eye(len(splits.outputs))[splits.train.y] if name == "multiclass" else splits.train.y
    error = (forecast - y) / len(y)
    np.testing.assert_allclose(error.sum(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(standardised(splits).T @ error, 0, atol=1e-6)


def test_no_weights_beat_the_optimum():
    splits, task, best, _ = fitted("multiclass")
    least = scores(task, best.logits(task, splits.train.x), splits.train)["loss"]
    generator = torch.Generator().manual_seed(0)
    for size in (1e-3, 1e-2, 1.0):
        change = size * torch.randn(best.weight.shape, generator=generator, dtype=torch.float64)
        moved = type(best)(best.weight + change, best.bias)
        assert scores(task, moved.logits(task, splits.train.x), splits.train)["loss"] > least


def line(name, outputs, x, y):
    """Splits of one input, the same days for training and testing."""
    days = np.datetime64("2020-01-01") + np.arange(len(x))
    samples = Samples(["Oslo"], np.zeros(len(x), int), days, x[:, None], y, y)
    return Splits(Recipe(TARGET[name], {"two_days": {}}), ["x"], ["1"], outputs, samples, None, samples)


SLOPE = np.linspace(-1, 1, 40)


@pytest.mark.parametrize(
    ("name", "outputs", "y"),
    [
        ("binary", ["rain"], (SLOPE > 0)[:, None].astype(float)),
        ("multiclass", ["fog", "rain", "sun"], np.digitize(SLOPE, [-0.3, 0.3])),
        ("multilabel", ["Bergen", "Oslo"], np.column_stack([SLOPE > 0, np.abs(SLOPE) > 0.5]).astype(float)),
    ],
)
def test_a_boundary_without_error_leaves_no_minimum_to_reach(name, outputs, y):
    splits = line(name, outputs, SLOPE, y)
    _, attained = optimum(tasks.find(name).fitting(splits), splits)
    assert not attained


def test_classes_that_overlap_in_a_single_day_do_have_a_minimum():
    y = (SLOPE > 0).astype(float)
    y[0] = 1
    splits = line("binary", ["rain"], SLOPE, y[:, None])
    best, attained = optimum(tasks.find("binary").fitting(splits), splits)
    assert attained
    expected = logistic(standardised(splits), y)
    np.testing.assert_allclose(best.weight, expected.coef_, atol=1e-5)


def test_an_input_given_twice_changes_nothing_but_how_weight_is_shared():
    splits, task, best, attained = fitted("binary", "two_days quadratic")
    assert attained
    loss = scores(task, best.logits(task, splits.train.x), splits.train)["loss"]
    assert loss == pytest.approx(PUBLISHED["binary", "quadratic", 0], abs=1e-7)


# --- climatology


def test_the_climatology_of_a_temperature_scores_as_published():
    splits, task = posed("regression", lead=1)
    usual = torch.as_tensor(climatology(splits)(splits.test))
    found = scores(task, usual, splits.test)
    assert found["mae"] == pytest.approx(2.304, abs=5e-4)
    assert found["rmse"] == pytest.approx(2.899, abs=5e-4)
    assert found["accuracy"] == pytest.approx(0.529, abs=5e-4)
    trained = scores(task, torch.as_tensor(climatology(splits)(splits.train)), splits.train)
    assert trained["loss"] == pytest.approx(7.2307452, abs=1e-7)


def test_the_climatology_of_rain_scores_as_published():
    splits, task = posed("binary")
    p = torch.as_tensor(climatology(splits)(splits.test))
    found = scores(task, task.link(p), splits.test)
    assert found["accuracy"] == pytest.approx(0.677, abs=5e-4)
    # published for frequencies as they are; half a day of each class is added here
    assert found["brier"] == pytest.approx(0.2029, abs=2e-4)


def test_the_climatology_of_five_classes_scores_as_published():
    splits, task = posed("multiclass")
    for samples, loss, within in ((splits.train, 0.9749974, 1e-7), (splits.test, 1.115, 5e-4)):
        p = climatology(splits)(samples)
        np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-12)
        found = scores(task, task.link(torch.as_tensor(p)), samples)
        assert found["loss"] == pytest.approx(loss, abs=within)
    assert found["accuracy"] == pytest.approx(0.625, abs=5e-4)


@pytest.mark.parametrize(("name", "happens"), [("binary", None), ("multiclass", "fog")])
def test_the_climatology_of_a_month_is_its_share_of_days_with_half_a_day_of_each_class_added(name, happens):
    splits, _ = posed(name)
    event = pl.col("weather") == happens if happens else pl.col("precipitation") > 0
    training = SEATTLE.filter(pl.col("date").is_between(date(2012, 1, 3), date(2014, 12, 31)))
    classes = len(splits.outputs) if happens else 2
    share = (event.sum() + 0.5) / (pl.len() + 0.5 * classes)
    monthly = dict(training.group_by(pl.col("date").dt.month()).agg(share).iter_rows())
    column = splits.outputs.index(happens) if happens else 0
    expected = [monthly[day.item().month] for day in splits.test.dates]
    np.testing.assert_allclose(climatology(splits)(splits.test)[:, column], expected, rtol=1e-12)


def test_each_station_has_its_own_climatology_and_a_new_one_that_of_all():
    recipe = Recipe("rain", {"two_days": {}})
    borders = {"train_from": date(2012, 1, 3), "test_from": date(2015, 1, 1)}
    both = split(SHIPPED, recipe, **borders)
    alone = split(SEATTLE, recipe, **borders)
    here = both.test.stations == "Seattle"
    usual = climatology(both)(both.test)
    np.testing.assert_array_equal(usual[here], climatology(alone)(alone.test))
    assert not np.array_equal(usual[~here], usual[here])

    new = Samples(["Oslo"], *(getattr(alone.test, of) for of in ("at", "dates", "x", "y", "last")))
    wet = SHIPPED.filter(
        pl.col("date").is_between(date(2012, 1, 3), date(2014, 12, 31)), pl.col("date").dt.month() == 1
    )
    january = ((wet["precipitation"] > 0).sum() + 0.5) / (wet.height + 1)
    assert climatology(both)(new)[0, 0] == pytest.approx(january, rel=1e-12)


# --- persistence


def days_within_2_degrees_of_the_day_before():
    """Counted in whole numbers, since in floating point 12.1 - 10.1 is more than 2: twentieths of a degree."""
    twentieths = [round(10 * day) for day in (SEATTLE["temperature_max"] + SEATTLE["temperature_min"])]
    changes = [abs(b - a) for a, b in itertools.pairwise(twentieths)]
    return sum(change <= 40 for change in changes[-365:])


def test_the_persistence_of_a_temperature_scores_as_published():
    splits, task = posed("regression", lead=1)
    for samples in (splits.train, splits.test):
        again, answer = persistence(splits)(samples)
        np.testing.assert_array_equal(again, answer)
        np.testing.assert_array_equal(again[:, 0], samples.x[:, 1])  # yesterday's temperature
    found = scores(task, torch.as_tensor(again), splits.test)
    assert found["mae"] == pytest.approx(1.538, abs=5e-4)
    assert found["rmse"] == pytest.approx(1.944, abs=5e-4)
    assert found["accuracy"] == pytest.approx(days_within_2_degrees_of_the_day_before() / 365, abs=1e-6)
    trained = scores(task, torch.as_tensor(persistence(splits)(splits.train)[0]), splits.train)
    assert trained["loss"] == pytest.approx(3.6544881, abs=1e-7)


def share_like_the_day_before(of, first, last):
    today = SEATTLE.select("date", now=of, before=of.shift(1)).filter(pl.col("date").is_between(first, last))
    return (today["now"] == today["before"]).mean()


STATE = {"binary": pl.col("precipitation") > 0, "multiclass": pl.col("weather")}


@pytest.mark.parametrize("name", STATE)
def test_the_persistence_of_weather_is_right_on_the_share_of_days_like_the_day_before(name):
    splits, task = posed(name, lead=1)
    p, answer = persistence(splits)(splits.test)
    found = scores(task, task.link(torch.as_tensor(p)), splits.test, torch.as_tensor(answer))
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

    p, answer = persistence(splits)(splits.test)
    both = np.column_stack([1 - p, p]) if name == "binary" else p
    np.testing.assert_allclose(both.sum(axis=1), 1, rtol=1e-12)
    onehot = np.eye(len(f))[answer.astype(int).reshape(-1)]
    np.testing.assert_allclose(both, stay * onehot + (1 - stay) * f, rtol=1e-12)


def test_the_persistence_of_several_labels_is_each_label_s_own():
    splits, task = posed("multilabel", lead=1)
    p, answer = persistence(splits)(splits.test)
    alone, _ = posed("binary", lead=1)
    own, own_answer = persistence(alone)(alone.test)
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
    usual = climatology(splits)(forgotten)
    p, answer = persistence(splits)(forgotten)
    np.testing.assert_array_equal(p[::2], usual[::2])
    assert not np.isnan(p).any()
    np.testing.assert_array_equal(answer[1::2], days.last[1::2])
    if name == "multiclass":
        np.testing.assert_array_equal(answer[::2], usual[::2].argmax(axis=1))
    if name == "binary":
        np.testing.assert_array_equal(answer[::2], usual[::2] > 0.5)
