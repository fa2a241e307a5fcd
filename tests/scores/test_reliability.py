"""What the Brier score is made of, against scikit-learn and Murphy's own formula."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from stratus.scores.probabilities import indicators
from stratus.scores.reliability import bin_sums, calibration_error, parts, points

DAYS = 300
seeds = st.integers(0, 2**32 - 1)


def overconfident(seed):
    """Probabilities of an event that mean less than they say, and events."""
    draw = np.random.default_rng(seed)
    p = draw.uniform(size=(DAYS, 1))
    return p, (draw.uniform(size=p.shape) < 0.3 + 0.3 * p).astype(float)


def parted(p, y):
    """Reliability, resolution and uncertainty."""
    return list(parts(bin_sums(p, indicators(p, y)), y.size).values())


@given(seeds)
def test_the_parts_of_an_event_s_brier_score_add_up_to_scikit_learn_s(seed):
    p, y = overconfident(seed)
    reliability, resolution, uncertainty = parted(p, y)
    assert reliability - resolution + uncertainty == pytest.approx(brier_score_loss(y[:, 0], p[:, 0]), abs=1e-12)


@given(seeds)
def test_the_parts_add_up_over_labels_and_over_the_classes_of_a_category(events, categories, seed):
    for p, y in (events(seed, labels=3), categories(seed)):
        reliability, resolution, uncertainty = parted(p, y)
        brier = ((p - (np.eye(p.shape[1])[y] if y.ndim == 1 else y)) ** 2).sum() / y.size
        assert reliability - resolution + uncertainty == pytest.approx(brier, abs=1e-12)
        assert reliability >= 0
        assert 0 <= uncertainty <= (1 if y.ndim == 1 else 0.25)


@given(seeds)
def test_where_forecasts_in_a_bin_are_equal_the_parts_are_murphy_s(seed):
    draw = np.random.default_rng(seed)
    said = (np.arange(10) + draw.uniform(0.1, 0.9, 10)) / 10
    p = draw.choice(said, (DAYS, 1))
    y = (draw.uniform(size=p.shape) < p**2).astype(float)
    groups = [y[p == one] for one in said if (p == one).any()]
    told = [one for one in said if (p == one).any()]
    weight = [len(group) / DAYS for group in groups]
    frequency = [group.mean() for group in groups]
    reliability = np.average((np.array(told) - frequency) ** 2, weights=weight)
    resolution = np.average((np.array(frequency) - y.mean()) ** 2, weights=weight)
    assert parted(p, y) == pytest.approx([reliability, resolution, y.var()], abs=1e-12)


@given(seeds, st.integers(2, 20))
def test_the_points_are_scikit_learn_s_calibration_curve(seed, bins):
    p, y = overconfident(seed)
    sums = bin_sums(p, y, bins)
    found = {name: column[:, 0] for name, column in points(sums).items()}
    observed, forecast = calibration_curve(y[:, 0], p[:, 0], n_bins=bins)
    days, _ = np.histogram(p[:, 0], bins, (0, 1))
    full = days > 0
    np.testing.assert_array_equal(found["days"], days)
    np.testing.assert_allclose(found["forecast"][full], forecast)
    np.testing.assert_allclose(found["observed"][full], observed)
    assert np.isnan(found["forecast"][~full]).all()
    assert np.isnan(found["observed"][~full]).all()
    reliability = np.average((forecast - observed) ** 2, weights=days[full])
    assert parts(sums, DAYS)["reliability"] == pytest.approx(reliability, rel=1e-9, abs=1e-15)
    error = np.average(abs(forecast - observed), weights=days[full])
    assert calibration_error(sums) == pytest.approx(error, rel=1e-9, abs=1e-15)


@given(seeds)
def test_the_calibration_error_of_classes_is_the_mean_of_each_one_s(categories, seed):
    p, y = categories(seed)
    came = np.eye(p.shape[1])[y]
    each = [calibration_error(bin_sums(p[:, [k]], came[:, [k]])) for k in range(p.shape[1])]
    assert calibration_error(bin_sums(p, came)) == pytest.approx(np.mean(each))


@pytest.mark.parametrize("bins", [2, 3, 7, 10, 20])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_a_probability_on_a_border_belongs_to_the_bin_above_and_1_to_the_last(bins, kind):
    said = (np.arange(bins + 1) / bins)[:, None].astype(kind)
    expected = [1.0] * (bins - 1) + [2.0]
    for p in (said, torch.as_tensor(said)):
        assert bin_sums(p, p * 0, bins)["n"][:, 0].tolist() == expected


def test_a_forecast_that_knows_has_the_uncertainty_for_resolution_and_one_that_knows_nothing_none():
    y = np.repeat([0.0, 1.0], [150, 50])[:, None]
    assert parted(y, y) == pytest.approx([0, 0.1875, 0.1875])
    assert parted(np.full((200, 1), 0.25), y) == pytest.approx([0, 0, 0.1875])
    assert parted(np.full((200, 1), 0.75), y) == pytest.approx([0.25, 0, 0.1875])


def test_what_is_unknown_is_in_no_bin():
    chance = np.random.default_rng(2)
    p, y = chance.uniform(size=(300, 2)), (chance.uniform(size=(300, 2)) < 0.4) * 1.0
    known = chance.uniform(size=(300, 2)) < (0.8, 0.5)
    together = bin_sums(p, np.where(known, y, np.nan))
    for k in range(2):
        alone = bin_sums(p[known[:, k]][:, [k]], y[known[:, k]][:, [k]])
        for name, sums in alone.items():
            np.testing.assert_allclose(together[name][:, [k]], sums, rtol=1e-12)
