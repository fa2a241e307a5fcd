"""How the learning rate changes over the epochs."""

import math
from functools import partial

import pytest
import torch
from torch.optim import SGD

from stratus.training.schedules import cosine, step


def rates(schedule, epochs, lr=0.8):
    optimizer = SGD([torch.zeros(1, requires_grad=True)], lr=lr)
    scheduler = schedule(optimizer, epochs=epochs)
    found = []
    for _ in range(epochs + 1):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return found


@pytest.mark.parametrize("final", [0.0, 0.1])
def test_cosine_falls_along_half_a_wave_to_its_final_share(final):
    found = rates(partial(cosine, final=final), epochs=8)
    half_wave = [(1 + math.cos(math.pi * t / 8)) / 2 for t in range(9)]
    assert found == pytest.approx([0.8 * final + (0.8 - 0.8 * final) * w for w in half_wave])
    assert found[0] == 0.8
    assert found[4] == pytest.approx(0.8 * (1 + final) / 2)
    assert found[8] == pytest.approx(0.8 * final)


def test_cosine_stays_at_its_end():
    optimizer = SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = cosine(optimizer, epochs=2, final=0.25)
    for _ in range(5):
        optimizer.step()
        scheduler.step()
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.25)


def test_step_falls_by_its_factor_after_every_so_many_epochs():
    found = rates(partial(step, every=3, factor=0.5), epochs=7)
    assert found == pytest.approx([0.8, 0.8, 0.8, 0.4, 0.4, 0.4, 0.2, 0.2])
