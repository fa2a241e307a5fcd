"""One softmax against one sigmoid a class: they differ in their sum, not in their calibration."""

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression


def test_they_are_as_good_and_as_calibrated_as_each_other(figures):
    softmax, sigmoids = figures["softmax"], figures["sigmoids"]
    assert softmax["train_loss"] == pytest.approx(0.9924306, abs=1e-6)
    assert sigmoids["train_loss"] == pytest.approx(0.9939017, abs=1e-7)
    assert sigmoids["train_loss_of_five"] == pytest.approx(1.7207875, abs=1e-7)
    assert (softmax["test_loss"], sigmoids["test_loss"]) == pytest.approx((1.122, 1.122), abs=5e-4)
    assert (softmax["accuracy"], sigmoids["accuracy"]) == pytest.approx((0.600, 0.600), abs=5e-4)
    assert softmax["calibration_error"] == pytest.approx(0.0658, abs=5e-5)
    assert sigmoids["calibration_error"] == pytest.approx(0.0656, abs=5e-5)


def test_the_sigmoids_sum_to_1_only_in_the_mean_of_the_training_days(figures):
    assert (figures["sum_least"], figures["sum_most"]) == pytest.approx((0.95, 1.22), abs=5e-3)
    assert figures["sum_train_mean"] == pytest.approx(1, abs=1e-7)


def test_scikit_learn_s_five_sigmoids_sum_to_the_same(run, figures, days_of, two_days):
    days = days_of(run)
    x, weather, test = two_days(days), days["weather"].to_numpy(), days["test"].to_numpy()
    sigmoid = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000)
    classes = [weather == name for name in np.unique(weather)]
    p = np.column_stack([sigmoid.fit(x[~test], one[~test]).predict_proba(x)[:, 1] for one in classes])
    sums = p[test].sum(axis=1)
    fog = figures["changed_train"], figures["changed_test"]
    assert fog == pytest.approx([np.mean(weather[some] == "fog") for some in (~test, test)])
    assert (figures["sum_least"], figures["sum_most"]) == pytest.approx((sums.min(), sums.max()), abs=1e-5)


def test_it_rains_in_both_cities_at_once(run, figures):
    table = pl.read_csv(run["data"]["file"], try_parse_dates=True).filter(pl.col("date").dt.year() == 2015)
    cities = table.group_by("date").agg(wet=(pl.col("precipitation") > 0).sum())["wet"]
    figures = figures["cities"]
    assert (figures["both"], figures["neither"]) == ((cities == 2).sum(), (cities == 0).sum())
    assert figures["sum_most"] > 1 > figures["sum_least"]
