"""One formula serves numpy's arrays and torch's tensors, and keeps the axes before those it is about."""

import numpy as np
import pytest
import torch

from stratus.scores import decisions, probabilities, reliability, skill, values

AXES = (3, 2)  # of forecasters: each function is given all six at once, and one after another


def numbers(seed=1):
    return tuple(np.random.default_rng(seed).normal(10, 3, size=(2, *AXES, 50, 2)))


def events(seed=2):
    draw = np.random.default_rng(seed)
    p = draw.integers(0, 21, (*AXES, 50, 2)) / 20  # 0, 1 and the borders of bins among them
    return p, (draw.uniform(size=p.shape) < p).astype(float)


def categories(seed=3):
    draw = np.random.default_rng(seed)
    return draw.dirichlet(np.ones(4), (*AXES, 50)), draw.integers(0, 4, (*AXES, 50))


def answers(seed=4):
    """The share of right answers, and of each class among what came and what was decided."""
    cells = np.random.default_rng(seed).dirichlet(np.ones(9), AXES).reshape(*AXES, 3, 3)
    return cells.trace(axis1=-2, axis2=-1), cells.sum(-1), cells.sum(-2)


def counts(seed=5):
    return tuple(np.random.default_rng(seed).integers(1, 50, (3, *AXES)).astype(float))


def of_bins(function):
    return lambda p, y: function(reliability.bin_sums(p, y))


FUNCTIONS = {
    "within": (lambda forecast, y: values.within(forecast, y, 2.0), numbers()),
    "absolute_error": (values.absolute_error, numbers()),
    "squared_error": (values.squared_error, numbers()),
    "error": (values.error, numbers()),
    "indicators of events": (probabilities.indicators, events()),
    "indicators of a category": (probabilities.indicators, categories()),
    "log_loss of events": (probabilities.log_loss, events()),
    "log_loss of a category": (probabilities.log_loss, categories()),
    "brier of events": (probabilities.brier, events()),
    "brier of a category": (probabilities.brier, categories()),
    "heidke": (decisions.heidke, answers()),
    "peirce": (decisions.peirce, answers()),
    "class_shares": (decisions.class_shares, counts()),
    "bin_sums": (reliability.bin_sums, events()),
    "one bin": (lambda p, y: reliability.bin_sums(p, y, 1), events()),
    "points": (of_bins(reliability.points), events()),
    "parts": (of_bins(lambda sums: reliability.parts(sums, 100)), events()),
    "calibration_error": (of_bins(reliability.calibration_error), events()),
    "skill": (skill.skill, counts()[:2]),
}


def named(result):
    """A result by name, as numpy's arrays."""
    return {key: np.asarray(one) for key, one in (result if isinstance(result, dict) else {"": result}).items()}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_tensors_give_what_arrays_give(name):
    function, given = FUNCTIONS[name]
    found = function(*map(torch.as_tensor, given))
    tensors = list(found.values()) if isinstance(found, dict) else [found]
    assert all(isinstance(one, torch.Tensor) for one in tensors)
    for key, expected in named(function(*given)).items():
        np.testing.assert_allclose(named(found)[key], expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_many_forecasters_at_once_are_each_alone(name):
    function, given = FUNCTIONS[name]
    together = named(function(*given))
    for place in np.ndindex(AXES):
        for key, alone in named(function(*(one[place] for one in given))).items():
            np.testing.assert_allclose(together[key][place], alone, rtol=1e-12, atol=1e-12)


def test_how_well_many_forecasters_rank_the_days_is_how_each_one_does():
    p, y = events()
    p, came = np.moveaxis(p, -1, 0), y[0, 0, :, 0]
    together = decisions.ranking(decisions.ranks(p, came))
    for place in np.ndindex(p.shape[:-1]):
        alone = decisions.ranking(decisions.ranks(p[place], came))
        assert {name: one[place] for name, one in together.items()} == pytest.approx(alone, rel=1e-12)
