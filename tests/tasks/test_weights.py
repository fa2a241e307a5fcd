"""θ = (W, b) as plain numbers, of one model or many side by side."""

import numpy as np
import torch

from stratus import tasks
from stratus.tasks.weights import Weights


def make():
    standardisation = ([1.0, -2.0], [2.0, 0.5])
    return tasks.find("multiclass")(
        inputs=["a", "b"], units=["1", "1"], outputs=["fog", "rain", "sun"], standardisation=standardisation
    )


def test_weights_are_taken_from_a_task_and_given_to_another_unchanged():
    one, other = make(), make()
    found = Weights.of(one)
    assert (found.weight.dtype, found.bias.dtype) == (torch.float64, torch.float64)
    found.put(other)
    assert torch.equal(one.linear.weight, other.linear.weight)
    assert torch.equal(one.linear.bias, other.linear.bias)
    with torch.no_grad():
        one.linear.weight += 1
    assert torch.equal(found.weight, other.linear.weight.double())  # a copy


def test_logits_are_those_of_standardised_inputs_in_float64():
    task, x = make(), np.random.default_rng(1).normal(size=(5, 2))
    weights = Weights.of(task)
    z = (x - [1, -2]) / [2, 0.5] @ weights.weight.numpy().T + weights.bias.numpy()
    np.testing.assert_allclose(weights.logits(task, x), z, rtol=1e-13)
    np.testing.assert_allclose(task(torch.as_tensor(x, dtype=torch.float32)).detach(), z, rtol=1e-5, atol=1e-6)


def test_many_models_side_by_side_have_the_logits_that_each_has_alone():
    task, x = make(), np.random.default_rng(2).normal(size=(5, 2))
    many = Weights(torch.randn(4, 2, 3, 2, dtype=torch.float64), torch.randn(4, 2, 3, dtype=torch.float64))
    together = many.logits(task, x)
    assert together.shape == (4, 2, 5, 3)
    for place in np.ndindex(4, 2):
        alone = Weights(many.weight[place], many.bias[place]).logits(task, x)
        torch.testing.assert_close(together[place], alone, rtol=1e-12, atol=1e-12)


def test_the_design_is_the_standardised_inputs_and_a_constant():
    task, x = make(), torch.tensor([[3.0, -1.5], [1.0, -2.0]])
    assert task.standardised(x).tolist() == [[1, 1], [0, 0]]
    assert task.design(x).tolist() == [[1, 1, 1], [0, 0, 1]]
