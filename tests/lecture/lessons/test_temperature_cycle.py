"""The same linear model bends when its inputs do."""

import pytest
from numpy.polynomial import Polynomial

TRAIN_MSE = {"line": 34.4400308, "parabola": 11.6993369, "one wave": 7.9076053, "two waves": 7.2307452}
TEST_RMSE = {"line": 6.043, "parabola": 3.611, "one wave": 3.042, "two waves": 2.899}


def test_waves_of_the_year_lift_the_line_s_limit(figures):
    assert figures["train_mse"] == pytest.approx(TRAIN_MSE, abs=2e-6)
    assert figures["explained"] == pytest.approx({k: 1 - v / 36.1571902 for k, v in TRAIN_MSE.items()}, abs=1e-6)
    assert figures["test_rmse"] == pytest.approx(TEST_RMSE, abs=6e-4)


def test_the_parabola_jumps_at_new_year_as_numpy_s_does(figures, days):
    parabola = Polynomial.fit(days["date"].dt.ordinal_day().to_numpy(), days["second"].to_numpy(), 2)
    jump = parabola(365) - parabola(1)
    assert figures["parabola_new_year_jump"] == pytest.approx(jump, abs=1e-6)
