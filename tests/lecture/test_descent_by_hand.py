"""The lecture's loop, beside the closed form of a quadratic, torch's own optimiser and the runs' trace."""

from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from lightning.pytorch import Trainer
from shipped import splits_of

from stratus import tasks
from stratus.data.datamodule import WeatherDataModule
from stratus.lecture.descent_by_hand import descend, descend_each, learnt_period, loss_on, on_plane, path_of, toy
from stratus.tasks.weights import Weights
from stratus.training.callbacks import Trace
from stratus.training.starts import gaussian


def fitting(name, **settings):
    splits = splits_of(name, lead=1)
    return splits, tasks.find(name).for_splits(splits, **settings)


@given(
    start=st.floats(-100, 100),
    lowest=st.floats(-10, 10),
    curvature=st.floats(0.01, 4),
    rate=st.floats(0.001, 0.49),
)
def test_each_step_on_a_parabola_multiplies_the_error_by_one_less_rate_times_curvature(start, lowest, curvature, rate):
    path = descend(lambda x: curvature / 2 * (x - lowest) ** 2, torch.tensor(start, dtype=torch.float64), rate, 20)
    error = (start - lowest) * (1 - rate * curvature) ** np.arange(21)
    np.testing.assert_allclose(path.numpy(), lowest + error, atol=1e-9)


@pytest.mark.parametrize("name", ["regression", "binary", "multiclass"])
def test_the_loop_takes_the_steps_of_a_run(name):
    splits, task = fitting(name, init=partial(gaussian, sigma=3.0), seed=2, optimizer=partial(torch.optim.SGD, lr=0.2))
    trace = Trace()
    silent = {"logger": False, "enable_checkpointing": False, "enable_model_summary": False}
    trainer = Trainer(
        max_epochs=10,
        accelerator="cpu",
        callbacks=[trace],
        limit_val_batches=0,
        log_every_n_steps=1,
        enable_progress_bar=False,
        **silent,
    )
    trainer.fit(task, WeatherDataModule(splits, batch_size=None))
    path = path_of(trace)
    assert path.shape == (11, len(splits.outputs), 3)
    by_hand = descend(loss_on(task, splits.train), path[0], 0.2, 10)
    torch.testing.assert_close(by_hand, path, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["regression", "binary", "multiclass"])
def test_the_loss_of_a_matrix_is_the_tasks_own(name):
    splits, task = fitting(name, init=partial(gaussian, sigma=1.0), seed=1)
    theta = torch.cat([task.linear.weight, task.linear.bias[:, None]], 1).detach().double()
    y = torch.as_tensor(splits.train.y)
    own = task.loss(Weights.of(task).logits(task, splits.train.x), y)
    torch.testing.assert_close(loss_on(task, splits.train, torch.float64)(theta), own)


def test_starts_side_by_side_go_the_way_each_goes_alone():
    splits, task = fitting("binary")
    loss = loss_on(task, splits.train)
    starts = torch.randn(3, 1, 3, generator=torch.Generator().manual_seed(0))
    rates = torch.tensor([0.1, 1.0, 6.0])
    together = descend_each(loss, starts, rates, 15)
    alone = torch.stack([descend(loss, start, rate, 15) for start, rate in zip(starts, rates, strict=True)])
    torch.testing.assert_close(together, alone)
    torch.testing.assert_close(descend_each(loss, starts, 0.1, 15)[0], alone[0])


def test_a_plane_is_spanned_by_its_axes():
    origin, axes = torch.tensor([[1.0, 2.0, 3.0]]), torch.eye(3)[1:, None]
    found = on_plane(lambda theta: (theta * torch.tensor([1.0, 10.0, 100.0])).sum(), origin, axes)
    assert found(torch.tensor([4.0, 5.0])) == 1 + 10 * (2 + 4) + 100 * (3 + 5)


T = np.linspace(-0.5, 0.5, 200)
Y = np.random.default_rng(0).normal(size=200) + 3 * np.sin(2 * np.pi * 4.2 * T + 1)
WAVE = learnt_period(torch.as_tensor(T), torch.as_tensor(Y))


@given(st.floats(-10, 10))
def test_the_toy_is_a_parabola_with_a_wave(x):
    np.testing.assert_allclose(toy(torch.tensor(x, dtype=torch.float64)), 3 * x**2 + np.sin(5 * x))


@given(st.floats(0.5, 40))
def test_the_loss_of_a_period_is_that_of_the_least_squares_wave(cycles):
    angle = 2 * np.pi * cycles * T
    design = np.column_stack([np.ones(200), np.cos(angle), np.sin(angle)])
    error = Y - design @ np.linalg.lstsq(design, Y)[0]
    np.testing.assert_allclose(WAVE(torch.tensor(cycles, dtype=torch.float64)), (error**2).mean(), rtol=1e-9)


def test_a_wave_is_found_at_its_own_period():
    cycles = torch.linspace(1, 20, 1901, dtype=torch.float64)
    assert abs(cycles[torch.func.vmap(WAVE)(cycles).argmin()] - 4.2) < 0.1
