"""The scores as torchmetrics: each is its function's mean over all days, however they come."""

import doctest
import inspect
import pkgutil
from importlib import import_module

import numpy as np
import pytest
import torch
from torchmetrics import MeanAbsoluteError, Metric

from stratus import scores
from stratus.scores import metrics, probabilities, values
from stratus.scores.metrics import (
    Accuracy,
    Bias,
    Brier,
    Heidke,
    LogLoss,
    Peirce,
    RankedProbability,
    Reliability,
    ReliabilityTable,
    Resolution,
    Skill,
    Uncertainty,
)
from stratus.scores.names import HIGHER_IS_BETTER


def result(metric, *given):
    metric.update(*map(torch.as_tensor, given))
    return metric.compute()


def within(tolerance):
    return Accuracy(lambda forecast, y: values.within(forecast, y, tolerance))


def decided(forecast_and_truth):
    """Answers and truth of one shape."""
    p, y = forecast_and_truth
    return (p.argmax(1), y) if y.ndim == 1 else (p > 0.5, y)


@pytest.fixture(params=["events", "labels", "category"])
def given(request, events, categories):
    """Probabilities, the truth, and the number of outputs."""
    p, y = {"events": lambda: events(1), "labels": lambda: events(1, 3), "category": lambda: categories(1)}[
        request.param
    ]()
    return p, y, p.shape[1]


def test_the_examples_in_the_docstrings_hold():
    tried = [
        doctest.testmod(import_module(f"stratus.scores.{module.name}"), extraglobs={"torch": torch})
        for module in pkgutil.iter_modules(scores.__path__)
    ]
    assert sum(one.attempted for one in tried) >= 6
    assert sum(one.failed for one in tried) == 0


OWN = [
    one
    for name, one in inspect.getmembers(metrics, inspect.isclass)
    if issubclass(one, Metric) and one.__module__ == metrics.__name__ and not name.startswith("_")
]
BETTER = {  # by what each measures
    Accuracy: True, Bias: None, Brier: False, LogLoss: False, RankedProbability: False, Heidke: True, Peirce: True,
    Reliability: False, Resolution: True, Uncertainty: None, ReliabilityTable: None, Skill: True,
}  # fmt: skip


@pytest.mark.parametrize("metric", [one for one in OWN if not inspect.isabstract(one)])
def test_each_metric_says_which_way_it_is_better(metric):
    if metric is not metrics.DailyMean:  # what several have in common
        assert "higher_is_better" in vars(metric)
        assert metric.higher_is_better is BETTER[metric]


@pytest.mark.parametrize(
    ("metric", "function"),
    [
        (Brier, probabilities.brier),
        (LogLoss, probabilities.log_loss),
        (RankedProbability, probabilities.ranked_probability),
    ],
)
def test_a_score_of_probabilities_is_the_mean_of_its_function(metric, function, given):
    p, y, _ = given
    assert result(metric(), p, y).item() == pytest.approx(function(p, y).mean(), rel=1e-5)


def test_bias_and_accuracy_are_the_means_of_their_functions():
    y, forecast = np.random.default_rng(1).normal(size=(2, 300, 2))
    assert result(Bias(), forecast, y).item() == pytest.approx(np.mean(forecast - y), rel=1e-5)
    assert result(within(0.5), forecast, y).item() == pytest.approx(np.mean(abs(forecast - y) <= 0.5))


SHELLS = {
    "brier": (Brier, lambda given: given[:2]),
    "log_loss": (LogLoss, lambda given: given[:2]),
    "accuracy": (lambda: Accuracy(torch.eq), lambda given: decided(given[:2])),
    "heidke": (lambda: Heidke(4), lambda given: decided(given[:2])),
    "peirce": (lambda: Peirce(4), lambda given: decided(given[:2])),
}


@pytest.mark.parametrize("name", SHELLS)
def test_a_score_in_unequal_pieces_equals_the_whole(name, given):
    make, form = SHELLS[name]
    whole = [torch.as_tensor(one) for one in form(given)]
    pieces = make()
    for part in zip(*(one.split([1, 100, len(one) - 101]) for one in whole), strict=True):
        pieces.update(*part)
    assert pieces.compute().item() == pytest.approx(result(make(), *whole).item(), rel=1e-5)
    pieces.reset()
    assert result(pieces, *whole).item() == pytest.approx(result(make(), *whole).item(), rel=1e-5)


@pytest.mark.parametrize("part", [Reliability, Resolution, Uncertainty])
def test_a_part_of_the_brier_score_in_unequal_pieces_equals_the_whole(part, given):
    p, y, outputs = given
    p, y = map(torch.as_tensor, (p, y))
    pieces = part(outputs)
    for piece in zip(p.split([1, 100, len(p) - 101]), y.split([1, 100, len(y) - 101]), strict=True):
        pieces.update(*piece)
    assert pieces.compute().item() == pytest.approx(result(part(outputs), p, y).item(), rel=1e-12)
    pieces.reset()
    assert result(pieces, p, y).item() == pytest.approx(result(part(outputs), p, y).item(), rel=1e-12)


def test_the_parts_of_the_brier_score_add_up_to_it(given):
    p, y, outputs = given
    reliability, resolution, uncertainty = (
        result(part(outputs), p, y).item() for part in (Reliability, Resolution, Uncertainty)
    )
    assert reliability - resolution + uncertainty == pytest.approx(result(Brier(), p, y).item(), rel=1e-5)


def test_skill_is_the_share_of_the_reference_s_score_that_is_saved(given):
    p, y, _ = given
    usual = np.broadcast_to(p.mean(0), p.shape).copy()
    saved = Skill(Brier())
    expected = 1 - probabilities.brier(p, y).mean() / probabilities.brier(usual, y).mean()
    assert result(saved, p, usual, y).item() == pytest.approx(expected, rel=1e-4, abs=1e-6)
    saved.reset()
    assert result(saved, usual, usual, y).item() == 0


def test_skill_takes_any_score():
    y, usual = [[1.0], [3.0]], [[2.0], [2.0]]
    assert result(Skill(MeanAbsoluteError()), y, usual, y).item() == 1
    assert result(Skill(MeanAbsoluteError()), [[5.0], [5.0]], usual, y).item() == -2


def test_the_table_and_the_metrics_agree_on_which_way_is_better():
    named = {"accuracy": Accuracy, "bias": Bias, "brier": Brier, "log_loss": LogLoss, "heidke": Heidke}
    named |= {"peirce": Peirce, "skill": Skill, "ranked_probability": RankedProbability}
    named |= {f"brier_{part.__name__.lower()}": part for part in (Reliability, Resolution, Uncertainty)}
    assert {name: metric.higher_is_better for name, metric in named.items()} == {
        name: HIGHER_IS_BETTER[name] for name in named
    }
