"""Intervals from resampled blocks of days: against the known variance of a mean, and how often they hold the truth."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from stratus.data.weeks import circular_blocks
from stratus.scores.bootstrap import Bootstrap, interval, level

seeds = st.integers(0, 2**32 - 1)


def dates(n):
    return np.datetime64("2015-01-01") + np.arange(n)


def weather(draw, series, n, persistence):
    """Series [series, n] of a first-order autoregression with mean 0 and variance 1."""
    x = draw.normal(size=(series, n))
    for t in range(1, n):
        x[:, t] = persistence * x[:, t - 1] + np.sqrt(1 - persistence**2) * x[:, t]
    return x


def means(values, days=None, block=7, **options):
    bootstrap = Bootstrap(**options)
    bootstrap.update(dates(len(values)) if days is None else days, {"x": values})
    return bootstrap.means(block)["x"]


# --- the draw


@given(st.integers(1, 60), st.integers(1, 9), seeds)
def test_each_resample_has_as_many_days_as_there_are(days, block, seed):
    (counts,) = circular_blocks(days, 20, seed, block)
    assert counts.shape == (20, days)
    assert (counts.sum(1) == days).all()


def test_each_day_is_as_likely_as_any_other_the_first_and_last_too():
    often = np.mean(np.concatenate(list(circular_blocks(30, 20_000, seed=1))), axis=0)
    assert often == pytest.approx(np.ones(30), abs=0.05)


def test_days_are_drawn_in_blocks_of_consecutive_ones_the_last_followed_by_the_first():
    (counts,) = circular_blocks(70, 200, seed=1, block=70)
    assert (counts == 1).all()
    (counts,) = circular_blocks(14, 200, seed=1)  # two blocks of seven: a day less than its neighbour before it
    for row in counts:
        edges = np.diff(np.append(row, row[0]))
        assert (edges > 0).sum() <= 2
        assert (edges < 0).sum() <= 2


def test_the_same_seed_draws_the_same_days_and_another_others():
    one, again, other = (np.concatenate(list(circular_blocks(365, 300, seed))) for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


# --- the spread of a mean


@pytest.mark.parametrize("persistence", [0.0, 0.6])
@pytest.mark.parametrize("block", [1, 7])
def test_the_variance_of_the_resampled_mean_is_its_closed_form(persistence, block):
    # Given the data: Σ (1 - |k|/l) cₖ / n over |k| < l, cₖ the circular autocovariance (Politis & Romano, 1992).
    (x,) = weather(np.random.default_rng(1), 1, 364, persistence)
    deviation = x - x.mean()
    lags = np.arange(1 - block, block)
    covariance = np.array([np.mean(deviation * np.roll(deviation, k)) for k in lags])
    expected = ((1 - abs(lags) / block) * covariance).sum() / len(x)
    assert means(x, resamples=10_000, block=block).var() == pytest.approx(expected, rel=0.05)


def test_the_spread_of_independent_days_is_the_standard_error():
    draw = np.random.default_rng(2)
    found = np.mean([means(x, resamples=400).var() for x in weather(draw, 60, 365, 0.0)])
    assert np.sqrt(found) == pytest.approx(1 / np.sqrt(365), rel=0.05)


def test_persistent_weather_makes_the_spread_wider_than_the_standard_error():
    # The variance of the mean of an autoregression is (1 + φ)/(1 - φ) of the independent one; blocks see most of it.
    draw = np.random.default_rng(3)
    found = np.mean([means(x, resamples=400).var() for x in weather(draw, 60, 365, 0.5)]) * 365
    assert 2 < found < 3


def coverage(persistence, **options):
    draw = np.random.default_rng(4)
    ends = [interval(means(x, resamples=300, **options)) for x in weather(draw, 200, 365, persistence)]
    return np.mean([low < 0 < high for low, high in ends])


def test_an_interval_holds_the_truth_about_as_often_as_it_says():
    assert 0.90 <= coverage(0.0) <= 0.98
    assert 0.87 <= coverage(0.4) <= 0.98


def test_single_days_drawn_apart_would_promise_too_much():
    assert coverage(0.4, block=1) < 0.85


# --- what is drawn together


def test_stations_of_a_date_are_drawn_together_and_in_any_order():
    draw = np.random.default_rng(5)
    (x,) = weather(draw, 1, 365, 0.3)
    one = means(x)
    shuffled = draw.permutation(730)
    twice = means(np.tile(x, 2)[shuffled], np.tile(dates(365), 2)[shuffled])
    assert twice == pytest.approx(one, abs=1e-12)


def test_samples_that_come_in_parts_are_drawn_as_if_they_came_at_once():
    draw = np.random.default_rng(9)
    x, cells, days = draw.normal(size=730), draw.normal(size=(730, 2, 3)), np.repeat(dates(365), 2)
    whole, parts = Bootstrap(), Bootstrap()
    whole.update(days, {"x": x, "cells": cells})
    for here in (slice(0, 1), slice(1, 500), slice(500, 730)):
        parts.update(days[here], {"x": x[here], "cells": cells[here]})
    for name, values in parts.means(7).items():
        np.testing.assert_allclose(values, whole.means(7)[name], atol=1e-12)
    assert whole.means(7)["cells"].mean(0) == pytest.approx(cells.mean(0), abs=0.02)
    for name, values in parts.departures().items():
        np.testing.assert_allclose(values, whole.departures()[name], atol=1e-12)
    assert parts.departures()["x"] == pytest.approx((x - x.mean()).reshape(365, 2).sum(1))


def test_some_forecasters_are_drawn_as_all_are():
    bootstrap, values = Bootstrap(), np.random.default_rng(11).normal(size=(365, 4, 2))
    bootstrap.update(dates(365), {"own": values, "shared": values[:, :1], "x": values[:, 0, 0]})
    every, some = bootstrap.means(12), bootstrap.means(12, np.array([3, 1]))
    np.testing.assert_allclose(some["own"], every["own"][:, [3, 1]])
    np.testing.assert_allclose(some["shared"], every["shared"])
    np.testing.assert_allclose(some["x"], every["x"])


def test_a_date_with_more_stations_counts_more():
    often = np.r_[np.zeros(300), np.ones(100)]  # from 100 dates with one station each, and 100 with three
    found = means(often, np.r_[np.repeat(dates(100), 3), dates(200)[100:]])
    assert found.mean() == pytest.approx(0.25, abs=0.02)


def test_two_forecasts_of_the_same_days_are_drawn_alike():
    x = np.random.default_rng(6).normal(size=365)
    less = means(x + 0.25) - means(x)
    assert interval(less) == pytest.approx((0.25, 0.25))
    assert np.ptp(means(x)) > 0.1


def test_fewer_dates_than_four_blocks_make_no_interval():
    assert np.isfinite(means(np.arange(28.0))).all()
    assert np.isnan(interval(means(np.arange(27.0)))).all()


def test_the_ends_of_many_scores_are_those_of_each():
    values = np.random.default_rng(10).normal(size=(3, 2, 500))
    values[1, 1, :25] = np.nan  # a twentieth
    values[0, 1, :24] = np.nan
    ends = interval(values)
    assert ends.shape == (3, 2, 2)
    assert np.isnan(ends[1, 1]).all()
    assert np.isfinite(np.delete(ends.reshape(6, 2), 3, axis=0)).all()
    assert ends[2, 0] == pytest.approx(np.quantile(values[2, 0], [0.025, 0.975]))
    assert ends[0, 1] == pytest.approx(np.quantile(values[0, 1, 24:], [0.025, 0.975]))
    assert interval(values[0, 1]) == pytest.approx(ends[0, 1])


@pytest.mark.parametrize("block", [4, 20, 40])
def test_the_level_is_that_of_a_mean_over_its_spread_as_bartlett_s_weights_estimate_it(block):
    days, x = 200, np.random.default_rng(12).normal(size=(20_000, 200))
    mean = x.mean(1, keepdims=True)
    sums = np.cumsum(np.pad(x - mean, [(0, 0), (block, block)]), axis=1)
    variance = ((sums[:, block:] - sums[:, :-block]) ** 2).sum(1) / (days * block)  # days · that of the mean
    found = np.quantile(abs(mean[:, 0]) * np.sqrt(days / variance), 0.95)
    assert norm.ppf((1 + level(block, days)) / 2) == pytest.approx(found / np.sqrt(1 - block / days), rel=0.03)


def test_an_interval_leaves_a_fortieth_on_either_side():
    assert interval(np.random.default_rng(7).permutation(4001) / 4000) == pytest.approx((0.025, 0.975))


def test_two_thousand_resamples_of_a_year_cost_milliseconds():
    values = np.random.default_rng(8).normal(size=(365, 20))
    start = time.process_time()
    assert means(values).shape == (2000, 20)
    assert time.process_time() - start < 1  # some 20 ms
