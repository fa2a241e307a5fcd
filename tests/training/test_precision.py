"""`trainer.precision`, `trainer.fast_dev_run` and torch.compile change how a run is computed, and not what it is."""

import pytest
import torch

from stratus.errors import ConfigurationError
from stratus.training.checkpoints import load


@pytest.mark.parametrize(("precision", "near"), [("64-true", 1e-6), ("bf16-mixed", 2e-2)])
def test_training_in_another_precision_ends_near(trained, short, tmp_path, precision, near):
    trained(tmp_path, "task=binary", "trainer.max_epochs=4", f"trainer.precision={precision}")
    first, second = (load(run / "checkpoints" / "last.ckpt").task for run in (short("binary"), tmp_path))
    assert second.linear.weight.dtype == torch.float32
    assert not torch.equal(first.linear.weight, second.linear.weight)
    assert torch.allclose(first.linear.weight, second.linear.weight, atol=near)


def test_half_precision_needs_a_gpu(composed, trained, tmp_path):
    with pytest.raises(ConfigurationError, match=r"trainer\.precision=16-mixed: expected bf16-mixed on a CPU"):
        trained(tmp_path, "trainer.precision=16-mixed")


@pytest.mark.parametrize(("given", "steps"), [("true", 1), ("3", 3)])
def test_a_fast_run_takes_its_steps_and_does_all_that_follows(trained, tmp_path, given, steps):
    run = trained(tmp_path, "task=binary", f"trainer.fast_dev_run={given}")
    last = load(tmp_path / "checkpoints" / "last.ckpt")
    assert (run["epochs"], last.content["global_step"]) == (1, steps)
    assert "test/skill" in run["metrics"]


def test_a_compiled_task_forecasts_the_same(short):
    task = load(short("binary") / "checkpoints" / "best.ckpt").task
    x = 20 * torch.randn(50, 2, generator=torch.Generator().manual_seed(0))
    x[0, 0] = torch.nan
    assert torch.equal(torch.compile(task, backend="eager")(x), task(x))  # the compiler itself takes 20 s
