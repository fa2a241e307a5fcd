"""Convex or not: all starts end at the least-squares wave; with the period learnt, where a scan in numpy says."""

import numpy as np
import pytest


def wave(t, cycle):
    return np.column_stack([np.cos(2 * np.pi * t / cycle), np.sin(2 * np.pi * t / cycle)])


def fit(x, y):
    design = np.column_stack([x, np.ones(len(x))])
    best = np.linalg.lstsq(design, y)[0]
    return best, ((y - design @ best) ** 2).mean()


def test_on_a_convex_loss_every_start_ends_at_least_squares(figures, days):
    y = days["second"].to_numpy()
    x = wave(days["date"].dt.ordinal_day().to_numpy(), 365.25)
    best, lowest = fit((x - x.mean(0)) / x.std(0), y)
    assert lowest == pytest.approx(7.9076053, abs=1e-7)  # published
    assert figures["lowest"] == pytest.approx(lowest, rel=1e-9)
    assert figures["run"] == pytest.approx(best, abs=1e-5)
    assert figures["starts"] == 121
    assert figures["farthest_start"] > 200
    assert figures["farthest_end"] < 1e-5
    assert figures["final_losses"] == pytest.approx([lowest, lowest], rel=1e-6)


@pytest.fixture(scope="module")
def scan(days):
    """Frequencies with periods of 60 to 1500 days, and the lowest loss of a wave of each."""
    age, y = np.arange(len(days)), days["second"].to_numpy()
    frequency = np.linspace(1 / 1500, 1 / 60, 2000)
    return frequency, np.array([fit(wave(age, 1 / one), y)[1] for one in frequency])


def test_a_learnt_period_has_fourteen_valleys(figures, scan):
    frequency, loss = scan
    at = 1 + np.flatnonzero((loss[1:-1] < loss[:-2]) & (loss[1:-1] < loss[2:]))
    minima = figures["period"]["minima"]
    assert len(minima) == len(at) == 14
    periods = np.sort([period for period, _ in minima])[::-1]
    np.testing.assert_allclose(1 / periods, frequency[at], atol=2 * (frequency[1] - frequency[0]))
    assert minima[0] == pytest.approx([363.0, 7.857], abs=0.05)
    assert minima[0][1] == pytest.approx(7.857, abs=5e-4)
    assert minima[1] == pytest.approx([246.1, 34.73], abs=0.05)


def test_only_starts_between_the_ridges_find_the_best_period(figures, scan):
    frequency, loss = scan
    ridges = frequency[1:-1][(loss[1:-1] > loss[:-2]) & (loss[1:-1] > loss[2:])]
    best = frequency[loss.argmin()]
    starts = np.linspace(1 / 900, 1 / 60, 60)
    inside = (ridges[ridges < best].max() < starts) & (starts < ridges[ridges > best].min())
    assert figures["period"]["best_share"] == pytest.approx(inside.mean())
    assert 0 < inside.mean() < 0.2


def test_on_the_toy_the_side_of_the_ridge_decides(figures):
    starts = np.linspace(-3, 3, 121)
    assert figures["toy"]["ends"] == pytest.approx([-0.252573, 0.729316], abs=1e-4)  # published
    assert figures["toy"]["best_share"] == pytest.approx((starts < 0.419729).mean())


@pytest.mark.parametrize("lesson", ["initialisation", "gradient_descent"])
def test_zeros_are_a_start_like_any(lesson, trained, tmp_path):
    run = trained(tmp_path / "run", f"experiment=lecture/{lesson}", "init=zeros", "pictures=none")
    path = run["lesson"]["figures"].get("path", [[0.0, 0.0]])
    assert path[0] == [0, 0]
    assert run["gap"] < 0.1
