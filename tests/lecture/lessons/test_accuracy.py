"""A regression never hits exactly; its share within a tolerance is a staircase."""

from datetime import date

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from stratus.data.daily_table import read_csv, select
from stratus.data.recipe import Borders
from stratus.data.splits import split
from stratus.lecture.fits import Fit
from stratus.lecture.lessons.accuracy import along
from stratus.training.checkpoints import load
from stratus.verification.model import Model


def test_the_forecast_is_never_equal_and_often_near(figures):
    model = figures["within"]["model"]
    assert model["0"] == 0
    assert model["2"] == pytest.approx(0.718, abs=5e-4)
    assert figures["mae"] == pytest.approx(1.525, abs=5e-4)
    rmse = figures["rmse"]["model"], figures["rmse"]["the same as today"]
    assert rmse == pytest.approx((1.921, 1.944), abs=1e-3)
    assert figures["within"]["usual on this day"]["2"] == pytest.approx(0.529, abs=5e-4)


def test_the_shares_are_those_of_scikit_learn_and_whole_tenths(run, figures, days_of):
    days = days_of(run)
    tenths = (10 * (days["temperature_max"] + days["temperature_min"])).round().to_numpy().astype(int)
    x, y, test = days.select("before", "first").to_numpy(), tenths / 20, days["test"].to_numpy()
    miss = np.abs(LinearRegression().fit(x[~test], y[~test]).predict(x[test]) - y[test])
    shares = {str(t): np.mean(miss <= t) for t in range(4)}
    assert figures["within"]["model"] == pytest.approx(shares, abs=1e-12)
    again = np.abs(np.diff(tenths, prepend=0))[test]
    assert figures["persistence_exact_hits"] == np.sum(again == 0)
    shares = {str(t): np.mean(again <= 20 * t) for t in range(4)}
    assert figures["within"]["the same as today"] == pytest.approx(shares, abs=1e-12)


def test_a_small_step_changes_the_loss_and_not_the_accuracy(run, figures, folder):
    kept = load(folder / "checkpoints" / "best.ckpt")
    table = select(read_csv(run["data"]["file"]), ["Seattle"], "")
    days = split(table, kept.recipe, Borders(date(2015, 1, 1), train_from=table["date"][2]))
    fit = Fit(days, Model.of(kept.task, kept.recipe.target))
    loss, share = along(fit, np.linspace(1.1, 1.101, 101))
    assert np.all(np.diff(loss) > 0)  # beyond the optimum every step is uphill
    assert np.all(np.isin(np.round(np.diff(share) * len(days.train), 6), [-2, -1, 0, 1, 2]))
    assert np.mean(np.diff(share) == 0) > 0.9
    assert figures["flat"] > 0.9


@pytest.fixture(scope="module")
def shares(run, days_of):
    """Of the days from some day on, by tolerance, the share at which least squares and "the same as today" are near."""

    def found(since, *tolerances):
        days = days_of(run)
        x, y = days.select("before", "first").to_numpy(), days["second"].to_numpy()
        test = (days["date"] >= since).to_numpy()
        forecast = LinearRegression().fit(x[~test], y[~test]).predict(x[test])
        misses = np.abs(forecast - y[test]), np.abs(x[test, 1] - y[test]).round(6)
        return {t: [np.mean(miss <= t) for miss in misses] for t in tolerances}

    return found


def test_a_tolerance_to_try_is_told(trained, tmp_path, shares):
    run = trained(tmp_path / "run", "experiment=lecture/accuracy", "task.tolerance=0.5", "pictures=none")
    model, today = shares(date(2015, 1, 1), 0.5)[0.5]
    card = run["lesson"]["card"]
    assert f"within 0.5 °C on {model:.1%}, within 1 °C on" in card
    assert f"Within 0.5 °C it is right on {today:.1%} of the days" in card
    assert run["lesson"]["figures"]["within"]["model"]["0.5"] == pytest.approx(model)


def test_one_that_is_ahead_at_every_tolerance_is_called_so(run, trained, tmp_path, shares):
    few = trained(tmp_path / "run", "experiment=lecture/accuracy", "data.test_from=2012-01-08", "pictures=none")
    for first, found in ((date(2012, 1, 8), few), (date(2015, 1, 1), run)):
        ahead = {model > today for model, today in shares(first, 1, 2, 3).values()}
        card = found["lesson"]["card"]
        assert ("At each of these tolerances “the same as today” is ahead." in card) == (ahead == {False})
        assert ("can depend on where the tolerance is put" in card) == (ahead == {False, True})
