"""The closed forms, beside numpy's and scipy's gradients from the file; what finite differences lose; the optimum."""

import numpy as np
import pytest
from scipy.special import expit, softmax

WEATHER = ["drizzle", "fog", "rain", "snow", "sun"]
EPS = np.finfo(float).eps


@pytest.fixture(scope="module")
def models(days):
    """A and y of each task."""

    def design(*columns):
        x = np.column_stack(columns)
        return np.column_stack([(x - x.mean(0)) / x.std(0), np.ones(len(x))])

    before, first, second = (days[name].to_numpy() for name in ("before", "first", "second"))
    today = design(first, second)
    rain = days["wet"].to_numpy().astype(float)
    weather = np.eye(5)[[WEATHER.index(one) for one in days["weather"]]]
    return {
        "regression": (design(before, first), second[:, None]),
        "binary": (today, rain[:, None]),
        "multiclass": (today, weather),
    }


FORECAST = {"regression": lambda z: z, "binary": expit, "multiclass": lambda z: softmax(z, axis=1)}
NAMES = list(FORECAST)


@pytest.mark.parametrize("name", NAMES)
def test_the_gradient_is_the_inputs_times_the_error(figures, models, name):
    a, y = models[name]
    theta = np.array(figures[name]["theta"])
    error = FORECAST[name](a @ theta.T) - y
    expected = (2 if name == "regression" else 1) * error.T @ a / len(a)
    np.testing.assert_allclose(figures[name]["gradient"], expected, rtol=1e-5, atol=1e-6)  # means kept in float32


@pytest.mark.parametrize("name", NAMES)
def test_autograd_is_exact_up_to_rounding(figures, name):
    assert figures[name]["autograd_error"] < 1e-13


@pytest.mark.parametrize("name", ["binary", "multiclass"])
def test_finite_differences_are_best_where_truncation_meets_rounding(figures, name):
    # the error h² + ε/h is least near ε^(1/3), h + ε/h near ε^(1/2)
    found = figures[name]
    assert EPS ** (1 / 3) / 30 < found["central_best_step"] < EPS ** (1 / 3) * 30
    assert found["central_best_error"] < 1e-9
    assert EPS ** (1 / 2) / 30 < found["forward_best_step"] < EPS ** (1 / 2) * 30
    assert 1e-10 < found["forward_best_error"] < 1e-6
    for side, order in (("central", 2), ("forward", 1)):
        errors = np.array(found[f"{side}_errors"])
        assert errors[-4] / errors[-7] == pytest.approx(10**order, rel=0.1)  # h = 0.1 and 0.01
        assert errors[0] > 1e4 * errors.min()


def test_the_central_difference_of_a_parabola_has_rounding_only(figures):
    errors = figures["regression"]["central_errors"]
    assert errors[-1] < 1e-13
    assert figures["regression"]["central_best_error"] < 1e-13


def test_at_the_optimum_the_probabilities_sum_to_the_days_with_rain(figures, models):
    a, y = models["binary"]
    end = figures["run"]
    assert end["events"] == y.sum() == 478
    assert end["expected"] == pytest.approx(478, abs=1e-2)
    assert end["start"] == pytest.approx(np.linalg.norm((0.5 - y).T @ a / len(a)), rel=1e-6)
    assert end["end"] < 1e-6 * end["start"]
