"""Models at their exact optimum, beside scikit-learn's."""

from datetime import date

import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from stratus.data.borders import Borders
from stratus.data.sources import shipped
from stratus.data.splits import split
from stratus.lecture.fits import TWO_DAYS, best_fit, with_inputs

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


def test_some_inputs_of_a_model_are_a_model_of_their_own(splits):
    both = splits("binary")
    one = with_inputs(both, both.inputs[1:])
    assert (one.inputs, one.units, one.train.x.shape) == (["temperature d"], ["°C"], (1094, 1))
    best = LogisticRegression(C=float("inf"), tol=1e-10).fit(one.train.x, one.train.y[:, 0])
    assert best_fit(one, "binary").line[0] == pytest.approx(best.coef_, rel=1e-4)
    turned = with_inputs(both, both.inputs[::-1])
    assert (turned.test.x == both.test.x[:, ::-1]).all()
