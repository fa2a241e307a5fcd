"""The descent of a line, beside the round bowl's closed form and numpy's own loop; the toy, beside its derivative."""

import math
from math import erf, sqrt

import numpy as np
import pytest
from scipy.optimize import brentq

from stratus.lecture.lessons.gradient_descent import way_down


def test_the_path_is_the_hand_written_loops(figures, days):
    day, y = days["date"].dt.ordinal_day().to_numpy(), days["second"].to_numpy()
    x = (day - day.mean()) / day.std()
    path = np.array(figures["path"])
    w, b = path[0]
    losses = []
    for step in range(len(path)):
        error = w * x + b - y
        losses.append((error**2).mean())
        np.testing.assert_allclose(path[step], (w, b), atol=2e-5)
        w, b = w - 0.08 * 2 * (error * x).mean(), b - 0.08 * 2 * error.mean()
    np.testing.assert_allclose(figures["losses"], losses, rtol=1e-5)
    assert len(path) == 26
    assert figures["from_hand"] < 1e-5


def test_each_step_leaves_the_same_share_of_the_way(figures):
    best = np.array([1.310404, 12.080027])  # published
    np.testing.assert_allclose(figures["optimum"], best, atol=1e-5)
    path = np.array(figures["path"])
    left = (1 - 2 * 0.08) ** np.arange(26)
    np.testing.assert_allclose(path - best, left[:, None] * (path[0] - best), atol=2e-5)


def test_the_toy_has_its_published_valleys_and_the_normal_share_ends_in_the_worse(figures):
    toy = figures["toy"]
    slope = lambda x: 6 * x + 5 * np.cos(5 * x)  # noqa: E731
    roots = [brentq(slope, *between) for between in ((-0.4, 0), (0, 0.6), (0.6, 1))]
    assert [toy["good"], toy["maximum"], toy["worse"]] == pytest.approx(roots, abs=1e-9)
    assert roots == pytest.approx([-0.252573, 0.419729, 0.729316], abs=1e-6)
    values = [3 * x**2 + np.sin(5 * x) for x in (roots[0], roots[2])]
    assert [toy["good_value"], toy["worse_value"]] == pytest.approx(values)
    assert values == pytest.approx([-0.761583, 1.111909], abs=1e-6)
    exact = 1 - (1 + erf(roots[1] / 3 / sqrt(2))) / 2
    assert exact == pytest.approx(0.4444, abs=5e-5)
    assert toy["share_worse_exact"] == pytest.approx(exact)
    assert toy["share_worse"] == pytest.approx(exact, abs=3 * sqrt(exact * (1 - exact) / 10_000))


def test_the_film_is_small(run, folder):
    assert "line_in_descent.gif" in run["lesson"]["pictures"]
    assert (folder / "pictures" / "line_in_descent.gif").stat().st_size < 1.5e6


@pytest.mark.parametrize(
    ("rate", "steps", "said"),
    [
        (0.08, 25, "rolls down to 34.50 in 25 steps"),
        (0.08, 1, "rolls down to 314.31 in 1 step"),
        (0.5, 25, "goes straight down to 34.44 in 1 step, where it stays until the last, step 25"),
        (0.9, 60, "jumps from side to side, down to 34.44 in {} steps, where it stays until the last, step 60"),
    ],
)
def test_it_comes_down_as_the_closed_form_says(rate, steps, said, figures, folder):
    """On a round bowl the loss above the lowest is multiplied by (1 - 2ε)² at each step."""
    above, lowest = figures["losses"][0] - 34.4400308, 34.4400308  # published
    losses = [lowest + above * (1 - 2 * rate) ** (2 * step) for step in range(steps + 1)]
    arrived = math.ceil(math.log((34.445 - lowest) / above) / (2 * math.log(0.8)))
    assert way_down(losses, rate) == said.format(arrived)
    if (rate, steps) == (0.08, 25):
        assert f"and {said}. Right" in (folder / "card.md").read_text()
