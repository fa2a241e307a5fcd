"""Pictures of several models or splits side by side, read back from their artists."""

from dataclasses import replace
from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from stratus.lecture.lessons.accuracy import draw_staircase, draw_within
from stratus.lecture.lessons.common_mistakes import Descents, draw_leaks, draw_losses
from stratus.lecture.lessons.gradient_descent import Descent, Surface, draw_line
from stratus.lecture.lessons.rain import ModelInPlane, Sigmoid, draw_planes, draw_sigmoids
from stratus.lecture.lessons.softmax_or_sigmoids import draw_both_regions, draw_labels, draw_reliability, draw_sums
from stratus.lecture.lessons.temperature_cycle import draw_fits
from stratus.lecture.lessons.weather_types import draw_recall, draw_regions, draw_shares
from stratus.pictures.boundary import Plane
from stratus.pictures.canvas import colours

OUTPUTS = ["fog", "rain", "sun"]


def texts(axes):
    return [one.get_text() for one in axes.texts]


def legend(figure):
    return [one.get_text() for one in figure.legends[0].get_texts()]


@pytest.fixture
def days():
    """Inputs [n, 2], classes [n] and a softmax's probabilities [n, 3] of n random days."""
    random = np.random.default_rng(0)
    x, y = random.normal(size=(60, 2)), random.integers(3, size=60)
    return x, y, softmax(x @ random.normal(size=(2, 3)))


@pytest.fixture
def plane():
    def draw(seed, k):
        grid = np.linspace(-3, 3, 41)
        x = np.stack(np.meshgrid(grid, grid), -1)
        return Plane(grid, grid, softmax(2 * x @ np.random.default_rng(seed).normal(size=(2, k))), ("a", "b"))

    return draw


def softmax(z):
    return np.exp(z) / np.exp(z).sum(-1, keepdims=True)


def test_the_share_within_a_tolerance_is_written_beside_its_curve():
    misses = {"model": np.array([0.5, 1.0, 1.5, 4.0]), "other": np.array([2.0, 2.0, 2.0, 2.0])}
    figure = draw_within(misses, [0, 1, 2], place="Seattle")
    assert texts(figure.axes[0]) == ["0.0%", "50.0%", "75.0%"]


def test_a_bin_s_point_is_the_share_of_its_days(points):
    x, came = np.array([0.1, 0.2, 0.3, 1.5]), np.array([1.0, 0.0, 0.0, 1.0])
    panel = Sigmoid("x", x, x, x, "")
    above, below = draw_sigmoids(came, [panel], width=1, place="").axes
    assert points(above.containers[0].lines[0]) == pytest.approx(np.array([[0.5, 1 / 3], [1.5, 1.0]]))
    assert [bar.get_height() for bar in below.patches] == [3, 1]


def test_a_class_without_days_has_no_recall():
    found = {"train": (np.array([1, 0, 0]), np.array([2, 4, 0])), "test": (np.array([0, 3, 0]), np.array([1, 3, 0]))}
    figure = draw_recall(found, outputs=OUTPUTS, place="")
    assert texts(figure.axes[0]) == [
        *("1 of 2", "0 of 4", "no such day: undefined"),
        *("0 of 1", "3 of 3", "no such day: undefined"),
    ]
    assert [bar.get_width() for bar in figure.axes[0].patches] == pytest.approx([0.5, 0, 0, 0, 1, 0])


def test_the_arrow_stands_on_the_boundary_and_ends_where_the_event_has_seven_in_ten(days, plane):
    x, y, _ = days
    weight, bias = np.array([0.5, -2.0]), 0.3
    panel = ModelInPlane("", x, y == 1, replace(plane(0, 1), p=plane(0, 2).p[..., :1]))
    both = [panel, ModelInPlane("", panel.x, panel.y, panel.plane, (weight, bias))]
    figure = draw_planes(both, place="")
    (arrow,) = [one for one in figure.axes[1].texts if hasattr(one, "arrow_patch") and one.arrow_patch]
    assert weight @ np.array(arrow.xyann) + bias == pytest.approx(0)
    assert 1 / (1 + np.exp(-(weight @ np.array(arrow.xy) + bias))) == pytest.approx(0.7)
    across, up = np.subtract(arrow.xy, arrow.xyann)
    assert across * weight[1] == pytest.approx(up * weight[0])  # along W
    assert legend(figure)[-1] == "W"


def test_how_far_two_models_lie_apart_is_their_total_variation(days, plane):
    x, y, _ = days
    first, second = plane(1, 3), plane(2, 3)
    figure = draw_both_regions(x, y, (first, second), names=("one", "two"), outputs=OUTPUTS, place="")
    shown = np.asarray(figure.axes[2].images[0].get_array())
    most = np.maximum(first.p - second.p, 0).sum(-1)  # the set of classes that the first finds likelier
    assert shown == pytest.approx(most)
    assert legend(figure) == [*OUTPUTS, "borders: one", "borders: two"]


