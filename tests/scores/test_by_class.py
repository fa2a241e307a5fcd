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


def test_values_have_no_classes():
    scores = ByClass()
    none = np.zeros((2, 5, 0))
    scores.update(none, none, none)
    assert scores.compute([]) == {}
