"""Scores of many members at once: each is what it is alone, and average precision is scikit-learn's."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score
from stratus.training.lone import starting
from stratus.verification.evaluation import References

from stratus.runs import experiment
from stratus.scores.metrics import RankedProbability
from stratus.sweep.batched import scores
from stratus.sweep.batched.member import fit_together
from stratus.sweep.batched.scores import Scores, average_precision
from stratus.tasks.multiclass import MulticlassClassification
from stratus.verification import evaluation
from stratus.verification.intervals import intervals


def samples(one):
    data = one.data
    return data.load().observations.split(
        one.recipe, data.borders, standardise=one.features.standardise, resample=data.resample
    )


def group(settings, *overrides, varied=("seed=1", "seed=2", "seed=3")):
    """Members trained for two epochs, from starts far enough apart for other scores; and the days."""
    words = ("trainer.max_epochs=2", "init=gaussian", "init.sigma=3", *overrides)
    members = [settings(*words, *one.split()) for one in varied]
    days = samples(members[0])
    return members, days, fit_together(members, days)


def scored(members, days, trained, places=None):
    """Of each member its scores among the others and alone."""
    for place in range(len(members)) if places is None else places:
        own = days.resampled(members[place].data.resample)
        references = References.of(starting(members[place], own), own)
        found = trained.scores.of(place, own, references)
        trained.outcome.kept.put(trained.task, place)
        yield found, evaluation.metrics(trained.task, own, references), intervals(trained.task, own)


def assert_same(found, metrics, ends):
    assert list(found.metrics) == list(metrics)
    assert found.metrics == pytest.approx(metrics, rel=1e-5, abs=1e-5, nan_ok=True)
    assert found.intervals.keys() == ends.keys()
    for name, one in ends.items():
        assert list(found.intervals[name]) == list(one)
        for score, interval in one.items():
            assert found.intervals[name][score] == pytest.approx(interval, rel=1e-5, abs=1e-5, nan_ok=True)


@pytest.mark.parametrize(
    "task",
    [
        ("task=regression",),
        ("task=regression", "data=two_cities", "data.validation_from=null"),
        ("task=binary", "task.class_weights=balanced"),
        ("task=multiclass", "task.class_weights=balanced"),
        ("task=multiclass", "data=two_cities", "data.validation_from=null"),
        ("task=multilabel",),
        ("task=multilabel", "task.class_weights=balanced"),
    ],
    ids=" ".join,
)
def test_a_member_s_scores_are_those_of_a_run_alone(settings, task):
    for found, metrics, ends in scored(*group(settings, *task)):
        assert_same(found, metrics, ends)


@pytest.mark.parametrize("task", ["task=binary", "task=multiclass"])
def test_members_on_resamples_are_scored_on_their_own_days(settings, task):
    varied = ("seed=1", "data.resample=1", "data.resample=2", "seed=2 data.resample=1", "seed=2")
    rows = list(scored(*group(settings, task, varied=varied)))
    assert rows.pop(2)[0] is None  # the only one of its resample
    for found, metrics, ends in rows:
        assert_same(found, metrics, ends)
    days = [found.metrics["train/days/rain"] for found, _, _ in rows]
    assert days[1] == days[2] != days[0] == days[3]


@pytest.mark.parametrize(("at_once", "alone"), [(1 << 19, 0), (8000, 1), (100, 5)])  # all, two of them, not even one
def test_members_may_be_asked_for_in_any_order_and_number(settings, monkeypatch, at_once, alone):
    monkeypatch.setattr(scores, "AT_ONCE", at_once)
    members, days, trained = group(settings, "task=multiclass", varied=[f"seed={k}" for k in range(5)])
    rows = list(scored(members, days, trained, [3, 0, 4, 1, 2]))
    assert len([found for found, _, _ in rows if found is None]) == alone
    for found, metrics, ends in rows:
        if found:
            assert_same(found, metrics, ends)


@pytest.mark.parametrize("task", ["task=regression", "task=binary", "task=multiclass"])
@pytest.mark.parametrize("weight", [1e11, 1e30, np.inf, np.nan])
def test_a_member_with_huge_weights_leaves_the_others_as_they_are(settings, task, weight):
    members, days, trained = group(settings, task)
    trained.outcome.kept.theta[..., 1] = weight
    trained = replace(trained, scores=Scores(trained.task, trained.outcome, [None] * 3))
    (first, *alone), (last, *last_alone) = scored(members, days, trained, [0, 2])
    assert_same(first, *alone)
    assert_same(last, *last_alone)
    if weight == 1e11:
        ((huge, *huge_alone),) = scored(members, days, trained, [1])
        assert_same(huge, *huge_alone)
    else:
        references = References.of(starting(members[1], days), days)
        assert trained.scores.of(1, days, references) is None


def test_a_task_with_scores_of_its_own_is_scored_member_by_member(settings, monkeypatch, tmp_path):
    members, days, trained = group(settings, "task=multiclass")
    own = MulticlassClassification.forecast_scores
    monkeypatch.setattr(
        MulticlassClassification, "forecast_scores", lambda self: own(self) | {"ranked": RankedProbability()}
    )
    assert [found for found, _, _ in scored(members, days, trained)] == [None] * 3
    record = {"data": {}}
    fit = trained.fit_of(1)
    experiment.run(members[1], None, days, folder=tmp_path, record=record, fit=fit)
    assert 0 < record["metrics"]["test/ranked"] < 4


def test_a_task_that_means_something_else_by_a_score_is_scored_member_by_member(settings, monkeypatch):
    members, days, trained = group(settings, "task=multiclass")
    own = MulticlassClassification.forecast_scores
    monkeypatch.setattr(
        MulticlassClassification, "forecast_scores", lambda self: own(self) | {"brier": RankedProbability()}
    )
    assert [found for found, _, _ in scored(members, days, trained)] == [None] * 3


def test_a_run_of_a_group_records_the_scores_of_the_group(settings, tmp_path):
    members, days, trained = group(settings, "task=binary")
    record = {"data": {}}
    fit = trained.fit_of(2)
    objective = experiment.run(members[2], None, days, folder=tmp_path, record=record, fit=fit)
    trained.outcome.kept.put(trained.task, 2)
    alone = evaluation.metrics(trained.task, days, References.of(starting(members[2], days), days))
    assert record["metrics"] == pytest.approx(alone, abs=1e-5)
    assert objective == record["metrics"]["val/loss"]
    assert record["intervals"]["test/brier"] == pytest.approx(intervals(trained.task, days)["intervals"]["test/brier"])


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(1, 12))
@hypothesis(max_examples=40, deadline=None)
def test_average_precision_is_scikit_learn_s_with_ties_too(seed, days, steps):
    draw = np.random.default_rng(seed)
    p = draw.integers(0, steps + 1, (2, 3, days)) / steps
    y = draw.integers(0, 2, days)
    found = average_precision(p, y)
    if not y.any():
        assert np.isnan(found).all()
        return
    expected = [[average_precision_score(y, one) for one in row] for row in p]
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert np.array_equal(average_precision(torch.tensor(p).float().numpy(), y), found)
