"""Squares and the product bend the boundary and lift the score."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression


def test_the_curved_boundary_beats_the_calendar(figures):
    curved, straight = (figures[name] for name in ("curved", "straight"))
    assert curved["train_loss"] == pytest.approx(0.5916306, abs=2e-6)
    assert straight["train_loss"] == pytest.approx(0.6390691, abs=1e-7)
    assert (curved["brier"], straight["brier"]) == pytest.approx((0.1946, 0.2102), abs=6e-5)
    assert (curved["accuracy"], straight["accuracy"]) == pytest.approx((0.668, 0.652), abs=6e-4)
    assert (curved["skill"], straight["skill"]) == pytest.approx((0.039, -0.038), abs=1e-3)


def test_the_boundary_is_scikit_learn_s_hyperbola(run, figures, days, two_days):
    first, second = two_days(days).T
    x = np.column_stack([first, second, first**2, second**2, first * second])
    scale = x.std(axis=0)
    best = LogisticRegression(C=np.inf, tol=1e-12, max_iter=10_000).fit(x / scale, days["wet"])
    a, b, c = (best.coef_[0] / scale)[2:]
    assert c**2 > 4 * a * b
    assert figures["discriminant"] == pytest.approx(c**2 - 4 * a * b, rel=0.02)
    assert "a hyperbola" in run["lesson"]["card"]
