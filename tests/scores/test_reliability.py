"""The parts of the Brier score, and skill, against scikit-learn and Murphy's own formula."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss
from torchmetrics import MeanAbsoluteError

from stratus.scores.metrics import Brier, Reliability, ReliabilityTable, Resolution, Skill, Uncertainty, brier_parts

DAYS, CLASSES = 300, 4
seeds = st.integers(0, 2**32 - 1)
quickly = settings(max_examples=25, deadline=None)


def events(seed, labels=1):
    """Probabilities that mean less than they say, and events."""
    draw = np.random.default_rng(seed)
    p = draw.uniform(size=(DAYS, labels))
    return p, (draw.uniform(size=p.shape) < 0.3 + 0.3 * p).astype(float)


def categories(seed):
    draw = np.random.default_rng(seed)
    return draw.dirichlet(np.ones(CLASSES), DAYS), draw.integers(0, CLASSES, DAYS)


def result(metric, *given):
    metric.update(*map(torch.as_tensor, given))
    return metric.compute()


def parts(p, y):
    return [result(one, p, y).item() for one in brier_parts(p.shape[1]).values()]


@given(seeds)
@quickly
def test_the_parts_of_an_event_s_brier_score_add_up_to_scikit_learn_s(seed):
    p, y = events(seed)
    reliability, resolution, uncertainty = parts(p, y)
    assert reliability - resolution + uncertainty == pytest.approx(brier_score_loss(y[:, 0], p[:, 0]), abs=1e-12)


@given(seeds)
@quickly
def test_the_parts_add_up_over_labels_and_over_the_classes_of_a_category(seed):
    for p, y in (events(seed, labels=3), categories(seed)):
        reliability, resolution, uncertainty = parts(p, y)
        brier = ((p - (np.eye(CLASSES)[y] if y.ndim == 1 else y)) ** 2).sum() / y.size
        assert reliability - resolution + uncertainty == pytest.approx(brier, abs=1e-12)
        assert result(Brier(), p, y).item() == pytest.approx(brier, rel=1e-5)
        assert reliability >= 0
        assert 0 <= uncertainty <= (1 if y.ndim == 1 else 0.25)


@given(seeds)
@quickly
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
    assert parts(p, y) == pytest.approx([reliability, resolution, y.var()], abs=1e-12)


@given(seeds, st.integers(2, 20))
@quickly
def test_the_table_s_bins_are_scikit_learn_s_calibration_curve(seed, bins):
    p, y = events(seed)
    found = {name: column[:, 0].numpy() for name, column in result(ReliabilityTable(bins=bins), p, y).items()}
    observed, forecast = calibration_curve(y[:, 0], p[:, 0], n_bins=bins)
    days, _ = np.histogram(p[:, 0], bins, (0, 1))
    full = days > 0
    np.testing.assert_array_equal(found["days"], days)
    np.testing.assert_allclose(found["forecast"][full], forecast)
    np.testing.assert_allclose(found["observed"][full], observed)
    assert np.isnan(found["forecast"][~full]).all()
    reliability = np.average((forecast - observed) ** 2, weights=days[full])
    assert result(Reliability(bins=bins), p, y).item() == pytest.approx(reliability, rel=1e-9, abs=1e-15)


def test_a_probability_on_a_border_belongs_to_the_bin_above_and_1_to_the_last():
    said = torch.arange(11)[:, None] / 10
    days = result(ReliabilityTable(), said, torch.zeros(11, 1))["days"][:, 0]
    assert days.tolist() == [1.0] * 9 + [2.0]


def test_a_forecast_that_knows_has_the_uncertainty_for_resolution_and_one_that_knows_nothing_none():
    y = np.repeat([0.0, 1.0], [150, 50])[:, None]
    assert parts(y, y) == pytest.approx([0, 0.1875, 0.1875])
    assert parts(np.full((200, 1), 0.25), y) == pytest.approx([0, 0, 0.1875])
    assert parts(np.full((200, 1), 0.75), y) == pytest.approx([0.25, 0, 0.1875])


@pytest.mark.parametrize("part", [Reliability, Resolution, Uncertainty])
@pytest.mark.parametrize("given_", [events(3, labels=CLASSES), categories(3)], ids=["labels", "category"])
def test_a_part_in_unequal_pieces_equals_the_whole(part, given_):
    p, y = map(torch.as_tensor, given_)
    pieces = part(CLASSES)
    for piece in zip(p.split([1, 100, DAYS - 101]), y.split([1, 100, DAYS - 101]), strict=True):
        pieces.update(*piece)
    assert pieces.compute().item() == pytest.approx(result(part(CLASSES), p, y).item(), rel=1e-12)
    pieces.reset()
    assert result(pieces, p, y).item() == pytest.approx(result(part(CLASSES), p, y).item(), rel=1e-12)


@given(seeds)
@quickly
def test_skill_is_the_share_of_the_reference_s_score_that_is_saved(seed):
    p, y = events(seed)
    usual = np.full_like(p, y.mean())
    expected = 1 - brier_score_loss(y[:, 0], p[:, 0]) / brier_score_loss(y[:, 0], usual[:, 0])
    skill = Skill(Brier())
    assert result(skill, p, usual, y).item() == pytest.approx(expected, rel=1e-4, abs=1e-6)
    skill.reset()
    assert result(skill, usual, usual, y).item() == 0


def test_skill_is_1_at_best_and_below_0_where_the_reference_is_better():
    y, usual = [[1.0], [3.0]], [[2.0], [2.0]]
    assert result(Skill(MeanAbsoluteError()), y, usual, y).item() == 1
    assert result(Skill(MeanAbsoluteError()), [[5.0], [5.0]], usual, y).item() == -2
