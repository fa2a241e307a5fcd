"""Intervals of scores and of their differences: of the same resampled days for all forecasters."""

import numpy as np
import pytest
from arch.bootstrap import CircularBlockBootstrap, optimal_block_length
from scipy.signal import lfilter

from stratus.data.weeks import circular_blocks
from stratus.scores.bootstrap import RESAMPLES, SEED, level
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


def middle(found):
    """The ends of the share of resamples that an interval leaves in its middle."""
    share = level(found.block, found.days)
    return [(1 - share) / 2, (1 + share) / 2]


def test_scores_of_resampled_days_are_those_of_the_days_as_often_as_they_were_drawn():
    forecast, y = errors()
    found = drawn(forecast, y).compute(12)
    counts = np.concatenate(list(circular_blocks(N, RESAMPLES, SEED, 12)))
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
        assert (one.block, one.days) == (other.block, other.days)


def test_the_first_forecasters_are_told_of_and_compared_with_climatology_on_the_same_days():
    forecast, y = errors()
    found = intervals(ValueScoring(2.0), drawn(forecast, y), 2, 2)
    assert len(found) == 2
    for k, one in enumerate(found):
        scores, ends = drawn(forecast, y).compute(one.block), middle(one)
        assert set(one.scores) == {f"test/{name}" for name in ("accuracy", "mae", "rmse", "bias", "skill")}
        assert set(one.against_climatology) == set(one.scores) - {"test/bias", "test/skill"}
        less = scores["mae"][k] - scores["mae"][2]
        assert one.against_climatology["test/mae"] == pytest.approx(np.quantile(less, ends))
        saved = 1 - scores["mse"][k] / scores["mse"][2]
        assert one.scores["test/skill"] == pytest.approx(np.quantile(saved, ends))


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
    scores = draws.compute(one.block)["brier"]
    assert one.scores["test/skill"] == pytest.approx(np.quantile(1 - scores[0] / scores[1], middle(one)))


def persistent(seed, days=N):
    """A day's weather of mean 0, three quarters of which are yesterday's."""
    return lfilter([1], [1, -0.75], np.random.default_rng(seed).normal(size=days))[:, None]


def test_each_forecaster_has_the_block_of_its_longest_series_whoever_is_beside_it():
    y, noise = 10 + persistent(1), np.random.default_rng(3).normal(0, 1, (N, 1))
    slow, fast, usual = y + persistent(2), y + noise, np.full_like(y, 10)
    draws = drawn(np.stack([slow, fast, usual]), y[None])
    found = intervals(ValueScoring(2.0), draws, 2, 2)
    for one, forecast in zip(found, (slow, fast), strict=True):
        error, reference = (forecast - y)[:, 0], (usual - y)[:, 0]
        every = np.column_stack([error, error**2, error**2 - reference**2])
        longest = optimal_block_length(every)["circular"].max()
        assert one.block == min(max(7, np.ceil(2 * longest)), 58)
        (alone,) = intervals(ValueScoring(2.0), drawn(np.stack([forecast, usual]), y[None]), 1, 1)
        assert alone == one
    assert found[0].block > found[1].block


def test_the_ends_are_those_of_arch_s_circular_blocks():
    y, noise = 10 + persistent(1), np.random.default_rng(3).normal(0, 1, (N, 1))
    (one,) = intervals(ValueScoring(2.0), drawn(np.stack([y + noise, np.full_like(y, 10)]), y[None]), 1, 1)
    error = noise[:, 0], 10 - y[:, 0]
    peer = CircularBlockBootstrap(one.block, *error, seed=1)
    scores = peer.apply(lambda own, usual: np.array([np.mean(own), 1 - np.mean(own**2) / np.mean(usual**2)]), 2000)
    for name, values in zip(("bias", "skill"), scores.T, strict=True):
        # two draws of 2,000 agree on an end to a few hundredths of the width
        assert one.scores[f"test/{name}"] == pytest.approx(np.quantile(values, middle(one)), abs=0.3 * values.std())


def events(often, decided):
    """The intervals of a forecaster of one event that came on so many days, and was forecast on others."""
    y, decision = np.zeros((1, N, 1)), np.zeros((2, N, 1))
    y[0, :often], decision[0, decided] = 1, 1
    draws = ScoreDraws(EventScoring())
    draws.update(
        DATES, draws.scoring.terms(0.25 + decision / 2, decision, y[:, np.random.default_rng(4).permutation(N)])
    )
    (one,) = intervals(EventScoring(), draws, 1, 1)
    return one.scores


def test_resamples_without_the_event_are_left_out_where_they_are_few():
    few, hardly_any = events(8, slice(100)), events(1, slice(100))
    assert np.isfinite(few["test/peirce"]).all()
    assert few["test/peirce"][0] < few["test/peirce"][1]
    assert np.isnan(hardly_any["test/peirce"]).all()  # more than a third are without


def test_who_always_says_the_same_is_exactly_as_good_as_chance():
    found = events(70, slice(0))
    assert found["test/heidke"] == [0, 0]
    assert found["test/peirce"] == [0, 0]
