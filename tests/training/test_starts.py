"""Where descent starts."""

import math
from functools import partial

import pytest
import torch
from shipped import splits_of

from stratus import tasks
from stratus.training.starts import gaussian, uniform, zeros


def drawn(init, seed=0):
    parameter = torch.full((200, 200), math.nan)
    init(parameter, torch.Generator().manual_seed(seed))
    return parameter


def test_zeros_are_zero():
    assert drawn(zeros).count_nonzero() == 0


def test_sigma_is_the_standard_deviation_of_a_gaussian_start():
    start = drawn(partial(gaussian, sigma=3.0))
    assert start.mean().item() == pytest.approx(0, abs=0.06)
    assert start.std().item() == pytest.approx(3, rel=0.02)
    within = (start.abs() < 3).double().mean().item()
    assert within == pytest.approx(math.erf(1 / math.sqrt(2)), abs=0.01)


def test_sigma_is_half_the_width_of_a_uniform_start():
    start = drawn(partial(uniform, sigma=2.0))
    assert -2 <= start.min() < -1.99
    assert 1.99 < start.max() <= 2
    assert start.std().item() == pytest.approx(2 / math.sqrt(3), rel=0.02)


@pytest.mark.parametrize("init", [gaussian, uniform])
def test_a_seed_decides_the_start(init):
    splits = splits_of("binary")

    def start(seed):
        task = tasks.find("binary").for_splits(splits, init=partial(init, sigma=1.0), seed=seed)
        return [*task.linear.weight.flatten().tolist(), *task.linear.bias.tolist()]

    torch.manual_seed(5)
    first = start(1)
    torch.manual_seed(6)
    assert start(1) == first
    assert not set(start(2)) & set(first)
