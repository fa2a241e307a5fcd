"""Rain from two temperatures: the lecture's model, and why it loses to the calendar."""

import re

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression


def test_the_trained_boundary_is_scikit_learn_s(figures, days, two_days):
    assert figures["train_loss"] == pytest.approx(0.6390691, abs=1e-6)
    assert figures["accuracy"] == pytest.approx(0.652, abs=5e-4)
    best = LogisticRegression(C=np.inf, tol=1e-10).fit(two_days(days), days["wet"])
    assert figures["weight"] == pytest.approx(best.coef_[0], rel=2e-3)
    assert figures["bias"] == pytest.approx(best.intercept_[0], rel=2e-3)


def test_it_loses_to_what_is_usual_on_this_day(figures, folder):
    assert figures["brier"] == pytest.approx(0.2102, abs=5e-5)
    assert figures["skill"] == pytest.approx(-0.038, abs=1e-3)
    assert f"worse than the calendar (skill {figures['skill']:+.3f})" in (folder / "card.md").read_text()


def test_where_one_month_is_known_of_the_year_there_is_no_verdict(trained, tmp_path):
    run = trained(tmp_path / "run", "experiment=lecture/rain", "data.test_from=2012-02-01", "pictures=none")
    card = run["lesson"]["card"]
    (guessed,) = re.findall(r"no verdict: on (\d+) test days climatology is a guess", card)
    of_other_months = 4 * 366 - 31 - 3 * 31  # at most; some days near January count as of its season
    assert of_other_months - 4 * 31 < int(guessed) < of_other_months
    assert not re.search("than the calendar|has a skill of", card)


def test_the_day_s_range_tells_what_its_average_does_not(run, figures, days_of):
    days = days_of(run)
    span = (days["temperature_max"] - days["temperature_min"]).to_numpy()
    wet, test = days["wet"].to_numpy(), days["test"].to_numpy()
    best = LogisticRegression(C=np.inf, tol=1e-10).fit(span[~test, None], wet[~test])
    brier = np.mean((best.predict_proba(span[test, None])[:, 1] - wet[test]) ** 2)
    assert figures["range_brier"] == pytest.approx(brier, abs=1e-6)
    assert figures["range_skill"] > 0.2
    assert figures["range_wet"] == pytest.approx(span[~test & wet].mean())
    assert figures["range_dry"] == pytest.approx(span[~test & ~wet].mean())


def test_in_new_york_it_never_says_rain(run, figures, days_of):
    dry = 1 - days_of(run, "New York").filter("test")["wet"].mean()
    assert figures["elsewhere_most"] < 0.5
    assert figures["elsewhere_accuracy"] == pytest.approx(0.699, abs=5e-4)
    assert figures["elsewhere_accuracy"] == pytest.approx(dry, abs=1e-6)
