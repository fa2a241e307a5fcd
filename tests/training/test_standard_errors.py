"""Standard errors of weights against the sandwich by hand, and against optima of real resamples."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from shipped import splits_of

from stratus import tasks
from stratus.data.recipe import Recipe
from stratus.data.samples import Samples
from stratus.data.splits import Splits
from stratus.training.optimum import optimum
from stratus.training.standard_errors import standard_errors


def posed(name, features="two_days harmonics", lead=1, penalty=0.0, **settings):
    splits = splits_of(name, features, lead)
    optimizer = partial(torch.optim.SGD, lr=0.1, weight_decay=penalty)
    task = tasks.find(name).for_splits(splits, optimizer=optimizer, **settings)
    return splits, task, optimum(task, splits).weights


def design(splits):
    mean, scale = splits.standardisation
    return np.column_stack([(splits.train.x - mean) / scale, np.ones(len(splits.train))])


def test_days_drawn_singly_give_white_s_sandwich():
    splits, task, best = posed("regression")
    a, y = design(splits), splits.train.y[:, 0]
    error = y - a @ np.linalg.lstsq(a, y)[0]
    bread = np.linalg.inv(a.T @ a)
    white = bread @ (a * error[:, None] ** 2).T @ a @ bread
    found = standard_errors(task, splits, best, block=1)
    np.testing.assert_allclose(found[0], np.sqrt(np.diag(white))[:-1], rtol=1e-5)


def test_blocks_give_newey_and_west_s_estimate_but_for_the_days_at_the_ends():
    splits, task, best = posed("regression")
    a, y = design(splits), splits.train.y[:, 0]
    score = a * (y - a @ np.linalg.lstsq(a, y)[0])[:, None]
    around = [np.roll(score, lag, axis=0) for lag in range(7)]
    middle = sum(
        (1 - lag / 7) * (score.T @ one + one.T @ score) / (2 if lag == 0 else 1) for lag, one in enumerate(around)
    )
    bread = np.linalg.inv(a.T @ a)
    found = standard_errors(task, splits, best, block=7)
    np.testing.assert_allclose(found[0], np.sqrt(np.diag(bread @ middle @ bread))[:-1], rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "features", "penalty", "draws", "near"),
    [
        ("regression", "two_days harmonics", 0.0, 100, 0.08),
        ("binary", "two_days harmonics", 0.01, 100, 0.08),
        ("multiclass", "two_days", 0.2, 30, 0.15),
    ],
)
def test_one_step_tells_how_the_optima_of_resampled_weeks_spread(name, features, penalty, draws, near):
    splits, task, best = posed(name, features, penalty=penalty)
    again = [optimum(task, splits.resampled(number)).weights.weight.numpy() for number in range(draws)]
    if name == "multiclass":
        again = [one - one.mean(0) for one in again]
    ratio = standard_errors(task, splits, best) / np.std(again, axis=0)
    # n draws tell a standard deviation to a share of 1/√2n, and a curved loss bends a little.
    assert np.median(ratio) == pytest.approx(1, abs=near)
    assert np.abs(ratio - 1).max() < 3 * near


def test_class_weights_count_and_all_stations_of_a_date_are_drawn_together():
    splits, task, best = posed("binary", penalty=0.01, class_weights="balanced")
    twice = two_stations(splits)
    again = tasks.find("binary").for_splits(twice, optimizer=task.optimizer, class_weights="balanced")
    found = standard_errors(task, splits, best)
    # The same weather at two places tells nothing new.
    np.testing.assert_allclose(standard_errors(again, twice, optimum(again, twice).weights), found, rtol=1e-5)
    plain = posed("binary", penalty=0.01)
    assert np.abs(found / standard_errors(plain[1], plain[0], plain[2]) - 1).max() > 0.01


def two_stations(splits):
    one = splits.train
    columns = {name: np.concatenate([getattr(one, name)] * 2) for name in ("dates", "x", "y", "last")}
    both = Samples(["Oslo", "Bergen"], np.repeat([0, 1], len(one)), **columns)
    return Splits(Recipe("rain", {"two_days": {}}), splits.inputs, splits.units, splits.outputs, both, None, both)


def test_inputs_that_say_the_same_share_a_weight_that_is_as_sure_as_the_one():
    splits = splits_of("regression", "two_days", 1)
    one = replace(splits.train, x=splits.train.x[:, 1:])
    both = replace(one, x=np.repeat(one.x, 2, axis=1))
    errors = []
    for samples in (one, both):
        m = samples.x.shape[1]
        made = Splits(splits.recipe, ["x"] * m, ["°C"] * m, splits.outputs, samples, None, samples)
        asked = tasks.find("regression").for_splits(made)
        errors.append(standard_errors(asked, made, optimum(asked, made).weights)[0])
    assert errors[1] == pytest.approx([errors[0][0] / 2] * 2, rel=1e-3)
