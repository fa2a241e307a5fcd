"""Models at their exact optimum, beside scikit-learn's and the trained one."""

from datetime import date

import numpy as np
import pytest
import torch
from sklearn.linear_model import LinearRegression, LogisticRegression

from stratus.data.borders import Borders
from stratus.data.sources import shipped
from stratus.lecture.models import Model, other, with_inputs

DAYS = Borders(train_from=date(2012, 1, 3), test_from=date(2015, 1, 1))


@pytest.fixture(scope="module")
def table():
    return shipped("Seattle")


def test_the_shipped_table_has_the_cities_that_are_asked_for(table):
    assert table["station"].unique().to_list() == ["Seattle"]
    assert sorted(shipped("Seattle", "New York")["station"].unique()) == ["New York", "Seattle"]


def test_the_best_line_is_scikit_learn_s_in_the_inputs_own_units(table):
    model = other(table, DAYS, "regression", "temperature", {"two_days": {}}, lead_days=1)
    train, test = model.splits.train, model.splits.test
    best = LinearRegression().fit(train.x, train.y)
    weight, bias = model.line
    assert weight == pytest.approx(best.coef_, rel=1e-6)
    assert bias == pytest.approx(best.intercept_, rel=1e-6)
    assert model.forecast(test.x) == pytest.approx(best.predict(test.x), abs=1e-6)
    assert model.scores(train)["loss"] == pytest.approx(3.5541361, abs=1e-6)


def test_its_task_has_the_same_weights(table):
    model = other(table, DAYS, "multiclass", "weather", {"two_days": {}})
    x = model.splits.test.x
    with torch.inference_mode():
        logits = model.task(torch.as_tensor(x, dtype=torch.float32))
    torch.testing.assert_close(logits.double(), model.logits(x), rtol=1e-4, atol=1e-4)


def test_some_inputs_of_a_model_are_a_model_of_their_own(table):
    both = other(table, DAYS, "binary", "rain", {"two_days": {}}).splits
    one = with_inputs(both, both.inputs[1:])
    assert (one.inputs, one.units, one.train.x.shape) == (["temperature d"], ["°C"], (1094, 1))
    best = LogisticRegression(C=np.inf, tol=1e-10).fit(one.train.x, one.train.y[:, 0])
    assert Model.best(one, "binary").line[0] == pytest.approx(best.coef_, rel=1e-4)
    turned = with_inputs(both, both.inputs[::-1])
    assert np.array_equal(turned.test.x, both.test.x[:, ::-1])
