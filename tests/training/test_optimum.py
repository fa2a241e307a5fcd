"""The exact optimum against scikit-learn and published numbers."""

from functools import cache, partial

import gappy
import numpy as np
import pytest
import torch
from shipped import TARGET, splits_of
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge

from stratus import tasks
from stratus.data.recipe import Recipe
from stratus.data.samples import Samples
from stratus.data.splits import Splits
from stratus.tasks.weights import Weights
from stratus.training.optimum import mean_loss, optima, optimum

PUBLISHED = {  # the exact least training loss of 2012 to 2014, of inputs standardised or not
    ("regression", "two_days", 1): 3.5541361,
    ("regression", "day_of_year", 0): 34.4400308,
    ("regression", "harmonics", 0): 7.2307452,
    ("regression", "two_days harmonics", 1): 3.0867366,
    ("binary", "two_days", 0): 0.6390691,
    ("binary", "two_days", 1): 0.6411107,
    ("binary", "quadratic", 0): 0.5916306,
    ("binary", "station harmonics", 0): 0.5370921,
    ("multiclass", "two_days", 0): 0.9924306,
}


def posed(name, features="two_days", lead=0):
    splits = splits_of(name, features, lead)
    return splits, tasks.find(name).for_splits(splits)


@cache
def fitted(name, features="two_days", lead=0):
    splits, task = posed(name, features, lead)
    return splits, task, optimum(task, splits)


def standardised(splits):
    mean, scale = splits.standardisation
    return (splits.train.x - mean) / scale


@pytest.mark.parametrize(("name", "features", "lead"), PUBLISHED)
def test_the_optimum_is_the_published_least_loss(name, features, lead):
    splits, task, found = fitted(name, features, lead)
    assert found.attained
    assert mean_loss(task, found.weights, splits.train) == pytest.approx(PUBLISHED[name, features, lead], abs=1e-7)


def test_the_optimum_has_the_published_coefficients():
    temperature = fitted("regression", lead=1)[-1].weights
    assert temperature.bias.tolist() == pytest.approx([12.080027], abs=1e-6)
    assert temperature.weight[0].tolist() == pytest.approx([-0.358642, 6.049211], abs=1e-6)  # d-2, d-1
    rain = fitted("binary")[-1].weights
    assert rain.bias.tolist() == pytest.approx([-0.279357], abs=1e-6)
    assert rain.weight[0].tolist() == pytest.approx([0.144160, -0.782538], abs=2e-6)


@pytest.mark.parametrize("features", ["two_days", "harmonics"])
def test_linear_regression_is_scikit_learn_s(features):
    splits, _, found = fitted("regression", features, 1)
    expected = LinearRegression().fit(standardised(splits), splits.train.y)
    np.testing.assert_allclose(found.weights.weight, expected.coef_, rtol=1e-6)
    np.testing.assert_allclose(found.weights.bias, expected.intercept_, rtol=1e-6)


def logistic(x, y):
    return LogisticRegression(C=np.inf, tol=1e-10, max_iter=10_000).fit(x, y)


@pytest.mark.parametrize("features", ["two_days", "quadratic", "station harmonics"])
def test_logistic_regression_is_scikit_learn_s(features):
    splits, task, found = fitted("binary", features, 0)
    expected = logistic(standardised(splits), splits.train.y[:, 0])
    # the inputs' scale is kept in float32
    np.testing.assert_allclose(found.weights.weight, expected.coef_, atol=1e-5)
    np.testing.assert_allclose(found.weights.bias, expected.intercept_, atol=1e-5)
    p = torch.sigmoid(found.weights.logits(task, splits.test.x))[:, 0]
    np.testing.assert_allclose(p, expected.predict_proba(standardised_test(splits))[:, 1], atol=1e-6)


@pytest.mark.parametrize("penalty", [1e-3, 0.3])
@pytest.mark.parametrize("name", ["binary", "multiclass", "multilabel"])
def test_the_penalised_optimum_is_scikit_learn_s_whose_bias_is_free_too(name, penalty):
    splits, _ = posed(name)
    task = tasks.find(name).for_splits(splits, optimizer=partial(torch.optim.SGD, lr=0.1, weight_decay=penalty))
    found, y = optimum(task, splits), splits.train.y
    for k, label in enumerate([y] if name == "multiclass" else y.T):
        model = LogisticRegression(C=1 / (penalty * len(y)), tol=1e-12, max_iter=10_000)
        rows = slice(None) if name == "multiclass" else slice(k, k + 1)
        expected = model.fit(standardised(splits), label)
        np.testing.assert_allclose(found.weights.weight[rows], expected.coef_, atol=1e-5)
        bias = found.weights.bias[rows]
        if name == "multiclass":  # a constant added to all changes nothing
            bias, expected.intercept_ = bias - bias.mean(), expected.intercept_ - expected.intercept_.mean()
        np.testing.assert_allclose(bias, expected.intercept_, atol=1e-5)
    assert found.attained
    penalised = mean_loss(task, found.weights, splits.train) + penalty / 2 * found.weights.weight.square().sum()
    assert found.value == pytest.approx(float(penalised), rel=1e-12)


