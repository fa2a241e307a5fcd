"""Balanced class weights against scikit-learn's, and what they do to a class too rare to be forecast."""

import numpy as np
import pytest
import torch
from shipped import splits_of
from sklearn.linear_model import LogisticRegression
from sklearn.utils.class_weight import compute_class_weight
from torch.func import hessian

from stratus import tasks
from stratus.data.batches import targets
from stratus.training.checkpoints import load
from stratus.training.optimum import optimum
from stratus.training.stability import largest_stable_step
from stratus.verification.model import Model
from stratus.verification.verify import scores


def balanced(name):
    splits = splits_of(name)
    return splits, tasks.find(name).for_splits(splits, class_weights="balanced")


def design(splits):
    mean, scale = splits.standardisation
    return (splits.train.x - mean) / scale


@pytest.mark.parametrize("name", ["binary", "multiclass"])
def test_the_weights_are_those_of_scikit_learn(name):
    splits, task = balanced(name)
    y = splits.train.y.ravel().astype(int)
    expected = compute_class_weight("balanced", classes=np.unique(y), y=y)
    np.testing.assert_allclose(task.class_weights.numpy(), expected[None], rtol=1e-6)


@pytest.mark.parametrize("name", ["binary", "multiclass", "multilabel"])
def test_the_optimum_is_that_of_scikit_learn(name):
    splits, task = balanced(name)
    best = optimum(task, splits)
    assert best.attained
    y = splits.train.y if name == "multilabel" else splits.train.y.reshape(-1, 1)
    x, logits = design(splits), best.weights.logits(task, splits.train.x).numpy()
    for k in range(y.shape[1]):
        peer = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000, class_weight="balanced").fit(x, y[:, k])
        if name == "multiclass":  # each up to a constant a day
            found, expected = (z - z.mean(axis=1, keepdims=True) for z in (logits, peer.decision_function(x)))
        else:
            found, expected = logits[:, k], peer.decision_function(x)
        np.testing.assert_allclose(found, expected, atol=2e-4)


@pytest.mark.parametrize("name", ["binary", "multiclass", "multilabel"])
def test_the_stable_step_is_sure_by_the_hessian_at_the_start(name):
    splits, task = balanced(name)
    a = torch.as_tensor(np.column_stack([design(splits), np.ones(len(splits.train))]))
    shape = (len(splits.outputs), a.shape[1])
    bend = hessian(lambda theta: task.loss(a @ theta.view(shape).T, targets(splits.train, torch.float64)))(
        torch.zeros(shape[0] * shape[1], dtype=torch.float64)
    )
    limit = largest_stable_step(task, splits, torch.optim.SGD(task.parameters(), lr=0.1))
    assert limit <= 2 / torch.linalg.eigvalsh(bend)[-1].item() * (1 + 1e-6)
    # At 0 the binary bound is the Hessian itself: σ' is 1/4 there.
    if name != "multiclass":
        assert limit == pytest.approx(2 / torch.linalg.eigvalsh(bend)[-1].item(), rel=1e-6)


def test_a_class_never_forecast_is_forecast_once_it_is_weighed(trained, tmp_path):
    alike, weighed = (
        trained(tmp_path / name, "trainer.max_epochs=5", "optimizer=lbfgs", *given)
        for name, given in (("alike", []), ("weighed", ["task.class_weights=balanced"]))
    )
    rare = ("drizzle", "fog", "snow")
    assert [alike["metrics"][f"train/recall/{name}"] for name in rare[:2]] == [0, 0]
    assert all(weighed["metrics"][f"train/recall/{name}"] > 0.2 for name in rare)
    assert weighed["metrics"]["test/accuracy"] < alike["metrics"]["test/accuracy"]
    kept = load(tmp_path / "weighed" / "checkpoints" / "best.ckpt")
    assert kept.task.class_weights is not None
    splits, _ = balanced("multiclass")
    assert scores(Model.of(kept.task, kept.recipe.target), splits.test)["loss"] == pytest.approx(
        weighed["metrics"]["test/loss"]
    )
