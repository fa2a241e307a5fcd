"""Convex or not: all starts end at the least-squares wave; with the period learnt, where a scan in numpy says."""

import math

import numpy as np
import pytest

from stratus.lecture import find
from stratus.lecture.lessons.initialisation import own_start
from stratus.settings.compose import check


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
@pytest.mark.parametrize("init", ["zeros", "uniform"])
def test_another_start_leaves_nothing_of_the_lesson_s_own_behind(lesson, init, composed):
    settings = check(composed(f"experiment=lecture/{lesson}", f"init={init}"))
    assert find(settings)
    assert getattr(settings.init, "sigma", None) == (1 if init == "uniform" else None)
    assert check(composed(f"experiment=lecture/{lesson}")).init.sigma == 10


@pytest.mark.parametrize("start", [20.0, 1000.0, 0.001])
def test_of_a_start_it_tells_the_steps_that_a_constant_factor_needs(start):
    distances = [start * 0.8**step for step in range(101)]
    steps = max(0, math.ceil(math.log(start / 0.01) / -math.log(0.8)))
    said = f"The run's own start is {start:.0f} °C away, and within 0.01 °C of that θ after {steps} steps."
    assert own_start(distances) == said
    if steps:
        assert own_start(distances[:steps]).endswith(
            f"still {distances[steps - 1]:.2g} °C off after {steps - 1} steps."
        )


def test_the_run_s_own_way_is_that_of_the_hessian(figures, folder, days):
    x = wave(days["date"].dt.ordinal_day().to_numpy(), 365.25)
    x = np.column_stack([(x - x.mean(0)) / x.std(0), np.ones(len(x))])
    slowest, fastest = 1 - 0.1 * np.linalg.eigvalsh(2 * x.T @ x / len(x))[[0, -1]]
    distances = np.array(figures["distances"])
    factors = distances[1:40] / distances[:39]
    assert np.all((factors > fastest - 1e-3) & (factors < slowest + 1e-3))
    assert own_start(figures["distances"]) in (folder / "card.md").read_text()
