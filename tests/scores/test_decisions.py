"""Scores of decisions against published tables and scikit-learn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import (
    average_precision_score,
    balanced_accuracy_score,
    cohen_kappa_score,
    confusion_matrix,
    precision_score,
    recall_score,
    roc_auc_score,
)

from stratus.scores.decisions import class_shares, heidke, peirce, ranking, ranks

FINLEY = [[2680, 72], [23, 28]]
"""Tornado or not in 2,803 places and times, as Finley forecast it in 1884: [truth, decision] (Murphy, 1996)."""

GOLDSMITH = [[50, 47, 54], [91, 2364, 205], [71, 170, 3288]]
"""Freezing rain, snow or rain in the east of the United States, 1983 to 1988 (Goldsmith, 1990, in Wilks, ch. 7)."""

PUBLISHED = [(FINLEY, 0.355, 0.523), (GOLDSMITH, 0.805, 0.811)]
seeds = st.integers(0, 2**32 - 1)


def shares(table):
    """The share of right answers, and how often each class came and was decided, of a table [truth, decision]."""
    table = table / table.sum()
    return table.trace(), table.sum(1), table.sum(0)


def answers(seed, classes=2):
    """Truth, and decisions that are right half of the time."""
    draw = np.random.default_rng(seed)
    y, other = draw.integers(0, classes, (2, 200))
    return y, np.where(draw.uniform(size=y.shape) < 0.5, y, other)


@pytest.mark.parametrize(("table", "heidke_", "peirce_"), PUBLISHED)
def test_the_published_tables_have_the_published_scores(table, heidke_, peirce_):
    assert heidke(*shares(np.array(table))) == pytest.approx(heidke_, abs=5e-4)
    assert peirce(*shares(np.array(table))) == pytest.approx(peirce_, abs=5e-4)


@given(seeds)
def test_of_an_event_peirce_is_scikit_learn_s_adjusted_balanced_accuracy_and_heidke_its_kappa(seed):
    y, decision = answers(seed)
    table = confusion_matrix(y, decision)
    adjusted, kappa = balanced_accuracy_score(y, decision, adjusted=True), cohen_kappa_score(y, decision)
    assert peirce(*shares(table)) == pytest.approx(adjusted, abs=1e-9)
    assert heidke(*shares(table)) == pytest.approx(kappa, abs=1e-9)


@given(seeds, st.integers(3, 6))
def test_of_several_classes_the_scores_are_what_is_right_beyond_chance(seed, k):
    y, decision = answers(seed, k)
    shuffled = np.mean(y[:, None] == decision[None, :])  # every truth beside every decision
    as_often = np.mean(y[:, None] == y[None, :])
    expected = (np.mean(y == decision) - shuffled) / (1 - as_often)
    table = shares(confusion_matrix(y, decision, labels=range(k)))
    assert peirce(*table) == pytest.approx(expected, abs=1e-9)
    assert heidke(*table) == pytest.approx(cohen_kappa_score(y, decision))
    assert peirce(*shares(np.eye(k))) == pytest.approx(1)
    assert heidke(*shares(np.eye(k))) == pytest.approx(1)


@given(st.floats(0.01, 0.99))
def test_answers_that_know_nothing_score_nothing_and_where_one_class_came_there_is_no_score(share):
    blind = np.outer([0.3, 0.7], [share, 1 - share])
    assert abs(peirce(*shares(blind))) < 1e-12
    assert abs(heidke(*shares(blind))) < 1e-12
    one_class = np.array([[share, 1 - share], [0, 0]])
    with np.errstate(invalid="ignore"):
        assert np.isnan(peirce(*shares(one_class)))
        assert np.isnan(heidke(*shares(np.array([[share, 0], [0, 0]]))))


# --- one class


@given(seeds)
def test_recall_and_precision_are_scikit_learn_s(seed):
    y, decided = answers(seed)
    found = class_shares((y * decided).sum(), y.sum(), decided.sum())
    assert found == pytest.approx({"recall": recall_score(y, decided), "precision": precision_score(y, decided)})


def test_a_class_that_never_came_has_no_recall_and_one_never_decided_on_no_precision():
    unseen, unforecast = (class_shares(np.float64(0), *counts) for counts in ((np.float64(0), 3), (3, np.float64(0))))
    assert np.isnan(unseen["recall"])
    assert unseen["precision"] == 0
    assert np.isnan(unforecast["precision"])
    assert unforecast["recall"] == 0


@given(seeds, st.integers(1, 60), st.integers(1, 12))
@settings(max_examples=40)
def test_how_well_days_are_ranked_is_what_scikit_learn_says_with_ties_too(seed, n, steps):
    draw = np.random.default_rng(seed)
    p = draw.integers(0, steps + 1, (2, 3, n)) / steps
    y = draw.integers(0, 2, n)
    found = ranking(ranks(p, y))
    for name, score, known in (
        ("average_precision", average_precision_score, y.any()),
        ("roc_auc", roc_auc_score, y.any() and not y.all()),
    ):
        expected = [[score(y, one) if known else np.nan for one in row] for row in p]
        np.testing.assert_allclose(found[name], expected, rtol=1e-12)


def test_days_that_rounding_alone_tells_apart_are_above_the_same_thresholds():
    p, y = np.array([0.1, 0.7, 0.7, 0.7]), np.array([1, 0, 1, 1])
    rounded = p + np.array([0, 2, 1, 0]) * np.finfo(np.float64).eps / 2
    assert len(np.unique(rounded)) == 4
    found = ranking(ranks(p, y))
    assert ranking(ranks(rounded, y)) == found
    assert found["average_precision"] == pytest.approx(average_precision_score(y, p))
