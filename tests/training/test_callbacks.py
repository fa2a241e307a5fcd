"""What watches a run while it trains."""

import math
from functools import partial
from types import SimpleNamespace

import pytest
import torch
from lightning.pytorch import Trainer
from torch.optim import SGD

from stratus import tasks
from stratus.errors import Diverged
from stratus.training.callbacks import Patience, SettingsRule, StabilityGuard, Trace
from stratus.training.schedules import step


def line():
    """A task of one input and one output."""
    return tasks.find("regression")(inputs=["x"], units=["1"], outputs=["y"])


def watched(task, optimizer):
    """Lightning's trainer, about to train a task."""
    trainer = Trainer(accelerator="cpu", devices=1, logger=False, enable_checkpointing=False)
    trainer.strategy.optimizers = [optimizer]
    return trainer


# --- the guard


def test_a_loss_that_is_not_finite_never_reaches_the_weights():
    task = line()
    trainer = watched(task, SGD(task.parameters(), lr=0.1))
    guard = StabilityGuard()
    guard.on_before_backward(trainer, task, torch.tensor(7.5))
    for broken in (math.nan, math.inf, -math.inf):
        with pytest.raises(Diverged, match=rf"the loss is {broken} .* last finite one was 7\.5; .*optimizer.lr=0.01$"):
            guard.on_before_backward(trainer, task, torch.tensor(broken))


@pytest.mark.parametrize(
    ("lr", "limit", "mend"), [(2.0, 0.5, 0.45), (0.2, 0.5, 0.02)], ids=["above the limit", "below the limit"]
)
def test_the_mend_is_nine_tenths_of_a_limit_that_was_passed_else_a_tenth_of_the_rate(lr, limit, mend):
    task = line()
    with pytest.raises(Diverged) as caught:
        StabilityGuard(limit).on_before_backward(
            watched(task, SGD(task.parameters(), lr)), task, torch.tensor(math.inf)
        )
    assert f"the learning rate is {lr:.4g}, the largest step sure to be stable {limit:.4g}." in str(caught.value)
    assert str(caught.value).endswith(f"Mend: optimizer.lr={mend:.2g}")


def test_the_guard_of_a_resumed_run_knows_the_last_finite_loss():
    before, after = StabilityGuard(), StabilityGuard()
    assert math.isnan(after.last_finite)
    before.last_finite = 3.25
    after.load_state_dict(before.state_dict())
    assert after.last_finite == 3.25


# --- a resumed run


def test_the_settings_rule_over_the_rate_and_the_schedule_of_a_checkpoint():
    task = line()
    task.optimizer = partial(SGD, lr=0.8, momentum=0.9, weight_decay=0.3)
    optimizer = task.configure_optimizers()
    schedule = step(optimizer, epochs=10, every=2, factor=0.5)
    before = SGD([torch.zeros(1, requires_grad=True)], lr=0.1, momentum=0.5)
    for group in optimizer.param_groups:
        group.update({name: before.defaults[name] for name in ("lr", "momentum", "weight_decay")}, initial_lr=0.1)
    schedule.load_state_dict(schedule.state_dict() | {"last_epoch": 4, "base_lrs": [0.1, 0.1]})
    trainer = SimpleNamespace(optimizers=[optimizer], lr_scheduler_configs=[SimpleNamespace(scheduler=schedule)])
    SettingsRule().on_train_start(trainer, task)
    assert [group["weight_decay"] for group in optimizer.param_groups] == [0.3, 0]  # b is free
    for group in optimizer.param_groups:
        assert group["momentum"] == 0.9
        assert group["lr"] == pytest.approx(0.8 * 0.5**2)
    optimizer.step()
    schedule.step()
    schedule.step()
    assert group["lr"] == pytest.approx(0.8 * 0.5**3)


@pytest.mark.parametrize(("waited", "left"), [(0, 0), (2, 2), (3, 0), (4, 0)])
def test_patience_is_the_setting_s_and_begins_anew_once_it_had_run_out(waited, left):
    before, after = Patience("val/loss", patience=3), Patience("val/loss", patience=8)
    before.wait_count, before.best_score = waited, torch.tensor(0.5)
    after.load_state_dict(before.state_dict())
    assert (after.patience, after.wait_count, after.best_score) == (8, left, 0.5)


# --- the trace


def test_the_trace_keeps_the_weights_of_the_start_and_of_each_epoch():
    task, trace = line(), Trace()
    with torch.no_grad():
        task.linear.weight[:], task.linear.bias[:] = 1.0, 2.0
    trace.on_train_start(SimpleNamespace(global_step=0), task)
    with torch.no_grad():
        task.linear.weight += 1
    trace.on_train_epoch_end(SimpleNamespace(global_step=7), task)
    assert trace.steps == [0, 7]
    assert [one.tolist() for one in trace.weight] == [[[1]], [[2]]]
    assert [one.tolist() for one in trace.bias] == [[2], [2]]