def test_an_event_as_rare_as_there_are_inputs_is_separated_and_leaves_the_other_labels_exact():
    draw = np.random.default_rng(0)
    x, rare = draw.normal(size=(300, 40)), np.zeros(300)
    rare[[7, 99, 200]] = 1
    y = np.column_stack([x[:, 0] + draw.normal(size=300) > 0, rare]).astype(float)
    days = np.datetime64("2020-01-01") + np.arange(300)
    samples = Samples(["Bergen + Oslo"], np.zeros(300, int), days, x, y, y)
    names = [f"x{k}" for k in range(40)]
    recipe = Recipe(TARGET["multilabel"], {"two_days": {}})
    splits = Splits(recipe, names, ["1"] * 40, ["Bergen", "Oslo"], samples, None, samples)
    found = optimum(tasks.find("multilabel").for_splits(splits), splits)
    assert not found.attained
    expected = logistic(standardised(splits), y[:, 0])
    np.testing.assert_allclose(found.weights.weight[0], expected.coef_[0], atol=1e-5)


@pytest.mark.parametrize("penalty", [1e-3, 0.1])
@pytest.mark.parametrize("name", ["multilabel", "regression"])
def test_each_station_is_fitted_on_its_own_known_days(name, penalty):
    splits = gappy.splits("rain_by_station" if name == "multilabel" else "temperature_by_station")
    task = tasks.find(name).for_splits(splits, optimizer=partial(torch.optim.SGD, lr=0.1, weight_decay=penalty))
    found, n, x = optimum(task, splits), len(splits.train), np.nan_to_num(standardised(splits))
    assert found.attained
    for k, y in enumerate(splits.train.y.T):
        known = ~np.isnan(y)
        assert 0 < known.sum() < n
        logistic = LogisticRegression(C=1 / (penalty * n), tol=1e-12, max_iter=10_000)
        model = logistic if name == "multilabel" else Ridge(penalty * n / 2, tol=1e-12)
        expected = model.fit(x[known], y[known])
        np.testing.assert_allclose(found.weights.weight[k], expected.coef_.ravel(), atol=1e-5)
        np.testing.assert_allclose(found.weights.bias[k], np.ravel(expected.intercept_)[0], atol=1e-5)


def standardised_test(splits):
    mean, scale = splits.standardisation
    return (splits.test.x - mean) / scale


def test_softmax_regression_is_scikit_learn_s():
    splits, task, found = fitted("multiclass")
    expected = logistic(standardised(splits), splits.train.y)
    p = torch.softmax(found.weights.logits(task, splits.test.x), 1)
    np.testing.assert_allclose(p, expected.predict_proba(standardised_test(splits)), atol=1e-6)


def test_the_multi_label_optimum_is_one_independent_fit_a_label():
    splits, task, found = fitted("multilabel")
    assert found.attained
    x, losses = standardised(splits), []
    for k, y in enumerate(splits.train.y.T):
        expected = logistic(x, y)
        np.testing.assert_allclose(found.weights.weight[k], expected.coef_[0], atol=1e-5)
        p = expected.predict_proba(x)[:, 1]
        losses.append(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))
    assert mean_loss(task, found.weights, splits.train) == pytest.approx(sum(losses), abs=1e-9)


