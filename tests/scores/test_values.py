"""Scores of forecasts that are numbers, against scikit-learn and their definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import mean_absolute_error, mean_squared_error

from stratus.scores import values

seeds = st.integers(0, 2**32 - 1)


@given(seeds)
def test_the_means_over_the_days_are_scikit_learn_s(seed):
    y, forecast = np.random.default_rng(seed).normal(size=(2, 300, 2))
    assert values.absolute_error(forecast, y).mean() == pytest.approx(mean_absolute_error(y, forecast))
    assert values.squared_error(forecast, y).mean() == pytest.approx(mean_squared_error(y, forecast))
    assert values.error(forecast, y).mean() == pytest.approx(forecast.mean() - y.mean())


def test_the_bias_of_a_forecast_that_is_too_warm_is_positive_and_no_absolute_error():
    forecast, y = np.array([[3.0], [1.0]]), np.array([[1.0], [2.0]])
    assert values.error(forecast, y).mean() == 0.5
    assert values.absolute_error(forecast, y).mean() == 1.5


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_a_forecast_at_the_tolerance_is_still_within_it(kind):
    forecast, y = np.full(4, 12.1, kind), np.array([10.1, 14.1, 14.2, 10.0], kind)  # 12.1 - 10.1 is more than 2
    assert values.within(forecast, y, 2.0).tolist() == [True, True, False, False]
    assert values.within(forecast, y, 2.1).all()


@given(seeds, st.floats(0.1, 3))
def test_within_the_tolerance_are_the_errors_up_to_it(seed, tolerance):
    y, forecast = np.random.default_rng(seed).normal(size=(2, 300, 2))
    # Errors a hair above the tolerance may count: numbers in tenths are rounded in float32.
    least, most = (np.abs(forecast - y) <= tolerance + hair for hair in (0, 2e-5))
    found = values.within(forecast, y, tolerance)
    assert (least <= found).all()
    assert (found <= most).all()
