"""Confusion and reliability, beside scikit-learn's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import confusion_matrix

from stratus.pictures import reliability


def probabilities(one, task):
    z = one.logits(one.run.splits.test.x)
    return np.exp(z) / np.exp(z).sum(1, keepdims=True) if task == "multiclass" else 1 / (1 + np.exp(-z))


def cells(axes):
    """The numbers and shares written into a matrix, [k, k] each; a share that is not defined is nan."""
    k = len(axes.get_xticks())
    count, share = np.zeros((k, k), int), np.zeros((k, k))
    for text in axes.texts:
        column, row = (int(one) for one in text.get_position())
        number, _, percent = text.get_text().partition("\n")
        count[row, column] = int(number)
        share[row, column] = np.nan if percent == "–" else float(percent.rstrip("%")) / 100
    return count, share


@pytest.mark.parametrize("task", ["binary", "multiclass", "multilabel"])
def test_the_confusion_matrix_is_that_of_scikit_learn(drawn, task):
    one = drawn(f"task={task}")
    y, p = one.run.splits.test.y, probabilities(one, task)
    panels = one.figures["confusion"].axes
    pairs = [(y, p.argmax(1))] if task == "multiclass" else list(zip(y.T, (p > 0.5).T, strict=True))
    assert len(panels) == len(pairs)
    for axes, (truth, decision) in zip(panels, pairs, strict=True):
        count, share = cells(axes)
        expected = confusion_matrix(truth, decision, labels=range(len(count)))
        assert np.array_equal(count, expected)
        with np.errstate(invalid="ignore"):
            assert share == pytest.approx(expected / expected.sum(1, keepdims=True), abs=0.0051, nan_ok=True)
        names = one.run.splits.outputs if task == "multiclass" else ["no rain", "rain"]
        assert [text.get_text() for text in axes.get_xticklabels()] == names
        days = [f"{name} ({n} d)" for name, n in zip(names, expected.sum(1), strict=True)]
        assert [text.get_text() for text in axes.get_yticklabels()] == days


def panels(figure):
    """The curve and the histogram of each output, in their order."""
    above = [axes for axes in figure.axes if axes.get_title(loc="left")]
    below = [axes for axes in figure.axes if not axes.get_title(loc="left")]
    return [
        (axes.get_title(loc="left").partition("\n")[0], axes.lines[1], [bar.get_height() for bar in under.patches])
        for axes, under in zip(above, below, strict=True)
    ]


@pytest.mark.parametrize("task", ["binary", "multiclass", "multilabel"])
def test_reliability_is_that_of_scikit_learn_with_the_days_of_each_bin(drawn, points, task):
    one = drawn(f"task={task}")
    p, y = probabilities(one, task), one.run.splits.test.y
    came = np.eye(p.shape[1])[y] if task == "multiclass" else y
    found = panels(one.figures["reliability"])
    assert [name for name, *_ in found] == one.run.splits.outputs
    for k, (_, curve, days) in enumerate(found):
        happened, said = calibration_curve(came[:, k], p[:, k], n_bins=10)
        assert points(curve) == pytest.approx(np.column_stack([said, happened]), abs=1e-6)
        assert days == list(np.histogram(p[:, k], np.linspace(0, 1, 11))[0])


@settings(max_examples=10)
@given(st.integers(0, 2**32 - 1), st.integers(1, 300), st.integers(2, 20))
def test_reliability_of_any_probabilities_is_that_of_scikit_learn(seed, n, bins):
    random = np.random.default_rng(seed)
    p, y = random.random((n, 1)), random.integers(0, 2, (n, 1))
    figure = reliability.draw(p, y, outputs=["rain"], place="here", bins=bins)
    ((_, curve, days),) = panels(figure)
    happened, said = calibration_curve(y[:, 0], p[:, 0], n_bins=bins) if len(np.unique(y)) == 2 else (None, None)
    assert sum(days) == n
    if happened is not None:
        assert curve.get_xdata() == pytest.approx(said)
        assert curve.get_ydata() == pytest.approx(happened)


def test_a_probability_on_a_border_is_drawn_in_the_bin_above_and_1_in_the_last():
    p = np.arange(11)[:, None] / 10
    ((_, curve, days),) = panels(reliability.draw(p, (p > 0.5).astype(float), outputs=["rain"], place="here"))
    assert days == [1] * 9 + [2]
    assert curve.get_xdata() == pytest.approx([*p[:9, 0], 0.95])


def test_a_probability_that_is_right_lies_on_the_grey_bars_19_times_in_20():
    random = np.random.default_rng(0)
    inside = total = 0
    p = random.random((20_000, 6))
    y = random.random(p.shape) < p
    figure = reliability.draw(p, y.astype(float), outputs=list("abcdef"), place="here", bins=50)
    for axes in figure.axes:
        for bars in axes.collections:
            happened = axes.lines[1].get_ydata()
            low, high = np.array([segment[:, 1] for segment in bars.get_segments()]).T
            inside += ((low <= happened) & (happened <= high)).sum()
            total += len(happened)
    assert total == 6 * 50
    assert inside / total == pytest.approx(0.9545, abs=0.04)  # two standard deviations
