"""The descent of a line, beside the round bowl's closed form and numpy's own loop; the toy, beside its derivative."""

import csv
from datetime import date
from math import erf, sqrt
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import brentq

TABLE = Path(__file__).parents[3] / "data" / "weather.csv"


@pytest.fixture(scope="module")
def finished(trained, tmp_path_factory):
    folder = tmp_path_factory.mktemp("gradient_descent")
    return folder, trained(folder, "experiment=lecture/gradient_descent")


@pytest.fixture(scope="module")
def days():
    """The standardised day of the year and the average temperature of 2012-01-03 to 2014-12-31."""
    with open(TABLE, newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["station"] == "Seattle"]
    rows = [row for row in rows if "2012-01-03" <= row["date"] < "2015"]
    x = np.array([date.fromisoformat(row["date"]).timetuple().tm_yday for row in rows], dtype=float)
    y = np.array([(float(row["temperature_max"]) + float(row["temperature_min"])) / 2 for row in rows])
    return (x - x.mean()) / x.std(), y


def test_the_path_is_the_hand_written_loops(finished, days):
    x, y = days
    figures = finished[1]["lesson"]["figures"]
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


def test_each_step_leaves_the_same_share_of_the_way(finished):
    figures = finished[1]["lesson"]["figures"]
    best = np.array([1.310404, 12.080027])  # published
    np.testing.assert_allclose(figures["optimum"], best, atol=1e-5)
    path = np.array(figures["path"])
    left = (1 - 2 * 0.08) ** np.arange(26)
    np.testing.assert_allclose(path - best, left[:, None] * (path[0] - best), atol=2e-5)


def test_the_toy_has_its_published_valleys_and_the_normal_share_ends_in_the_worse(finished):
    toy = finished[1]["lesson"]["figures"]["toy"]
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


def test_the_pictures_and_the_film_are_there(finished):
    pictures, named = finished[0] / "pictures", finished[1]["lesson"]["pictures"]
    assert set(named) == {"line_in_descent.png", "line_in_descent.gif", "loss_surfaces.png", "toy.png"}
    assert all((pictures / name).is_file() for name in named)
    assert (pictures / "line_in_descent.gif").stat().st_size < 1.5e6


def test_the_card_s_command_can_work(finished, commanded):
    assert commanded(finished[1])


def test_the_walk_tells_the_same(finished, in_the_walk):
    assert in_the_walk(finished[1])
