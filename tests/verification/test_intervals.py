"""Intervals of scores and of their differences: of the same resampled weeks for all forecasters."""

import numpy as np
import pytest

from stratus.data.weeks import circular_blocks
from stratus.scores.bootstrap import RESAMPLES, SEED
from stratus.scores.scoring import EventScoring, ValueScoring
from stratus.verification.intervals import ScoreDraws, intervals

N = 365
DATES = np.datetime64("2015-01-01") + np.arange(N)


def errors(seed=1, days=N):
    """Values of three forecasters, the last of them the climatology, and the truth."""
    draw = np.random.default_rng(seed)
    y = draw.normal(10, 5, (1, days, 1))
    return y + draw.normal(0, 1, (3, days, 1)) * np.array([1, 2, 3])[:, None, None], y


def drawn(forecast, y, chunks=1):
    draws = ScoreDraws(ValueScoring(2.0))
    for part in np.array_split(np.arange(y.shape[1]), chunks):
        draws.update(DATES[part], draws.scoring.terms(forecast[:, part], forecast[:, part], y[:, part]))
    return draws


def test_scores_of_resampled_days_are_those_of_the_days_as_often_as_they_were_drawn():
    forecast, y = errors()
    found = drawn(forecast, y).compute()
    counts = np.concatenate(list(circular_blocks(N, RESAMPLES, SEED)))
    for k in range(3):
        error = (forecast[k] - y[0])[:, 0]
        np.testing.assert_allclose(found["rmse"][k], np.sqrt(counts @ error**2 / N))
        np.testing.assert_allclose(found["bias"][k], counts @ error / N, atol=1e-12)


def test_days_that_come_in_chunks_have_the_intervals_of_all():
    forecast, y = errors()
    whole, parts = (intervals(ValueScoring(2.0), drawn(forecast, y, n), 2, 2) for n in (1, 5))
    for one, other in zip(whole, parts, strict=True):
        for score, ends in one.scores.items():
            assert other.scores[score] == pytest.approx(ends)


def test_the_first_forecasters_are_told_of_and_compared_with_climatology_on_the_same_days():
    forecast, y = errors()
    found = intervals(ValueScoring(2.0), drawn(forecast, y), 2, 2)
    assert len(found) == 2
    scores = drawn(forecast, y).compute()
    for k, one in enumerate(found):
        assert set(one.scores) == {f"test/{name}" for name in ("accuracy", "mae", "rmse", "bias", "skill")}
        assert set(one.against_climatology) == set(one.scores) - {"test/bias", "test/skill"}
        less = scores["mae"][k] - scores["mae"][2]
        assert one.against_climatology["test/mae"] == pytest.approx(np.quantile(less, [0.025, 0.975]))
        saved = 1 - scores["mse"][k] / scores["mse"][2]
        assert one.scores["test/skill"] == pytest.approx(np.quantile(saved, [0.025, 0.975]))


def test_a_forecaster_beside_itself_has_no_difference_and_no_skill():
    forecast, y = errors()
    (one,) = intervals(ValueScoring(2.0), drawn(forecast[[0, 0]], y), 1, 1)
    assert all(ends == [0, 0] for ends in one.against_climatology.values())
    assert one.scores["test/skill"] == [0, 0]
    assert one.scores["test/mae"][0] < one.scores["test/mae"][1]


def test_fewer_days_than_four_weeks_have_no_interval():
    (one,) = intervals(ValueScoring(2.0), drawn(*errors(days=27)), 1, 2)
    assert np.isnan(list(one.scores.values())).all()


def test_the_ruler_of_probabilities_is_the_brier_score():
    draw = np.random.default_rng(2)
    p, y = draw.uniform(size=(2, N, 1)), draw.integers(0, 2, (1, N, 1)).astype(float)
    draws = ScoreDraws(EventScoring())
    draws.update(DATES, draws.scoring.terms(p, (p > 0.5).astype(float), y))
    (one,) = intervals(EventScoring(), draws, 1, 1)
    scores = draws.compute()["brier"]
    assert one.scores["test/skill"] == pytest.approx(np.quantile(1 - scores[0] / scores[1], [0.025, 0.975]))
