"""Many runs trained as one: each is what it would have been alone."""

import re
from types import SimpleNamespace

import gappy
import polars as pl
import pytest
import torch

from stratus.data.sources import SHIPPED
from stratus.errors import Diverged
from stratus.runs.experiment import new_task
from stratus.sweep.batched import group
from stratus.sweep.batched.group import Group
from stratus.sweep.batched.loss import Loss
from stratus.sweep.batched.pool import Pool
from stratus.tasks.multiclass import MulticlassClassification
from stratus.tasks.weights import Weights
from stratus.training.checkpoints import load


def assert_same_weights(result, place, folder):
    """The member's last weights are those of the lone run in a folder."""
    found, expected = result.last.weights(place), Weights.of(load(folder / "checkpoints" / "last.ckpt").task)
    assert torch.allclose(found.weight, expected.weight, rtol=0, atol=1e-5)
    assert torch.allclose(found.bias, expected.bias, rtol=0, atol=1e-5)


MEMBERS = {
    "gd": ("optimizer=gd", "optimizer.lr=0.05,0.2", "init=zeros,gaussian"),
    "sgd": ("optimizer=sgd", "optimizer.lr=0.01,0.05", "optimizer.weight_decay=0,0.1", "schedule=cosine,constant"),
    "momentum": (
        "optimizer.momentum=0.5,0.9",
        "optimizer.nesterov=true,false",
        "optimizer.lr=0.01,0.03",
        "init=uniform",
    ),
    "newton": ("optimizer=newton", "optimizer.lr=1,0.5", "optimizer.weight_decay=0,0.1"),
    "adam": (
        "optimizer=adam",
        "optimizer.lr=0.003,0.1",
        "optimizer.weight_decay=0,0.1",
        "schedule=step",
        "schedule.every=1",
    ),
}
"""Overrides, those with a comma alternate over the members."""


def alternating(overrides, count):
    """The overrides of each of so many members, whose seeds differ too."""
    words = [(name, values.split(",")) for name, _, values in (one.partition("=") for one in overrides)]
    return [
        [f"{name}={values[(i >> k) % len(values)]}" for k, (name, values) in enumerate(words)] + [f"seed={i % 3}"]
        for i in range(count)
    ]


@pytest.mark.filterwarnings("ignore:.* could not find the monitored key")  # Lightning's, before a first validation
@pytest.mark.parametrize(
    ("task", "optimizer"),
    [  # each task by two optimisers, each optimiser for two tasks
        (task, [*MEMBERS][(number + more) % 5])
        for number, task in enumerate(
            [
                ("task=regression", "trainer.gradient_clip_val=2", "trainer.check_val_every_n_epoch=2"),
                ("task=binary", "task.class_weights=balanced"),
                ("task=multiclass", "trainer.limit_train_batches=9"),
                ("task=multilabel", "task.class_weights=balanced", "data.validation_from=null"),
            ]
        )
        for more in (0, 1)
    ],
)
def test_members_are_the_runs_they_would_be_alone(settings, together, alone, tmp_path, *, task, optimizer):
    members = [settings(*task, "trainer.max_epochs=2", *one) for one in alternating(MEMBERS[optimizer], 3)]
    result = together(members).result
    for place in (1, 2):
        lone = alone(members[place], tmp_path / str(place))
        assert_same_weights(result, place, tmp_path / str(place))
        if members[place].data.validation_from:
            assert result.best.epochs[place] == lone.best_epoch


@pytest.mark.parametrize("task", ["task=binary", "task=multiclass"])
@pytest.mark.parametrize("size", ["data.batch_size=32", "data.batch_size=null"])
def test_members_on_resamples_of_the_days_are_those_of_the_resamples(
    settings, together, alone, tmp_path, *, task, size
):
    same = (task, size, "trainer.max_epochs=3")
    members = [settings(*same, f"data.resample={number}", f"seed={k}") for k, number in enumerate(("null", 2, 5, 2))]
    result = together(members).result
    for place in (1, 3):
        alone(members[place], tmp_path / str(place))
        assert_same_weights(result, place, tmp_path / str(place))


