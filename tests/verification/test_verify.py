"""The scores of a model, its references and their intervals: of whole splits, however their days come."""

from datetime import date
from functools import cache

import numpy as np
import pytest
import torch
from shipped import TARGET, splits_of
from sklearn import metrics

from stratus import tasks
from stratus.tasks.weights import Weights
from stratus.training.optimum import optimum
from stratus.verification.model import Model
from stratus.verification.references import References
from stratus.verification.verify import Tally, scores, verify

every_task = pytest.mark.parametrize("name", TARGET)


@cache
def posed(name, lead=0, **settings):
    validation_from = None if settings.pop("published", False) else date(2014, 1, 1)
    splits = splits_of(name, lead=lead, validation_from=validation_from)
    return splits, tasks.find(name).for_splits(splits, **settings)


@cache
def references(name):
    """What the task is held against."""
    splits, task = posed(name)
    return References.fit(task, splits)


def several(splits, task, count=3):
    """Models whose weights lie about the optimum."""
    best, generator = optimum(task, splits).weights, torch.Generator().manual_seed(1)

    def about(one):
        return one + 0.3 * torch.randn((count, *one.shape), generator=generator, dtype=torch.float64)

    return Model(task, Weights(about(best.weight), about(best.bias)), splits.target, tuple("abcdefg"[:count]))


def one_of(models, k):
    return Model(models.task, Weights(models.weights.weight[k], models.weights.bias[k]), models.target)


@every_task
def test_each_of_many_models_is_verified_as_it_is_alone(name):
    splits, task = posed(name)
    models, held = several(splits, task), references(name)
    together = verify(models, splits, held)
    assert len(together) == 3
    for k, found in enumerate(together):
        (alone,) = verify(one_of(models, k), splits, held)
        assert found.metrics == pytest.approx(alone.metrics, rel=1e-12, nan_ok=True)
        for one, row in alone.references.items():
            assert found.references[one] == pytest.approx(row, rel=1e-12, nan_ok=True)
        for ends in ("scores", "against_climatology"):
            mine, own = (getattr(one.intervals, ends) for one in (found, alone))
            assert mine.keys() == own.keys()
            for score, interval in own.items():
                assert mine[score] == pytest.approx(interval, rel=1e-9, abs=1e-12)


@every_task
def test_a_model_has_a_score_of_each_kind_on_each_split_and_skill_beside_climatology(name):
    splits, task = posed(name)
    (found,) = verify(one_of(several(splits, task), 0), splits, references(name))
    by_split = {
        one: {tag.removeprefix(f"{one}/") for tag in found.metrics if tag.startswith(f"{one}/")}
        for one in ("train", "val", "test")
    }
    assert by_split["train"] == by_split["val"] == by_split["test"] - {"skill"}
    assert all(row.keys() == found.metrics.keys() for row in found.references.values())
    ruler = "test/brier" if name != "regression" else "test/rmse"
    mine, usual = found.metrics[ruler], found.references["climatology"][ruler]
    power = 1 if name != "regression" else 2
    assert found.metrics["test/skill"] == pytest.approx(1 - (mine / usual) ** power)
    assert found.references["climatology"]["test/skill"] == 0


@every_task
def test_the_parts_of_the_test_days_and_those_that_are_shown_are_the_model_s_and_the_references(name):
    splits, task = posed(name)
    model, parts = one_of(several(splits, task), 0), []
    (found,) = verify(model, splits, references(name), parts.append)
    assert found.test.names == ("model", "climatology", "persistence", "optimum")
    np.testing.assert_array_equal(found.test["model"].forecast, model.forecasts(splits.test).forecast)
    np.testing.assert_array_equal(np.concatenate([one.forecast for one in parts], 1), found.test.forecast)
    np.testing.assert_array_equal(found.test.days.dates, splits.test.dates)


@every_task
def test_days_in_chunks_have_the_scores_of_all(name):
    splits, task = posed(name)
    models = several(splits, task)
    whole, chunks = Tally(task), Tally(task)
    whole.update(models.forecasts(splits.train))
    for part in splits.train.chunks(100):
        chunks.update(models.forecasts(part))
    assert chunks.days == whole.days == len(splits.train)
    for score, expected in whole.compute().items():
        np.testing.assert_allclose(chunks.compute()[score], expected, rtol=1e-10, atol=1e-12)


@every_task
def test_the_loss_of_a_tally_is_the_task_s_with_its_class_weights(name):
    settings = {} if name == "regression" else {"class_weights": "balanced"}
    splits, task = posed(name, **settings)
    model = one_of(several(splits, task), 0)
    y = torch.as_tensor(splits.test.y)
    assert scores(model, splits.test)["loss"] == pytest.approx(
        task.loss(model.logits(splits.test.x), y).item(), rel=1e-9
    )


def test_the_scores_of_an_event_are_scikit_learn_s():
    splits, task = posed("binary")
    model = one_of(several(splits, task), 0)
    found, p, y = scores(model, splits.test), model.forecast(splits.test.x)[:, 0], splits.test.y[:, 0]
    assert found["brier"] == pytest.approx(metrics.brier_score_loss(y, p))
    assert found["average_precision/rain"] == pytest.approx(metrics.average_precision_score(y, p.astype(np.float32)))
    assert found["days/rain"] == y.sum()


@pytest.mark.parametrize(
    ("name", "lead", "published"),
    [
        ("regression", 1, {"mae": 1.525, "rmse": 1.921, "accuracy": 0.718}),
        ("binary", 0, {"accuracy": 0.652, "brier": 0.2102}),
        ("multiclass", 0, {"accuracy": 0.600, "log_loss": 1.122, "recall/drizzle": 0, "recall/fog": 0}),
        ("multiclass", 0, {"recall/rain": 0.71, "recall/sun": 0.72, "recall/snow": np.nan}),
    ],
)
def test_the_optimum_s_weights_score_as_published_on_the_test_days(name, lead, published):
    splits, task = posed(name, lead, published=True)
    found = scores(Model(task, optimum(task, splits).weights, splits.target), splits.test)
    digits = {score: len(str(value).partition(".")[2]) for score, value in published.items()}
    rounded = {score: round(found[score], digits[score]) for score in published}
    assert rounded == pytest.approx(published, abs=1e-9, nan_ok=True)
