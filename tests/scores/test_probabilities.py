"""Scores of probabilities, against scikit-learn and values worked out by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from stratus.scores.probabilities import brier, indicators, log_loss

seeds = st.integers(0, 2**32 - 1)


def test_a_class_index_becomes_a_unit_vector_and_events_stay():
    p = np.zeros((2, 3))
    assert indicators(p, np.array([2, 0])).tolist() == [[0, 0, 1], [1, 0, 0]]
    assert indicators(p, np.array([[1, 0, 1], [0, 0, 1]])).tolist() == [[1, 0, 1], [0, 0, 1]]


@given(seeds, st.integers(1, 3))
def test_brier_and_log_loss_of_events_are_the_mean_of_scikit_learn_s_of_each_label(events, seed, labels):
    p, y = events(seed, labels)
    each = list(zip(y.T, p.T, strict=True))
    assert brier(p, y).mean() == pytest.approx(np.mean([metrics.brier_score_loss(*one) for one in each]))
    assert log_loss(p, y).mean() == pytest.approx(np.mean([metrics.log_loss(*one) for one in each]))


@given(seeds)
def test_brier_of_a_category_sums_over_the_classes_and_log_loss_takes_the_true_one(categories, seed):
    p, y = categories(seed)
    classes = range(p.shape[1])
    summed = sum(metrics.brier_score_loss(y == one, p[:, one]) for one in classes)
    assert brier(p, y).mean() == pytest.approx(summed)
    assert log_loss(p, y).mean() == pytest.approx(metrics.log_loss(y, p, labels=classes))


def test_a_certain_forecast_costs_nothing_and_a_certainly_wrong_one_a_finite_amount():
    right, wrong, came = np.array([[0.0, 1.0]]), np.array([[1.0, 0.0]]), np.array([1])
    assert brier(right, came) == 0
    assert log_loss(right, came) == 0
    assert brier(wrong, came) == 2  # the worst of a category; of an event it is 1
    worst = -math.log(np.finfo(np.float32).eps)
    assert log_loss(wrong, came) == pytest.approx(worst)
    assert log_loss(np.array([[1.0]]), np.array([[0.0]])) == pytest.approx(worst)
    assert log_loss(np.array([[0.0]]), np.array([[1.0]])) == pytest.approx(worst)