def test_soft_colours_are_mixed_by_probability(days, plane):
    x, y, _ = days
    seen = plane(1, 3)
    figure = draw_regions(x, y, seen, outputs=OUTPUTS, place="")
    rgb = np.array([to_rgb(one) for one in colours(OUTPUTS)])
    assert np.asarray(figure.axes[1].images[0].get_array()) == pytest.approx(np.einsum("bak,kc->bac", seen.p, rgb))


def test_the_shares_of_classes_fill_the_whole(days):
    _, _, p = days
    figure = draw_shares(np.arange(60.0), p, outputs=OUTPUTS, label="x", place="")
    top = figure.axes[0].collections[-1].get_paths()[0].vertices[:, 1].max()
    assert (top, legend(figure)) == (pytest.approx(1), OUTPUTS[::-1])


def test_each_model_s_days_are_all_counted(days):
    _, y, p = days
    figure = draw_reliability({"one": p, "two": p[::-1]}, y, outputs=OUTPUTS, place="")
    for k, name in enumerate(OUTPUTS):
        above, below = figure.axes[k], figure.axes[3 + k]
        assert sum(bar.get_height() for bar in below.patches) == 2 * len(y)
        assert above.get_title("left") == f"{name}, {np.sum(y == k)} of 60 days"


def test_sums_say_their_range():
    split = {"training days": (np.arange(3.0), np.array([0.9, 1.0, 1.1])), "test days": (np.arange(2.0), np.ones(2))}
    figure = draw_sums(split, place="")
    assert legend(figure) == ["training days: 0.90 to 1.10, mean 1.0000", "test days: 1.00 to 1.00, mean 1.0000"]


def test_labels_that_come_together_are_counted():
    y = np.array([[0, 0], [1, 0], [1, 1], [1, 1]])
    figure = draw_labels(np.full((4, 2), 0.5), y, names=("A", "B"), place="")
    assert legend(figure)[:4] == ["rain in neither, 1 days", "in A, 1 days", "in B, 0 days", "in both, 2 days"]


def test_fits_and_losses_and_scores_are_drawn_as_given(points):
    day, fit = np.array([3, 1, 2]), np.array([30.0, 10.0, 20.0])
    figure = draw_fits(day, fit, {"line": (fit, "note")}, place="")
    assert points(figure.axes[0].lines[1]) == pytest.approx(np.array([[1, 10], [2, 20], [3, 30]]))

    panel = Descents("t", {"once": np.array([2.0, 1.0])}, 1.5)
    axes = draw_losses([panel], place="").axes[0]
    assert points(axes.lines[0]) == pytest.approx(np.array([[0, 2], [1, 1]]))
    assert texts(axes) == ["a constant forecast, 1.500"]

    figure = draw_leaks({"a": 0.2, "b": 0.1}, fit, fit + 1, fit, place="")
    assert [bar.get_width() for bar in figure.axes[0].patches] == [0.2, 0.1]
    assert points(figure.axes[1].lines[1]) == pytest.approx(np.stack([fit, fit], 1))

    figure = draw_staircase(day, fit, fit, day, fit, chosen=2.0)
    assert points(figure.axes[0].lines[0]) == pytest.approx(np.stack([day, fit], 1))


@pytest.mark.parametrize("apart", ["left", "right", "nowhere"])
def test_the_numbers_of_steps_do_not_overlap(apart):
    """They stand where the lines' ends are apart; lines with one end share a label."""
    spread, together = np.linspace(5, 20, 4), np.full(4, 10.0)
    lines = {"left": (spread, together), "right": (together, spread), "nowhere": (together, together)}[apart]
    grid, path = np.linspace(-1, 1, 9), np.zeros((4, 2))
    bowl = Surface("line", "weight", "bias", "°C²", grid, grid, grid**2 + grid[:, None] ** 2, path, path[0])
    train = SimpleNamespace(x=np.array([[1.0], [365.0]]), y=np.array([[0.0], [20.0]]), stations=["Austin"])
    splits = SimpleNamespace(train=train, inputs=["day"], units=["d"], outputs=["temperature"])
    splits.target = SimpleNamespace(unit="°C")
    descent = Descent(SimpleNamespace(splits=splits), bowl, np.zeros(4), train.x[:, 0], np.column_stack(lines))
    figure = draw_line(descent, [0, 1, 2, 3])
    figure.draw_without_rendering()
    labels = figure.axes[1].texts
    assert [one.get_text() for one in labels] == (["0, 1, 2, 3"] if apart == "nowhere" else [*"0123"])
    boxes = [one.get_window_extent() for one in labels]
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))