@pytest.mark.parametrize("name", TARGET)
def test_at_the_optimum_errors_sum_to_zero_alone_and_weighted_by_each_input(name):
    splits, task, found = fitted(name)
    forecast = task.activation(found.weights.logits(task, splits.train.x)).numpy()
    y = np.eye(len(splits.outputs))[splits.train.y] if name == "multiclass" else splits.train.y
    error = (forecast - y) / len(y)
    np.testing.assert_allclose(error.sum(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(standardised(splits).T @ error, 0, atol=1e-6)


def test_no_weights_beat_the_optimum():
    splits, task, found = fitted("multiclass")
    least = mean_loss(task, found.weights, splits.train)
    generator = torch.Generator().manual_seed(0)
    for size in (1e-3, 1e-2, 1.0):
        change = size * torch.randn(found.weights.weight.shape, generator=generator, dtype=torch.float64)
        moved = Weights(found.weights.weight + change, found.weights.bias)
        assert mean_loss(task, moved, splits.train) > least


def line(name, outputs, x, y):
    """Splits of one input, the same days for training and testing."""
    days = np.datetime64("2020-01-01") + np.arange(len(x))
    samples = Samples(["Oslo"], np.zeros(len(x), int), days, x[:, None], y, y)
    return Splits(Recipe(TARGET[name], {"two_days": {}}), ["x"], ["1"], outputs, samples, None, samples)


SLOPE = np.linspace(-1, 1, 40)


@pytest.mark.parametrize(
    ("name", "outputs", "y"),
    [
        ("binary", ["rain"], (SLOPE > 0)[:, None].astype(float)),
        ("multiclass", ["fog", "rain", "sun"], np.digitize(SLOPE, [-0.3, 0.3])),
        ("multilabel", ["Bergen", "Oslo"], np.column_stack([SLOPE > 0, np.abs(SLOPE) > 0.5]).astype(float)),
    ],
)
def test_a_boundary_without_error_leaves_no_minimum_to_reach(name, outputs, y):
    splits = line(name, outputs, SLOPE, y)
    assert not optimum(tasks.find(name).for_splits(splits), splits).attained


def test_classes_that_overlap_in_a_single_day_do_have_a_minimum():
    y = (SLOPE > 0).astype(float)
    y[0] = 1
    splits = line("binary", ["rain"], SLOPE, y[:, None])
    found = optimum(tasks.find("binary").for_splits(splits), splits)
    assert found.attained
    expected = logistic(standardised(splits), y)
    np.testing.assert_allclose(found.weights.weight, expected.coef_, atol=1e-5)


def test_an_input_given_twice_changes_nothing_but_how_weight_is_shared():
    splits, task, found = fitted("binary", "two_days quadratic")
    assert found.attained
    assert mean_loss(task, found.weights, splits.train) == pytest.approx(PUBLISHED["binary", "quadratic", 0], abs=1e-7)


def by_scikit_learn(name, x, y, penalty):
    """W and b of a penalised fit by scikit-learn's exact solvers."""
    if name == "regression":
        model = Ridge(alpha=penalty * len(y) / 2)  # its loss is summed, its penalty not halved
    else:
        model = LogisticRegression(C=1 / (penalty * len(y)), tol=1e-12, solver="newton-cholesky")
    model.fit(x, y)
    return np.atleast_2d(model.coef_), np.atleast_1d(model.intercept_)


@pytest.mark.parametrize("name", TARGET)
def test_models_of_some_inputs_side_by_side_are_scikit_learn_s_with_the_columns_removed(name):
    splits, penalty = splits_of(name, "station harmonics", 1), 0.02
    task = tasks.find(name).for_splits(splits, optimizer=partial(torch.optim.SGD, lr=0.1, weight_decay=penalty))
    k, m, alone = len(splits.outputs), len(splits.inputs), name == "multilabel"
    kept = np.random.default_rng(1).random((4, k, m)) < 0.6
    kept[:] = kept if alone else kept[:, :1]  # outputs of one loss have the same
    x = task.standardised(torch.as_tensor(splits.train.x)).numpy()
    for one, mask in zip(optima(task, splits, kept), kept, strict=True):
        assert one.attained
        assert not one.weights.weight[torch.from_numpy(~mask)].any()
        for j in range(k if alone else 1):
            rows, y = slice(j, j + 1) if alone else slice(None), splits.train.y
            weight, bias = by_scikit_learn(name, x[:, mask[j]], y if y.ndim == 1 else y[:, j], penalty)
            near = 1e-5 if name == "multiclass" else 1e-6  # the loss hardly tells the weights of a class of few days
            np.testing.assert_allclose(one.weights.weight[rows][:, mask[j]], weight, atol=near)
            if name != "multiclass":  # there a constant added to all changes nothing
                np.testing.assert_allclose(one.weights.bias[rows], bias, atol=near)


def test_a_model_of_no_inputs_is_the_mean():
    splits, task = posed("regression", lead=1)
    (found,) = optima(task, splits, np.zeros((1, 1, 2), bool))
    assert found.weights.bias.tolist() == pytest.approx(splits.train.y.mean(0))


def test_models_side_by_side_are_those_that_columns_removed_give_alone():
    splits = splits_of("multilabel", "station harmonics", 1)
    optimizer = partial(torch.optim.SGD, lr=0.1, weight_decay=0.02)
    task = tasks.find("multilabel").for_splits(splits, optimizer=optimizer)
    left = np.arange(len(splits.inputs)) % 3
    kept = np.stack([np.tile(left != one, (len(splits.outputs), 1)) for one in range(3)])
    for one, mask in zip(optima(task, splits, kept), kept[:, 0], strict=True):
        columns = np.flatnonzero(mask)
        train = splits.train
        few = Samples(train.places, train.at, train.dates, train.x[:, columns], train.y, train.last)
        names = [splits.inputs[j] for j in columns]
        alone = Splits(splits.recipe, names, ["1"] * len(names), splits.outputs, few, None, few)
        again = optimum(tasks.find("multilabel").for_splits(alone, optimizer=optimizer), alone)
        np.testing.assert_allclose(one.weights.weight[:, columns], again.weights.weight, atol=1e-6)
        np.testing.assert_allclose(one.weights.bias, again.weights.bias, atol=1e-6)
        assert one.value == pytest.approx(again.value, rel=1e-10)
