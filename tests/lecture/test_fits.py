"""Models at their exact optimum, beside scikit-learn's."""

from datetime import date

import pytest
from sklearn.linear_model import LinearRegression

from stratus.data.recipe import Borders
from stratus.data.sources import shipped
from stratus.data.splits import split
from stratus.lecture.fits import TWO_DAYS, best_fit

BORDERS = Borders(train_from=date(2012, 1, 3), test_from=date(2015, 1, 1))


@pytest.fixture(scope="module")
def splits():
    return lambda name: split(shipped("Seattle"), TWO_DAYS[name], BORDERS)


def test_the_shipped_table_has_the_cities_that_are_asked_for():
    assert shipped("Seattle")["station"].unique().to_list() == ["Seattle"]
    assert sorted(shipped("Seattle", "New York")["station"].unique()) == ["New York", "Seattle"]


def test_the_best_line_is_scikit_learn_s_in_the_inputs_own_units(splits):
    fit = best_fit(splits("regression"), "regression")
    train, test = fit.splits.train, fit.splits.test
    best = LinearRegression().fit(train.x, train.y)
    weight, bias = fit.line
    assert weight == pytest.approx(best.coef_, rel=1e-6)
    assert bias == pytest.approx(best.intercept_, rel=1e-6)
    assert fit.model.forecast(test.x) == pytest.approx(best.predict(test.x), abs=1e-6)
    assert fit.scores("train")["loss"] == pytest.approx(3.5541361, abs=1e-6)
