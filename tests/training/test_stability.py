"""The largest stable step, what is said of it, and the guard that stops what diverges."""

import logging
import math
import re
from functools import partial

import gappy
import numpy as np
import pytest
import torch
from lightning.pytorch import Trainer
from shipped import splits_of
from torch.optim import LBFGS, SGD, Adam

from stratus import tasks
from stratus.data.datamodule import WeatherDataModule
from stratus.errors import Diverged
from stratus.training.callbacks import StabilityGuard
from stratus.training.stability import announced_limit, largest_stable_step
from stratus.training.starts import gaussian, zeros


def temperature():
    return splits_of("regression", lead=1)


# --- the largest stable step

PLAIN = partial(SGD, lr=0.1)


def limit(name, splits, optimizer=PLAIN):
    task = tasks.find(name).for_splits(splits, init=zeros)
    return largest_stable_step(task, splits, optimizer(task.parameters()))


@pytest.mark.parametrize(
    ("name", "features", "lead", "published", "within"),
    [
        ("regression", "two_days", 1, 0.5130, 5e-5),
        ("regression", "day_of_year", 0, 1.0, 1e-7),  # the inputs' scale is kept in float32
        ("regression", {"day_of_year": {"degree": 2}}, 0, 0.508, 5e-4),
        ("regression", {"harmonics": {"k": 1}}, 0, 1.000, 5e-4),
        ("regression", "harmonics", 0, 0.997, 5e-4),
        ("regression", "two_days harmonics", 1, 0.354, 5e-4),
        ("binary", "two_days", 0, 4.10, 5e-3),
        ("multiclass", "two_days", 0, 2.05, 5e-3),
    ],
)
def test_the_largest_stable_step_is_the_published_one(name, features, lead, published, within):
    found = limit(name, splits_of(name, features, lead))
    assert found == pytest.approx(published, abs=within)


def test_the_step_is_that_of_the_output_with_the_steepest_loss_over_its_known_days():
    splits = gappy.splits("temperature_by_station")
    mean, scale = splits.standardisation
    a = np.column_stack([np.nan_to_num((splits.train.x - mean) / scale), np.ones(len(splits.train))])
    known = ~np.isnan(splits.train.y)
    steepest = max(np.linalg.norm(a[one], 2) ** 2 / len(a) for one in known.T)
    assert limit("regression", splits) == pytest.approx(2 / (2 * steepest), rel=1e-6)


def test_inputs_in_their_own_units_leave_only_a_tiny_step():
    splits = splits_of("regression", "day_of_year", standardise=False)
    assert limit("regression", splits) == pytest.approx(2.23e-5, rel=3e-3)


def test_the_bias_bounds_the_step_where_the_inputs_are_small():
    # cosine and sine have a mean square of 1/2 over whole years, the bias's constant 1 has twice that
    splits = splits_of("regression", {"harmonics": {"k": 1}}, standardise=False)
    assert limit("regression", splits) == pytest.approx(1, abs=2e-3)


def descend(splits, optimizer, steps, until=math.inf):
    """Losses of plain full-batch descent from zero, in float32, up to the first that is not below `until`."""
    task = tasks.find("regression").for_splits(splits, init=zeros)
    steps_by, losses = optimizer(task.parameters()), []
    x, y = (torch.as_tensor(of, dtype=torch.float32) for of in (splits.train.x, splits.train.y))
    for _ in range(steps):
        loss = task.loss(task(x), y)
        losses.append(loss.item())
        if not losses[-1] < until:
            break
        steps_by.zero_grad()
        loss.backward()
        steps_by.step()
    return losses


@pytest.mark.parametrize(
    "optimizer",
    [
        SGD,
        partial(SGD, weight_decay=0.5),
        partial(SGD, momentum=0.5),
        partial(SGD, momentum=0.9),
        partial(SGD, momentum=0.5, nesterov=True),
        partial(SGD, momentum=0.9, nesterov=True),
        partial(SGD, momentum=0.9, nesterov=True, weight_decay=0.5),
    ],
    ids=repr,
)
def test_one_percent_below_the_limit_descends_and_one_percent_above_grows_without_end(optimizer):
    splits = temperature()
    largest = limit("regression", splits, partial(optimizer, lr=0.1))
    below = descend(splits, partial(optimizer, lr=0.99 * largest), steps=400)
    above = descend(splits, partial(optimizer, lr=1.01 * largest), steps=400, until=1e5)
    assert below[-1] < below[0]
    assert above[-1] >= 1e5


@pytest.mark.parametrize("optimizer", [Adam, LBFGS])
def test_an_optimiser_without_a_fixed_step_has_no_limit(optimizer):
    assert limit("regression", temperature(), partial(optimizer, lr=0.1)) is None


# --- what is said of it


def fit(name, splits, optimizer, epochs, init=zeros):
    """The trained task and its guard; all training days in one batch."""
    task = tasks.find(name).for_splits(splits, optimizer=optimizer, init=init)
    guard = StabilityGuard(announced_limit(task, splits, optimizer(task.parameters())))
    quiet = ("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary")
    trainer = Trainer(
        accelerator="cpu",
        devices=1,
        max_epochs=epochs,
        callbacks=[guard],
        limit_val_batches=0,
        log_every_n_steps=1,
        **dict.fromkeys(quiet, False),
    )
    trainer.fit(task, WeatherDataModule(splits, batch_size=None))
    return task, guard


def test_gradient_descent_above_the_limit_is_stopped_and_told_why(caplog):
    splits = temperature()
    far = partial(gaussian, sigma=1e16)  # from zero it takes 1448 steps to leave float32
    with caplog.at_level(logging.WARNING, "stratus.training.stability"), pytest.raises(Diverged) as caught:
        fit("regression", splits, partial(SGD, lr=0.52), epochs=1000, init=far)
    assert "learning rate 0.52 is above the largest stable step, 0.513: expect divergence" in caplog.text

    message = str(caught.value)
    assert "\n" not in message
    assert "the loss is inf at step " in message
    assert "the learning rate is 0.52, the largest step sure to be stable 0.513" in message
    assert message.endswith("Mend: optimizer.lr=0.46")  # nine tenths of the limit
    steps, last_finite = re.search(r"at step (\d+), the last finite one was (\S+);", message).groups()
    # the squared loss of 1094 days sums to float32's largest; each step adds about 5 %
    largest = torch.finfo(torch.float32).max / len(splits.train)
    assert largest / 1.1 < float(last_finite) <= largest
    assert 10 < int(steps) < 1000


def test_a_step_below_the_limit_is_not_warned_of(caplog):
    with caplog.at_level(logging.INFO, "stratus.training.stability"):
        _, guard = fit("regression", temperature(), partial(SGD, lr=0.5), epochs=1)
    (said,) = [record for record in caplog.records if record.name == "stratus.training.stability"]
    assert said.levelno == logging.INFO
    assert said.message == "learning rate 0.5; the largest stable step is 0.513"
    assert guard.limit == pytest.approx(0.5130, abs=5e-5)


def test_an_optimiser_without_a_limit_is_said_to_have_none(caplog):
    with caplog.at_level(logging.INFO, "stratus.training.stability"):
        fit("regression", temperature(), partial(Adam, lr=0.1), epochs=1)
    assert "Adam has no fixed largest stable step" in caplog.text
