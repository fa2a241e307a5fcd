"""The plane of two inputs, read back from the artists and compared with the checkpoint's own weights."""

import numpy as np
import pytest
from matplotlib.contour import QuadContourSet

from stratus.pictures import boundary
from stratus.pictures.boundary import Plane
from stratus.pictures.canvas import MOST_POINTS


def lines(axes, width):
    """The vertices of all contours drawn `width` wide, by their level."""
    return {
        level: path.vertices
        for contours in axes.findobj(QuadContourSet)
        if contours.get_linewidths()[0] == width
        for level, path in zip(contours.levels, contours.get_paths(), strict=True)
    }


def quadratic(x):
    return np.column_stack([x, x[:, 0] ** 2, x[:, 1] ** 2, x[:, 0] * x[:, 1]])


def test_the_boundary_is_where_wx_plus_b_is_0_in_the_inputs_own_units(drawn):
    one = drawn("task=binary")
    (axes,) = one.figures["boundary"].axes
    at = lines(axes, 2.0)[0.0]
    assert len(at) > 50
    assert one.logits(at) == pytest.approx(np.zeros((len(at), 1)), abs=1e-6)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("temperature d-1 (°C)", "temperature d (°C)")


def test_the_dashed_lines_are_those_of_equal_probability_and_parallel_to_the_boundary(drawn):
    one = drawn("task=binary")
    (axes,) = one.figures["boundary"].axes
    found = lines(axes, 0.8)
    assert len(found) >= 2
    for level, at in found.items():
        p = 1 / (1 + np.exp(-one.logits(at)))
        share = 1 / (1 + np.exp(-level))
        assert share == pytest.approx(round(share, 1))
        assert p == pytest.approx(np.full(p.shape, share), abs=1e-6)


def test_the_boundary_of_quadratic_inputs_is_curved_and_where_the_logit_is_0(drawn):
    one = drawn("task=binary", "features=quadratic")
    at = lines(one.figures["boundary"].axes[0], 2.0)[0.0]
    assert np.abs(one.logits(quadratic(at))).max() < 0.01
    assert np.linalg.matrix_rank(at - at.mean(0), tol=1.0) == 2


def test_the_shading_is_the_probability_at_each_place(drawn):
    one = drawn("task=binary")
    (image,) = one.figures["boundary"].axes[0].images
    p = np.asarray(image.get_array())
    left, right, low, high = image.get_extent()
    rows, columns = p.shape
    across = left + (np.arange(columns) + 0.5) * (right - left) / columns  # the middle of each pixel
    up = low + (np.arange(rows) + 0.5) * (high - low) / rows
    places = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    assert p.ravel() == pytest.approx(1 / (1 + np.exp(-one.logits(places)[:, 0])), abs=1e-6)


def test_every_test_day_is_a_point_in_the_colour_of_its_truth(drawn, points):
    one = drawn("task=binary")
    days = one.run.splits.test
    dry, rain = one.figures["boundary"].axes[0].lines
    assert (dry.get_marker(), rain.get_marker()) == ("x", "o")
    for line, came in ((dry, 0), (rain, 1)):
        assert np.array_equal(points(line), days.x[days.y[:, 0] == came])


def test_between_classes_lies_a_line_where_two_are_equally_likely(drawn):
    one = drawn("task=multiclass")
    (axes,) = one.figures["boundary"].axes
    at = np.concatenate([path.vertices for c in axes.findobj(QuadContourSet) for path in c.get_paths()])
    first, second = np.sort(one.logits(at), axis=1)[:, :-3:-1].T
    assert np.quantile(first - second, 0.95) < 1e-6
    assert (first - second).max() < 0.05  # where three classes meet, within a grid's cell


def test_class_regions_are_pale_shades_of_the_likeliest_class_and_the_legend_names_those_without(drawn, points):
    one = drawn("task=multiclass")
    figure = one.figures["boundary"]
    days, names = one.run.splits.test, one.run.splits.outputs
    for k, line in enumerate(figure.axes[0].lines):
        assert np.array_equal(points(line), days.x[days.y == k])
    grid = np.stack(
        np.meshgrid(*(np.linspace(*ends, 200) for ends in (figure.axes[0].get_xlim(), figure.axes[0].get_ylim())))
    )
    likely = {names[k] for k in one.logits(grid.reshape(2, -1).T).argmax(1)}
    (legend,) = figure.legends
    without = {text.get_text().partition(",")[0] for text in legend.get_texts() if "nowhere" in text.get_text()}
    assert without == set(names) - likely


def test_labels_have_a_panel_each(drawn):
    one = drawn("task=multilabel", "features=[harmonics]", "features.harmonics.k=1")
    panels = one.figures["boundary"].axes
    assert [axes.get_title(loc="left") for axes in panels] == ["New York", "Seattle"]
    for k, axes in enumerate(panels):
        for level, at in (lines(axes, 2.0) | lines(axes, 0.8)).items():
            assert one.logits(at)[:, k] == pytest.approx(np.full(len(at), level), abs=1e-6)


def test_where_the_model_never_says_yes_the_legend_says_that_the_boundary_is_outside():
    across = up = np.linspace(0, 1, 5)
    plane = Plane(across, up, np.full((5, 5, 1), 0.2), ("a (°C)", "b (°C)"))
    figure = boundary.draw(np.zeros((3, 2)), np.zeros((3, 1)), plane, outputs=["rain"], place="here")
    assert "P = 0.5: outside" in [text.get_text() for text in figure.legends[0].get_texts()]
    assert not figure.findobj(QuadContourSet)


def test_of_a_hundred_thousand_days_some_are_drawn_and_the_title_says_so():
    random = np.random.default_rng(0)
    x, y = random.normal(size=(100_000, 2)), random.integers(0, 2, (100_000, 1))
    across = up = np.linspace(-4, 4, 9)
    plane = Plane(across, up, np.full((9, 9, 1), 0.5), ("a", "b"))
    figure = boundary.draw(x, y, plane, outputs=["rain"], place="here")
    assert sum(len(line.get_xdata()) for line in figure.axes[0].lines) == MOST_POINTS
    assert figure.get_suptitle() == "here, 2,000 drawn"
