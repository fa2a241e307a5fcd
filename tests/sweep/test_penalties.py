"""A sweep over penalties: the validation days choose, by exact solutions that scikit-learn finds as well."""

from datetime import date

import numpy as np
import polars as pl
import pytest
from shipped import SEATTLE
from sklearn.linear_model import LogisticRegression

from stratus.data.recipe import Recipe
from stratus.data.splits import split
from stratus.runs import record
from stratus.sweep import penalties
from stratus.sweep.table import finish

STRENGTHS = ("0.0", "0.003", "0.03", "0.3")
VALIDATION = "2013-07-01"  # a half year and a whole one
WORDS = (
    "task=binary",
    f"data.validation_from={VALIDATION}",
    "features=[station,harmonics]",
    "features.lead_days=1",
    "features.seasonal=true",
)
NEWTON = ("optimizer=newton", "trainer.max_epochs=1", "pictures=none")


@pytest.fixture(scope="module")
def sweep(trained, tmp_path_factory):
    """The folder of a small sweep over penalties."""
    folder = tmp_path_factory.mktemp("penalties")
    for number, strength in enumerate(STRENGTHS):
        trained(folder / str(number), *WORDS, *NEWTON, f"optimizer.weight_decay={strength}")
    return folder


@pytest.fixture(scope="module")
def peers():
    """Splits, and by strength scikit-learn's fit with the penalty λ/2 ‖W‖² on the mean loss: C = 1/(nλ)."""
    recipe = Recipe("rain", {"harmonics": {}, "station": {}}, 1, seasonal=True)
    borders = {
        "train_from": date(2012, 1, 3),
        "validation_from": date.fromisoformat(VALIDATION),
        "test_from": date(2015, 1, 1),
    }
    splits = split(SEATTLE, recipe, **borders)
    mean, scale = splits.standardisation
    x, y = (splits.train.x - mean) / scale, splits.train.y[:, 0]
    fits = {}
    for strength in STRENGTHS[1:]:
        fits[strength] = LogisticRegression(C=1 / (len(y) * float(strength)), tol=1e-10, max_iter=5000).fit(x, y)
    return splits, fits


def test_newton_ends_where_scikit_learn_does(sweep, peers):
    splits, fits = peers
    mean, scale = splits.standardisation
    for number, strength in list(enumerate(STRENGTHS))[1:]:
        run = record.read(sweep / str(number))
        assert run.weights.inputs == splits.inputs
        np.testing.assert_allclose(run.weights.weight[0], fits[strength].coef_[0], atol=1e-4)
        assert run.gap == pytest.approx(0, abs=1e-9)
        p = fits[strength].predict_proba((splits.test.x - mean) / scale)[:, 1]
        assert run.metrics["test/brier"] == pytest.approx(np.mean((p - splits.test.y[:, 0]) ** 2), abs=1e-4)


def test_the_validation_days_choose_and_only_the_chosen_one_is_shown_on_the_test_days(sweep, peers, capsys):
    splits, fits = peers
    mean, scale = splits.standardisation
    days = splits.validation
    losses, years = {}, days.dates.astype("datetime64[Y]").astype(str)
    for strength, fit in fits.items():
        p = fit.predict_proba((days.x - mean) / scale)[:, 1]
        each = -np.log(np.where(days.y[:, 0] > 0.5, p, 1 - p))
        losses[float(strength)] = [np.mean(each[years == year]) for year in ("2013", "2014")]
    jobs = record.of_jobs(sweep)
    found = penalties.path(jobs)
    assert list(found) == [float(one) for one in STRENGTHS]
    table = penalties.table(found, jobs)
    assert table.columns == ["penalty", "training loss", "validation loss", "2013", "2014"]
    (row,) = table.filter(pl.col("penalty") == 0.03).rows()
    assert row[2:] == pytest.approx([np.mean(losses[0.03]), *losses[0.03]], abs=1e-5)
    best = min(losses, key=lambda strength: np.mean(losses[strength]))
    alone = [min(losses, key=lambda strength, k=k: losses[strength][k]) for k in (0, 1)]
    words = f" (years alone: 2013 {alone[0]:g}, 2014 {alone[1]:g})" if {*alone} != {best} else ";"
    assert f"optimizer.weight_decay={best:g}{words}" in penalties.verdict(found, jobs)
    assert penalties.chosen(found, jobs) == best
    finish(sweep)
    said = capsys.readouterr().out
    assert f"the validation days choose optimizer.weight_decay={best:g}" in said
    assert said.count("scores on the test days") == 1
    assert "best first" not in said
    assert len(pl.read_csv(sweep / "summary.csv")) == len(STRENGTHS)


def test_a_choice_at_the_path_s_end_is_told(sweep):
    jobs = record.of_jobs(sweep)
    whole = penalties.path(jobs)
    best = penalties.chosen(whole, jobs)
    assert "end" not in penalties.verdict(whole, jobs)
    short = {strength: job for strength, job in whole.items() if strength <= best}
    assert "it is the path's end" in penalties.verdict(short, jobs)
    assert "end" not in penalties.verdict({0.0: whole[0.0]}, jobs)  # there is none below


def test_where_more_than_the_penalty_is_swept_jobs_are_ranked_as_ever(sweep):
    jobs = dict(record.of_jobs(sweep))
    next(iter(jobs.values())).overrides.append("seed=3")
    assert penalties.path(jobs) == {}
