"""How long blocks of days are: the rule beside arch's, and the length where one knows how days hang together."""

import numpy as np
import pytest
from arch.bootstrap import optimal_block_length
from scipy.signal import lfilter

from stratus.scores.blocks import block_length, longest, optimal_block


def series(days):
    """White noise, autoregressions, moving averages, a walk, events and the noise of a year's cycle [days, 9]."""
    draw = np.random.default_rng(days)
    e = draw.normal(size=(days, 9))
    persists = [lfilter([1], [1, -phi], e[:, k]) for k, phi in enumerate((0.3, 0.75, 0.95, -0.6))]
    averages = [np.convolve(e[:, 4], weights, "same") for weights in ([1, 1, 1], [1, 2, 3, 2, 1])]
    season = e[:, 7] + 2 * np.cos(2 * np.pi * np.arange(days) / 365)
    return np.column_stack([e[:, 8], *persists, *averages, np.cumsum(e[:, 5]), persists[1] > 1, season])


@pytest.mark.parametrize("days", [11, 28, 100, 365, 1461])
def test_the_optimal_block_is_arch_s(days):
    found = series(days) + 5.0
    assert optimal_block(found) == pytest.approx(optimal_block_length(found)["circular"].to_numpy(), rel=1e-9)


@pytest.mark.parametrize("days", [1, 2, 7, 8, 10, 27])
def test_of_few_days_a_block_is_a_week(days):
    assert (block_length(np.arange(2.0 * days).reshape(days, 2)) == 7).all()


def test_a_series_that_never_varies_asks_for_no_block():
    assert optimal_block(np.full((100, 1), 3.0)) == [0]


def test_days_without_memory_are_drawn_in_weeks_and_slow_weather_in_longer_blocks_the_slower_the_longer():
    noise, _, persistent, slow, *_, season = block_length(series(1461)).tolist()
    assert noise == 7
    assert 14 < persistent < slow <= longest(1461)
    assert season > persistent


@pytest.mark.parametrize("days", [28, 60, 100, 144, 365, 3650])
def test_there_are_four_blocks_at_least(days):
    walks = np.cumsum(np.random.default_rng(1).normal(size=(days, 20)), axis=0)
    assert (block_length(walks) <= longest(days)).all()
    assert 7 <= longest(days) <= days / 4


def test_a_block_is_never_longer_than_the_rule_s_bound():
    assert (longest(365), longest(3650)) == (58, 182)  # ⌈3√n⌉
