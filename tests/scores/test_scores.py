"""Scores against scikit-learn and against values worked out by hand."""

import doctest
import math
import pkgutil
from importlib import import_module

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    log_loss,
    mean_absolute_error,
    precision_score,
    recall_score,
)

from stratus import scores
from stratus.scores.metrics import Accuracy, Bias, Brier, LogLoss, RankedProbability, class_scores

DAYS = 300
CLASSES = 4
seeds = st.integers(0, 2**32 - 1)
quickly = settings(max_examples=25, deadline=None)


def events(seed, labels=1):
    draw = np.random.default_rng(seed)
    p = draw.uniform(0.01, 0.99, (DAYS, labels))
    return p, (draw.uniform(size=p.shape) < p).astype(float)


def categories(seed):
    draw = np.random.default_rng(seed)
    p = draw.dirichlet(np.ones(CLASSES), DAYS) * 0.98 + 0.02 / CLASSES
    return p, draw.integers(0, CLASSES, DAYS)


def result(metric, forecast, y):
    metric.update(torch.as_tensor(forecast), torch.as_tensor(y))
    return metric.compute().item()


def test_the_examples_in_the_docstrings_hold():
    tried = [
        doctest.testmod(import_module(f"stratus.scores.{module.name}"), extraglobs={"torch": torch})
        for module in pkgutil.iter_modules(scores.__path__)
    ]
    assert sum(one.attempted for one in tried) >= 25
    assert sum(one.failed for one in tried) == 0


@given(seeds)
@quickly
def test_brier_and_log_loss_of_an_event_are_scikit_learn_s(seed):
    p, y = events(seed)
    assert result(Brier(), p, y) == pytest.approx(brier_score_loss(y[:, 0], p[:, 0]), rel=1e-5)
    assert result(LogLoss(), p, y) == pytest.approx(log_loss(y[:, 0], p[:, 0]), rel=1e-5)


@given(seeds)
@quickly
def test_brier_and_log_loss_of_labels_are_the_mean_of_each_label_s(seed):
    p, y = events(seed, labels=3)
    each = list(zip(y.T, p.T, strict=True))
    assert result(Brier(), p, y) == pytest.approx(np.mean([brier_score_loss(*one) for one in each]), rel=1e-5)
    assert result(LogLoss(), p, y) == pytest.approx(np.mean([log_loss(*one) for one in each]), rel=1e-5)


@given(seeds)
@quickly
def test_brier_of_a_category_sums_over_the_classes_and_log_loss_takes_the_true_one(seed):
    p, y = categories(seed)
    summed = sum(brier_score_loss(y == one, p[:, one]) for one in range(CLASSES))
    assert result(Brier(), p, y) == pytest.approx(summed, rel=1e-5)
    assert result(LogLoss(), p, y) == pytest.approx(log_loss(y, p, labels=range(CLASSES)), rel=1e-5)


@given(seeds)
@quickly
def test_the_ranked_probability_score_is_the_sum_of_the_brier_scores_of_not_exceeding_each_class(seed):
    p, y = categories(seed)
    below = [brier_score_loss(y <= k, np.minimum(p[:, : k + 1].sum(1), 1)) for k in range(CLASSES - 1)]
    assert result(RankedProbability(), p, y) == pytest.approx(sum(below), rel=1e-5)
    assert 0 <= result(RankedProbability(), p, y) <= CLASSES - 1


@given(seeds)
@quickly
def test_of_two_classes_the_ranked_probability_score_is_half_of_the_sum_that_brier_takes(seed):
    p, y = events(seed)
    both = np.hstack([1 - p, p])
    found = result(RankedProbability(), both, y[:, 0].astype(int))
    assert found == pytest.approx(brier_score_loss(y[:, 0], p[:, 0]), rel=1e-5)
    assert found == pytest.approx(result(Brier(), both, y[:, 0].astype(int)) / 2, rel=1e-5)


