"""Optimisers, schedules and callbacks from a file of the user's."""

import pytest
import torch

from stratus.errors import ConfigurationError
from stratus.runs import record
from stratus.training.checkpoints import load

FILE = """
import torch
from lightning.pytorch import Callback
from torch.optim.lr_scheduler import LambdaLR

class Plain(torch.optim.SGD):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr, weight_decay=weight_decay)

def halving(optimizer, epochs, every=1):
    return LambdaLR(optimizer, lambda epoch: 0.5 ** (epoch // every))

class Counts(Callback):
    def on_train_epoch_end(self, trainer, pl_module):
        print("epoch", trainer.current_epoch)

class Named(Plain):
    def __init__(self, params, lr, name, path):
        super().__init__(params, lr)

def nothing():
    return 1
"""


@pytest.fixture
def own(tmp_path):
    """A file of the user's own, and what chooses its optimiser and its schedule."""
    file = tmp_path / "own.py"
    file.write_text(FILE)
    descent = ["optimizer=own", f"optimizer.path={file}", "optimizer.function=Plain", "optimizer.lr=0.2"]
    return file, [*descent, "schedule=own", f"schedule.path={file}", "schedule.function=halving"]


def test_an_optimiser_and_a_schedule_of_ones_own_are_those_that_they_repeat(own, trained, tmp_path):
    alike = ["task=binary", "trainer.max_epochs=3"]
    shipped = ["optimizer=sgd", "optimizer.lr=0.2", "optimizer.weight_decay=0.01", "schedule=step"]
    trained(tmp_path / "shipped", *alike, *shipped, "schedule.every=2", "schedule.factor=0.5")
    given = ["optimizer.arguments.weight_decay=0.01", "schedule.arguments.every=2"]
    run = trained(tmp_path / "own", *alike, *own[1], *given)
    first, second = (load(tmp_path / name / "checkpoints" / "last.ckpt").task for name in ("shipped", "own"))
    assert torch.equal(first.linear.weight, second.linear.weight)
    assert run["minimum"] == record.read(tmp_path / "shipped").minimum  # the penalty is known too


def test_a_callback_of_ones_own_is_called(own, trained, tmp_path, capsys):
    trained(tmp_path / "run", "task=binary", "trainer.max_epochs=2", f"callbacks=[{own[0]}:Counts]")
    assert capsys.readouterr().out == "epoch 0\nepoch 1\n"


def test_arguments_may_have_any_names_but_those_that_are_given_anyway(own, trained, tmp_path):
    words = [*own[1], "optimizer.function=Named", "optimizer.arguments={name:a,path:b}", "trainer.max_epochs=1"]
    assert trained(tmp_path / "run", "task=binary", *words)["status"] == "finished"
    for word in ("optimizer.arguments.lr=1", "schedule.arguments.epochs=1"):
        with pytest.raises(ConfigurationError, match=rf"^{word}: expected (optimizer.lr|trainer.max_epochs) for it$"):
            trained(tmp_path / "not", "task=binary", *own[1], word)


def test_what_is_none_is_told(own, trained, tmp_path):
    wrong = {
        f"{own[0]}:nothing": f"{own[0]}: nothing made '1': expected one of lightning's Callback",
        f"{own[0]}:Fewer": f"{own[0]} has no function 'Fewer'; it has: Plain, halving, Counts, Named, nothing",
        f"{own[0]}:LambdaLR": "has no function 'LambdaLR'",  # imported
        f"{tmp_path}/none.py:A": f"callbacks={tmp_path}/none.py: No such file",
    }
    for place, (named, said) in enumerate(wrong.items()):
        with pytest.raises(ConfigurationError) as told:
            trained(tmp_path / f"run{place}", "task=binary", "trainer.max_epochs=1", f"callbacks=[{named}]")
        assert said in str(told.value)


def test_a_record_runs_no_file(own, trained, tmp_path):
    trained(tmp_path / "run", "task=binary", "trainer.max_epochs=1", *own[1])
    trained(tmp_path / "watched", "task=binary", "trainer.max_epochs=1", f"callbacks=[{own[0]}:Counts]")
    own[0].write_text("raise SystemExit('it was run')")
    again = "trainer.max_epochs=2"
    with pytest.raises(ConfigurationError, match=r"a file of its maker's: give optimizer\.path=.* too"):
        trained(tmp_path / "on", f"resume={tmp_path / 'run'}", again)
    with pytest.raises(ConfigurationError, match=r"only settings and choices are taken over"):
        trained(tmp_path / "on", f"resume={tmp_path / 'watched'}", again)
    own[0].write_text(FILE)
    given = [f"optimizer.path={own[0]}", f"schedule.path={own[0]}"]
    assert trained(tmp_path / "on", f"resume={tmp_path / 'run'}", again, *given)["epochs"] == 2
