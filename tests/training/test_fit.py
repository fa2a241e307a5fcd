"""Descent arrives at the optimum, and what training one run gives."""

import math
import signal
from datetime import date
from functools import partial

import numpy as np
import pytest
import torch
from lightning.pytorch import Callback, Trainer
from lightning.pytorch.loggers import CSVLogger
from shipped import splits_of
from torch.optim import LBFGS, SGD

from stratus import tasks
from stratus.data.datamodule import WeatherDataModule
from stratus.tasks.weights import Weights
from stratus.training.fit import fit
from stratus.training.starts import zeros


@pytest.fixture
def trained(tmp_path):
    """Trains a task from zero, all training days in one batch."""

    def run(name, splits, optimizer, epochs, **more):
        task = tasks.find(name).for_splits(splits, optimizer=optimizer, init=zeros)
        trainer = partial(Trainer, accelerator="cpu", devices=1, max_epochs=epochs)
        loggers = [CSVLogger(tmp_path)]
        return task, fit(task, WeatherDataModule(splits, None), trainer, folder=tmp_path, loggers=loggers, **more)

    return run


def training_loss(task, splits):
    """In float64, of the weights as they are."""
    return task.loss(Weights.of(task).logits(task, splits.train.x), torch.as_tensor(splits.train.y)).item()


def test_gradient_descent_a_little_below_the_limit_reaches_the_optimum(trained):
    splits = splits_of("regression", lead=1)
    task, found = trained("regression", splits, partial(SGD, lr=0.50), epochs=300)
    assert training_loss(task, splits) == pytest.approx(3.5541361, abs=1e-6)
    assert found.last_value == pytest.approx(3.5541361, abs=1e-6)
    assert task.linear.bias.tolist() == pytest.approx([12.080027], abs=1e-4)
    assert task.linear.weight[0].tolist() == pytest.approx([-0.358642, 6.049211], abs=1e-4)


@pytest.mark.parametrize("name", ["binary", "multiclass"])
def test_cross_entropy_oscillates_but_stays_finite_however_large_the_step(trained, name):
    splits = splits_of(name)
    task, _ = trained(name, splits, partial(SGD, lr=1e6), epochs=50)
    assert 10 < training_loss(task, splits) < math.inf  # far above that of knowing nothing


@pytest.mark.parametrize(
    ("name", "features", "lead", "published"),
    [
        ("regression", "two_days", 1, 3.5541361),
        ("regression", "harmonics", 0, 7.2307452),
        ("binary", "two_days", 0, 0.6390691),  # a second sigmoid before the loss would stop at .6927999
        ("binary", "quadratic", 0, 0.5916306),
        ("binary", "station harmonics", 0, 0.5370921),
        ("multiclass", "two_days", 0, 0.9924306),  # a second softmax at 1.2814321
    ],
)
def test_lbfgs_reaches_the_published_optimum(trained, name, features, lead, published):
    splits = splits_of(name, features, lead)
    task, _ = trained(name, splits, partial(LBFGS, lr=1.0, line_search_fn="strong_wolfe"), epochs=8)
    assert training_loss(task, splits) == pytest.approx(published, rel=3e-6)


def test_the_kept_weights_are_those_of_the_lowest_validation_loss_and_the_task_keeps_the_last(trained):
    splits = splits_of("regression", lead=1, validation_from=date(2014, 1, 1))
    task, found = trained("regression", splits, partial(SGD, lr=0.55), epochs=30)  # above the limit
    assert (found.epochs, found.steps) == (30, 30)
    assert found.trace.steps == list(range(31))

    def loss(epoch, samples):
        mean, scale = splits.standardisation
        z = (samples.x - mean) / scale @ found.trace.weight[epoch].double().numpy().T + found.trace.bias[
            epoch
        ].double().numpy()
        return np.mean((z - samples.y) ** 2)

    validation = [loss(epoch, splits.validation) for epoch in range(1, 31)]
    assert found.best_epoch == 1 + int(np.argmin(validation)) < 30
    assert torch.equal(found.task.linear.weight, found.trace.weight[found.best_epoch])
    assert torch.equal(task.linear.weight, found.trace.weight[-1])
    assert found.last_value == pytest.approx(loss(-1, splits.train), rel=1e-6)
    assert found.seconds > 0


def test_without_validation_days_the_last_weights_are_kept(trained):
    task, found = trained("binary", splits_of("binary"), partial(SGD, lr=1.0), epochs=3)
    assert found.best_epoch == 3
    assert torch.equal(found.task.linear.weight, task.linear.weight)


class Asks(Callback):
    """Asks at each epoch who gets SIGTERM."""

    def __init__(self):
        self.told = []

    def on_train_epoch_end(self, trainer, pl_module):
        self.told.append(signal.getsignal(signal.SIGTERM))


def test_sigterm_goes_to_whom_it_went_before_training(trained):
    def mine(signum, frame):
        raise SystemExit(143)

    before, asks = signal.signal(signal.SIGTERM, mine), Asks()
    try:
        trained("binary", splits_of("binary"), partial(SGD, lr=1.0), epochs=2, callbacks=[asks])
        assert asks.told == [mine, mine]
        assert signal.getsignal(signal.SIGTERM) is mine
    finally:
        signal.signal(signal.SIGTERM, before)