def test_a_certain_forecast_costs_nothing_and_a_certainly_wrong_one_a_finite_amount():
    right, wrong = [[0.0, 1.0]], [[1.0, 0.0]]
    assert result(Brier(), right, [1]) == 0
    assert result(LogLoss(), right, [1]) == 0
    assert result(Brier(), wrong, [1]) == 2  # the worst of a category; of an event it is 1
    worst = -math.log(torch.finfo(torch.float32).eps)
    assert result(LogLoss(), wrong, [1]) == pytest.approx(worst)
    assert result(LogLoss(), [[1.0]], [[0.0]]) == pytest.approx(worst)


def within(tolerance):
    return Accuracy(lambda forecast, y: (forecast - y).abs() <= tolerance)


def test_a_forecast_at_the_tolerance_is_still_within_it():
    forecast, y = [[10.0], [10.0], [10.0], [10.0]], [[12.0], [8.0], [12.5], [7.0]]
    assert result(within(2.0), forecast, y) == 0.5
    assert result(within(2.5), forecast, y) == 0.75


@given(seeds, st.floats(0.1, 3))
@quickly
def test_within_tolerance_and_bias_are_shares_and_means_of_the_errors(seed, tolerance):
    y, forecast = np.random.default_rng(seed).normal(size=(2, DAYS, 2)).astype(np.float32)
    # Errors a hair above the tolerance may count: numbers in tenths are rounded in float32.
    least, most = (np.mean(np.abs(forecast - y) <= tolerance + hair) for hair in (0, 2e-5))
    assert least - 1e-6 <= result(within(tolerance), forecast, y) <= most + 1e-6
    assert result(Bias(), forecast, y) == pytest.approx(np.mean(forecast) - np.mean(y), abs=1e-5)


def test_the_bias_of_a_forecast_that_is_too_warm_is_positive_and_no_absolute_error():
    forecast, y = [[3.0], [1.0]], [[1.0], [2.0]]
    assert result(Bias(), forecast, y) == 0.5
    assert mean_absolute_error(y, forecast) == 1.5


@given(seeds)
@quickly
def test_the_scores_of_a_class_are_scikit_learn_s(seed):
    p, y = (column[:, 0] for column in events(seed))
    found = class_scores(*map(torch.as_tensor, (p > 0.5, p, y)))
    assert found == pytest.approx(
        {
            "days": y.sum(),
            "recall": recall_score(y, p > 0.5, zero_division=np.nan),
            "precision": precision_score(y, p > 0.5, zero_division=np.nan),
            "average_precision": average_precision_score(y, p),
        },
        rel=1e-5,
        nan_ok=True,
    )


def test_a_class_that_never_came_has_no_recall_and_one_never_decided_on_no_precision():
    never, always, p = torch.zeros(3), torch.ones(3), torch.tensor([0.1, 0.2, 0.3])
    unseen, unforecast = class_scores(always, p, never), class_scores(never, p, always)
    assert math.isnan(unseen["recall"])
    assert math.isnan(unseen["average_precision"])
    assert (unseen["precision"], unseen["days"]) == (0, 0)
    assert math.isnan(unforecast["precision"])
    assert (unforecast["recall"], unforecast["average_precision"]) == (0, 1)


@pytest.mark.parametrize(
    ("metric", "forecast_and_truth"),
    [
        (Brier, events(1)),
        (Brier, categories(1)),
        (LogLoss, events(2, labels=3)),
        (LogLoss, categories(2)),
        (lambda: within(0.5), events(3)),
        (Bias, events(4)),
        (RankedProbability, categories(5)),
    ],
)
def test_a_score_in_unequal_pieces_equals_the_whole(metric, forecast_and_truth):
    forecast, y = map(torch.as_tensor, forecast_and_truth)
    pieces = metric()
    for part in zip(forecast.split([1, 100, DAYS - 101]), y.split([1, 100, DAYS - 101]), strict=True):
        pieces.update(*part)
    assert pieces.compute().item() == pytest.approx(result(metric(), forecast, y), rel=1e-5)
