"""Resampled training days: intervals and boundaries are those of scikit-learn's fits to the same days."""

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression

from stratus.data.daily_table import read_csv, select
from stratus.data.recipe import Recipe
from stratus.data.splits import split
from stratus.runs import record
from stratus.sweep import resamples
from stratus.sweep.pictures import resampled
from stratus.sweep.table import finish

NUMBERS = range(5)


@pytest.fixture(scope="module")
def sweep(trained, tmp_path_factory):
    """The folder of a small sweep over resamples, each trained to its optimum."""
    folder = tmp_path_factory.mktemp("sweep")
    for number in NUMBERS:
        trained(
            folder / str(number),
            "task=binary",
            "optimizer=lbfgs",
            "trainer.max_epochs=8",
            "data.validation_from=null",
            f"data.resample={number}",
        )
    return folder


@pytest.fixture(scope="module")
def peers():
    """The splits, and scikit-learn's fit to each resample on standardised inputs."""
    shipped = Path(__file__).parents[2] / "data" / "weather.csv"
    table = select(read_csv(shipped), ["Seattle"], "weather.csv")
    borders = {"train_from": date(2012, 1, 3), "test_from": date(2015, 1, 1)}
    splits = split(table, Recipe("rain", {"two_days": {}}), **borders)
    mean, scale = splits.standardisation
    days = [splits.resampled(number).train for number in NUMBERS]
    fits = [LogisticRegression(C=np.inf, tol=1e-10).fit((one.x - mean) / scale, one.y[:, 0]) for one in days]
    return splits, fits


@pytest.fixture(autouse=True)
def few_are_enough(monkeypatch):
    monkeypatch.setattr(resamples, "FEWEST", 5)


def records(folder):
    return [record.read(folder / str(number)) for number in NUMBERS]


def test_the_intervals_are_those_of_scikit_learn_s_weights(sweep, peers):
    _, fits = peers
    found = resamples.table(resamples.comparable(records(sweep)))
    weights = np.array([[*fit.coef_[0], fit.intercept_[0]] for fit in fits])
    rows = found.head(3).select("mean", "low", "high").to_numpy()
    assert found["what"].to_list()[:3] == ["rain: temperature d-1", "rain: temperature d", "rain: bias"]
    np.testing.assert_allclose(rows[:, 0], weights.mean(axis=0), atol=1e-3)
    np.testing.assert_allclose(rows[:, 1:].T, np.quantile(weights, [0.025, 0.975], axis=0), atol=1e-3)


def test_on_each_boundary_the_probability_is_one_half(sweep, peers):
    splits, fits = peers
    across = np.array([0.0, 10.0, 25.0])
    lines = resamples.boundaries(records(sweep), across)
    mean, scale = splits.standardisation
    for line, fit in zip(lines, fits, strict=True):
        points = (np.stack([across, line], axis=1) - mean) / scale
        np.testing.assert_allclose(fit.predict_proba(points)[:, 1], 0.5, atol=1e-3)


def test_a_sweep_s_end_writes_them_and_draws_them_over_the_test_days(sweep, capsys):
    finish(sweep)
    said = capsys.readouterr().out
    assert "over 5 resamples of the training days" in said
    assert pl.read_csv(sweep / "resamples.csv")["what"].to_list()[-1] == "test/skill"
    assert {path.name for path in (sweep / "pictures").iterdir()} == {
        "resampled_weights.png",
        "resampled_boundary.png",
    }
    drawn = resampled.drawings(sweep / "0", records(sweep))
    (plane,) = drawn["resampled_boundary"]().axes
    assert sum(len(line.get_xdata()) for line in plane.lines[:2]) == 365
    assert plane.get_xlabel() == "temperature d-1 (°C)"
    waves = records(sweep)
    for run in waves:
        run.weights.units = ["1", "1"]
    (plane,) = resampled.drawings(sweep / "0", waves)["resampled_boundary"]().axes
    assert plane.get_xlabel() == "temperature d-1"


def test_where_a_weight_may_be_0_the_picture_says_why_its_band_covers_all(sweep):
    runs = records(sweep)
    said = "may be 0, so the boundary may have any slope"
    assert said not in resampled.drawings(sweep / "0", runs)["resampled_boundary"]().get_suptitle()
    for run, weight in zip(runs, np.linspace(-1, 2, len(runs) + 1)[:-1], strict=True):
        run.weights.weight[0][1] = weight
    title = resampled.drawings(sweep / "0", runs)["resampled_boundary"]().get_suptitle()
    assert f"the weight of temperature d {said}" in " ".join(title.split())


def test_jobs_that_differ_in_more_than_the_resample_are_not_put_together(sweep):
    mixed = records(sweep)
    mixed[0].overrides.append("optimizer.lr=1")
    assert resamples.comparable(mixed) == []
