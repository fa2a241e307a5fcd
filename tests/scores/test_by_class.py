"""Scores by class of days in chunks are scikit-learn's of all days, in memory and in a file."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, precision_score, recall_score, roc_auc_score

from stratus.scores import by_class
from stratus.scores.by_class import ByClass

NAMES = ["rain", "snow", "sun"]


@pytest.mark.parametrize("in_memory", [100, 1 << 25])
@pytest.mark.parametrize("at_once", [1, 5000])
def test_scores_by_class_are_scikit_learn_s(monkeypatch, in_memory, at_once):
    monkeypatch.setattr(by_class, "IN_MEMORY", in_memory)
    monkeypatch.setattr(by_class, "_AT_ONCE", at_once)
    chance = np.random.default_rng(0)
    came = chance.integers(0, 3, 1000)
    p = chance.dirichlet([1, 2, 3], (2, 1000)).round(2)  # many are alike
    decided = p.argmax(-1)
    scores = ByClass()
    for some in np.split(np.arange(1000), [1, 300, 301, 700]):
        scores.update(
            p[:, some], (decided[:, some, None] == range(3)) * 1.0, (came[None, some, None] == range(3)) * 1.0
        )
    found = scores.compute(NAMES)
    for place, name in enumerate(NAMES):
        truth = came == place
        for one in range(2):
            answer = decided[one] == place
            assert found[f"days/{name}"][one] == truth.sum()
            assert found[f"recall/{name}"][one] == pytest.approx(recall_score(truth, answer))
            assert found[f"precision/{name}"][one] == pytest.approx(precision_score(truth, answer))
            expected = average_precision_score(truth, p[one, :, place].astype(np.float32))
            assert found[f"average_precision/{name}"][one] == pytest.approx(expected)
            assert found[f"roc_auc/{name}"][one] == pytest.approx(roc_auc_score(truth, p[one, :, place]))


def test_each_class_is_scored_on_the_days_on_which_it_is_known():
    chance = np.random.default_rng(1)
    p = chance.uniform(size=(2, 500, 2)).round(2)
    came = (chance.uniform(size=(1, 500, 2)) < p[:1]) * 1.0
    known = chance.uniform(size=(500, 2)) < (0.9, 0.3)
    decided, scores = (p > 0.5) * 1.0, ByClass()
    for some in (slice(0, 1), slice(1, 200), slice(200, 500)):
        scores.update(p[:, some], decided[:, some], np.where(known, came, np.nan)[:, some])
    found = scores.compute(NAMES[:2])
    for k, name in enumerate(NAMES[:2]):
        truth = came[0, known[:, k], k]
        for one in range(2):
            said, answer = p[one, known[:, k], k], decided[one, known[:, k], k]
            expected = {
                "days": truth.sum(),
                "recall": recall_score(truth, answer),
                "precision": precision_score(truth, answer),
                "average_precision": average_precision_score(truth, said),
                "roc_auc": roc_auc_score(truth, said),
            }
            assert {score: found[f"{score}/{name}"][one] for score in expected} == pytest.approx(expected)


def test_values_have_no_classes():
    scores = ByClass()
    none = np.zeros((2, 5, 0))
    scores.update(none, none, none)
    assert scores.compute([]) == {}