@pytest.mark.parametrize("weights", ["null", "balanced"])
def test_members_whose_validation_has_a_class_that_training_lacks_are_the_runs_alone(
    settings, together, alone, finished, tmp_path, *, weights
):
    hail = pl.when(pl.col("date") == "2014-03-01").then(pl.lit("hail")).otherwise("weather").alias("weather")
    pl.read_csv(SHIPPED).filter(pl.col("station") == "Seattle").with_columns(hail).write_csv(tmp_path / "hail.csv")
    words = ("task=multiclass", "data=csv", f"data.path={tmp_path / 'hail.csv'}", f"task.class_weights={weights}")
    borders = ("data.validation_from=2014-01-01", "data.test_from=2015-01-01", "trainer.max_epochs=3")
    members = [settings(*words, *borders, f"seed={seed}") for seed in (1, 2)]
    trained = together(members)
    found, lone = finished(trained, 1, tmp_path / "member"), alone(members[1], tmp_path / "alone")
    assert_same_weights(trained.result, 1, tmp_path / "alone")
    assert found.best_epoch == lone.best_epoch
    assert {**found.metrics} == pytest.approx({**lone.metrics}, abs=1e-5, nan_ok=True)
    assert min(trained.result.curves["val/loss"][:, 1].tolist()) == pytest.approx(lone.metrics["val/loss"], rel=1e-5)


@pytest.mark.filterwarnings("ignore:.* could not find the monitored key")
@pytest.mark.parametrize(
    ("task", "optimizer"),
    [
        (("task=multilabel",), "optimizer=sgd"),
        (("task=multilabel", "task.class_weights=balanced", "data.batch_size=null"), "optimizer=momentum"),
        (("task=regression", "task.target=temperature_by_station"), "optimizer=newton"),
    ],
)
def test_members_of_whose_outputs_some_are_unknown_are_the_runs_alone(
    settings, together, alone, finished, tmp_path, *, task, optimizer
):
    gappy.TABLE.write_csv(tmp_path / "gappy.csv")
    words = (*task, "data=csv", f"data.path={tmp_path / 'gappy.csv'}", "features=[station,harmonics]", optimizer)
    same = (*words, "features.lead_days=1", "features.missing=mean", "data.resample=null", "trainer.max_epochs=2")
    borders = ("data.validation_from=2014-01-01", "data.test_from=2015-01-01")
    members = [settings(*same, *borders, f"optimizer.lr={0.1 / seed}", f"seed={seed}") for seed in (1, 2)]
    trained = together(members)
    found, lone = finished(trained, 1, tmp_path / "member"), alone(members[1], tmp_path / "alone")
    assert_same_weights(trained.result, 1, tmp_path / "alone")
    assert {**found.metrics} == pytest.approx({**lone.metrics}, abs=1e-5, nan_ok=True)
    assert trained.result.curves["val/loss"][-1, 1].item() == pytest.approx(lone.metrics["val/loss"], rel=1e-5)
    assert trained.result.curves["val/accuracy"][-1, 1].item() == pytest.approx(lone.metrics["val/accuracy"], rel=1e-5)


def test_losses_taken_run_by_run_leave_out_what_is_unknown_too(samples, settings, tmp_path):
    gappy.TABLE.write_csv(tmp_path / "gappy.csv")
    borders = ("data.validation_from=2014-01-01", "data.test_from=2015-01-01", "features.lead_days=1")
    one = settings("task=multilabel", "data=csv", f"data.path={tmp_path / 'gappy.csv'}", "features=harmonics", *borders)
    task, days = new_task(one, samples(one)), samples(one).train
    batch = Pool([(task, days)] * 3, [None] * 3, torch.device("cpu")).take(0)
    logits = torch.randn(len(days), 2, 3, generator=torch.Generator().manual_seed(0))
    quick, slow = Loss(task), Loss(task)
    slow.broadcasts = False
    for found, expected in zip(slow.with_slope(logits.clone(), batch), quick.with_slope(logits, batch), strict=True):
        torch.testing.assert_close(found, expected)


