"""An output that is unknown on a day adds nothing: to a loss, to a gradient, to a curve."""

from functools import partial

import gappy
import numpy as np
import pytest
import torch
from lightning.pytorch import Trainer
from sklearn.metrics import accuracy_score, log_loss, mean_squared_error
from torch.nn.functional import binary_cross_entropy_with_logits

from stratus import tasks
from stratus.data.batches import truth
from stratus.data.datamodule import WeatherDataModule
from stratus.training.starts import gaussian

TARGETS = {"multilabel": "rain_by_station", "regression": "temperature_by_station"}
every_task = pytest.mark.parametrize("name", TARGETS)


def drawn(name):
    """Five days of three outputs, two of them unknown, with a task of one input."""
    generator = torch.Generator().manual_seed(0)
    z, y = torch.randn(5, 3, generator=generator, dtype=torch.float64), torch.tensor([[1.0, 0, 1]]).repeat(5, 1)
    y = y.double()
    y[0, 1] = y[3, 2] = torch.nan
    return tasks.find(name)(inputs=["x"], units=["1"], outputs=["a", "b", "c"]), z, y


def term(name, z, y):
    """ℓ of one day and output, by its definition."""
    return (z - y) ** 2 if name == "regression" else np.log1p(np.exp(z)) - y * z


@every_task
def test_the_loss_sums_over_what_is_known_and_divides_by_all_days(name):
    task, z, y = drawn(name)
    pairs = [(i, j) for i in range(5) for j in range(3) if (i, j) not in [(0, 1), (3, 2)]]
    expected = sum(term(name, z[i, j].item(), y[i, j].item()) for i, j in pairs) / 5
    assert task.loss(z, *truth(y)).item() == pytest.approx(expected, rel=1e-12)


@every_task
def test_no_gradient_comes_of_what_is_unknown_and_the_others_are_as_without_it(name):
    task, z, y = drawn(name)
    z.requires_grad_()
    (slope,) = torch.autograd.grad(task.loss(z, *truth(y)), z, create_graph=True)
    (bend,) = torch.autograd.grad(slope.sum(), z)
    link = z if name == "regression" else torch.sigmoid(z)
    expected = torch.where(y.isnan(), 0, (2 if name == "regression" else 1) * (link - y) / 5)
    torch.testing.assert_close(slope, expected)
    assert torch.equal(bend == 0, y.isnan())


def test_class_weights_are_of_each_output_s_own_known_days():
    splits = gappy.splits("rain_by_station")
    task = tasks.find("multilabel").for_splits(splits, class_weights="balanced")
    z = torch.randn(len(splits.train), 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    expected = 0
    for column, y in zip(z.T, torch.as_tensor(splits.train.y).T, strict=True):
        known = ~y.isnan()
        weight = torch.where(y == 1, 0.5 / y[known].mean(), 0.5 / (1 - y[known].mean()))[known]
        expected += binary_cross_entropy_with_logits(column[known], y[known], weight, reduction="sum") / len(z)
    found = task.loss(z, *truth(torch.as_tensor(splits.train.y)))
    assert found.item() == pytest.approx(expected.item(), rel=1e-6)  # the weights are float32


@every_task
@pytest.mark.parametrize("size", [None, 32])
def test_curves_are_over_what_is_known(tmp_path, name, size):
    splits = gappy.splits(TARGETS[name])
    task = tasks.find(name).for_splits(splits, init=partial(gaussian, sigma=0.1))
    task.optimizer = lambda parameters: torch.optim.SGD(parameters, lr=0.0)  # it stays where it is
    trainer = Trainer(
        max_epochs=1, logger=False, enable_progress_bar=False, enable_model_summary=False, default_root_dir=tmp_path
    )
    trainer.fit(task, WeatherDataModule(splits, size))
    for split, days in (("train", splits.train), ("val", splits.validation)):
        z = task(torch.as_tensor(days.x, dtype=torch.float32)).detach().double().numpy()
        known = ~np.isnan(days.y)
        z, y = z[known], days.y[known]
        if name == "regression":
            loss, right = mean_squared_error(y, z), np.mean(np.abs(y - z) <= 2)
        else:
            loss, right = log_loss(y, 1 / (1 + np.exp(-z))), accuracy_score(y, z > 0)
        found = {one: trainer.callback_metrics[f"{split}/{one}"].item() for one in ("loss", "accuracy")}
        assert found == pytest.approx({"loss": loss * known.sum() / len(days), "accuracy": right}, rel=1e-5)
