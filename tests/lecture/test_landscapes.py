"""The losses with local minima, beside numpy."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from stratus.lecture.landscapes import learnt_period, toy

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
