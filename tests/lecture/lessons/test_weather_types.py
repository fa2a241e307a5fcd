"""Softmax on two temperatures finds rain and sun, and nothing else."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import recall_score


def test_recall_shows_what_accuracy_hides(figures, folder):
    assert figures["train_loss"] == pytest.approx(0.9924306, abs=1e-6)
    assert (figures["accuracy"], figures["test_loss"]) == (
        pytest.approx(0.600, abs=5e-4),
        pytest.approx(1.122, abs=5e-4),
    )
    assert figures["climatology_accuracy"] == pytest.approx(0.614, abs=5e-4)
    assert figures["recall"] == pytest.approx(
        {"drizzle": 0, "fog": 0, "rain": 0.71, "snow": None, "sun": 0.72}, abs=5e-3
    )
    assert "snow undefined (no such test day)" in (folder / "card.md").read_text()


def test_it_decides_as_scikit_learn_does(run, figures, days_of, two_days):
    days = days_of(run)
    x, weather, test = two_days(days), days["weather"].to_numpy(), days["test"].to_numpy()
    best = LogisticRegression(C=np.inf, tol=1e-10, max_iter=10_000).fit(x[~test], weather[~test])
    shown = [name for name, share in figures["recall"].items() if share is not None]
    found = recall_score(weather[test], best.predict(x[test]), labels=shown, average=None)
    assert [figures["recall"][name] for name in shown] == pytest.approx(list(found), abs=1e-12)
    assert figures["decided"] == sorted(set(best.predict(x)))
    assert figures["frequency"]["test"]["fog"] == pytest.approx(np.mean(weather[test] == "fog"))