def test_a_member_that_diverges_touches_no_other_and_says_what_it_would_alone(
    settings, together, alone, finished, tmp_path
):
    def members_with(wild):
        rates = ["0.1", wild, "0.05", "0.02"]
        same = ("task=regression", "optimizer=sgd", "trainer.max_epochs=4")
        return [settings(*same, f"optimizer.lr={lr}", f"seed={k}") for k, lr in enumerate(rates)]

    members = members_with("50")
    trained, tame = together(members), together(members_with("0.01"))
    with pytest.raises(Diverged) as beside:
        finished(trained, 1, tmp_path / "together")
    with pytest.raises(Diverged) as lone:
        alone(members[1], tmp_path / "alone")
    steps = [re.search(r"at step (\d+)", str(one.value)).group(1) for one in (beside, lone)]
    assert steps[0] == steps[1]
    assert re.sub(r"[\d.]+e\+\d+", "N", str(beside.value)) == re.sub(r"[\d.]+e\+\d+", "N", str(lone.value))
    for place in (0, 2, 3):
        assert torch.equal(trained.result.last.theta[..., place], tame.result.last.theta[..., place])
        for tag, values in trained.result.curves.items():
            assert torch.equal(values[:, place], tame.result.curves[tag][:, place])


def test_a_loss_of_any_form_is_trained(settings, together, monkeypatch):
    one = settings("task=multiclass", "trainer.max_epochs=2", "seed=1")
    other = settings("task=multiclass", "trainer.max_epochs=2", "seed=2")

    def losses(self, logits, y):  # right for [n, k] only: the classes are looked for at the end
        return -logits.log_softmax(-1).gather(-1, y[:, None])

    with monkeypatch.context() as patched:
        patched.setattr(MulticlassClassification, "losses", losses)
        found = together([one, other]).result
    expected = together([one, other]).result
    assert torch.allclose(found.last.theta, expected.last.theta, atol=1e-6)


def test_members_start_where_a_run_alone_does_and_then_lie_on_their_device_with_the_task(
    settings, samples, days, monkeypatch
):
    members = [settings("task=binary", "task.class_weights=balanced", "init=gaussian", f"seed={k}") for k in (1, 2)]
    splits, starts = samples(members[0]), [new_task(one, samples(one)).linear.weight for one in members]
    own = [days(one) for one in members]
    none = SimpleNamespace(memory={})  # they look at values, of which meta has none
    monkeypatch.setattr(group, "steps_of", lambda *_: none)
    one = Group(new_task(members[0], splits), members, own, torch.device("cpu"))
    assert torch.equal(one.theta[:-1], torch.stack([start.T for start in starts], -1))
    task = new_task(members[0], splits)
    there = Group(task, members, own, torch.device("meta"))
    assert {of.device.type for of in (there.theta, there.train_days.x, *task.parameters(), *task.buffers())} == {"meta"}


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("task", ["task=regression", "task=binary", "task=multiclass"])
def test_members_on_a_gpu_are_what_they_would_be_alone_there(settings, together, alone, recorded, tmp_path, *, task):
    words = (task, "trainer=gpu", "trainer.max_epochs=2", "init=gaussian")
    members = [settings(*words, f"seed={seed}") for seed in (1, 2)]
    trained = together(members)
    recorded(trained, 1, tmp_path / "member")
    alone(members[1], tmp_path / "alone")
    assert_same_weights(trained.result, 1, tmp_path / "alone")
    assert_same_weights(trained.result, 1, tmp_path / "member")
