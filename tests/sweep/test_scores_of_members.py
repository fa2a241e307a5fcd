"""Scores of many runs at once are those that each would be given alone."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import average_precision_score
from torchmetrics import MeanAbsoluteError

from stratus import config, evaluation, sources
from stratus.evaluation import References
from stratus.intervals import intervals
from stratus.sweep.member import fit_together
from stratus.sweep.scores import average_precision
from stratus.tasks.binary import BinaryClassification
from stratus.training import starting

TASKS = (
    ("task=regression", "features=[station,harmonics]"),
    ("task=regression", "data=two_cities", "features=[station,two_days]"),
    ("task=binary", "task.class_weights=balanced", "data.resample=3"),
    ("task=multiclass", "optimizer=gd", "init=zeros"),
    ("task=multiclass", "task.class_weights=balanced", "data.validation_from=null"),
    ("task=multilabel", "task.class_weights=balanced"),
)


@pytest.fixture(scope="module")
def trained(composed):
    """Settings, samples and the outcome of three runs trained as one, one of them wild."""

    def trained(*overrides):
        same = ("pictures=none", "trainer.max_epochs=2", *overrides)
        members = [
            config.check(composed(*same, f"seed={k}", f"optimizer.lr={lr}"))
            for k, lr in enumerate(("0.01", "1e-12", "300"))
        ]
        table, _ = sources.load(members[0].data)
        first = members[0]
        days = sources.samples(table, first.data, first.recipe, standardise=first.features.standardise)
        return members, days, fit_together(members, days)

    return trained


def scored(members, days, together):
    """What each member is given with the others and what it is given alone."""
    references = References.of(starting(members[0], days), days)
    for place in range(len(members)):
        if place in together.outcome.unending:
            continue
        task = starting(members[place], days)
        (together.outcome.best or together.outcome.last).put(task, place)
        alone = evaluation.metrics(task, days, references), intervals(task, days)
        yield together.scores.of(place, task, days, references), alone


@pytest.mark.parametrize("overrides", TASKS)
def test_a_member_is_scored_as_alone(trained, overrides):
    members, days, together = trained(*overrides)
    count = 0
    for found, (metrics, spread) in scored(members, days, together):
        assert list(found.metrics) == list(metrics)
        # Alone 1 - p is taken in float32, a few 1e-5 of log loss where p is next to 1.
        assert found.metrics == pytest.approx(metrics, rel=5e-5, abs=1e-5, nan_ok=True)
        for name, ends in spread.items():
            assert list(found.intervals[name]) == list(ends)
            for score, expected in ends.items():
                assert np.allclose(found.intervals[name][score], expected, rtol=1e-5, atol=1e-5, equal_nan=True)
        count += 1
    assert count > 1
    assert not together.scores.ready


def test_a_task_with_scores_of_its_own_is_scored_alone(trained, monkeypatch):
    scores = BinaryClassification.forecast_scores
    monkeypatch.setattr(
        BinaryClassification, "forecast_scores", lambda self: scores(self) | {"mae": MeanAbsoluteError()}
    )
    members, days, together = trained("task=binary")
    assert [found for found, _ in scored(members, days, together)] == [None] * 3


def test_a_task_with_another_score_of_a_known_name_is_scored_alone(trained, monkeypatch):
    scores = BinaryClassification.forecast_scores
    monkeypatch.setattr(
        BinaryClassification, "forecast_scores", lambda self: scores(self) | {"brier": MeanAbsoluteError()}
    )
    members, days, together = trained("task=binary")
    assert [found for found, _ in scored(members, days, together)] == [None] * 3


@given(
    p=arrays(float, (3, 12), elements=st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9, 1.0])),
    y=arrays(int, (3, 12), elements=st.integers(0, 1)),
)
def test_average_precision_is_scikit_learns(p, y):
    found = average_precision(torch.as_tensor(p), torch.as_tensor(y, dtype=torch.float64))
    for one, forecast, truth in zip(found.tolist(), p, y, strict=True):
        if truth.any():
            assert one == pytest.approx(average_precision_score(truth, forecast))
        else:
            assert np.isnan(one)
