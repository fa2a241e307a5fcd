"""Which of a sweep's jobs are trained together, and what is said of the rest."""

import polars as pl
import pytest
import torch

from stratus.data.features import FEATURES
from stratus.runs.record import RunRecord
from stratus.settings.experiment import PROJECT
from stratus.sweep.batched import launch
from stratus.sweep.batched.launch import largest_group
from stratus.tasks.multiclass import MulticlassClassification
from stratus.training.checkpoints import load

WEATHER = PROJECT / "data" / "weather.csv"


def test_a_group_is_split_where_it_would_not_fit(settings, samples):
    one = settings("task=multiclass", "trainer.max_epochs=3")
    splits = samples(one)
    assert largest_group(one, splits, 2.0) > 2000
    assert largest_group(one, splits, 0.5) == pytest.approx(largest_group(one, splits, 1.0) / 2, rel=0.01)
    assert largest_group(one, splits, 1e-9) == 1


def test_what_cannot_be_trained_together_runs_one_by_one_and_is_told(composed, settings, samples, caplog):
    jobs = [
        composed("pictures=none", "trainer.max_epochs=1", *one)
        for one in (
            ["seed=1"],
            ["seed=2"],
            ["seed=3"],
            ["optimizer=lbfgs"],
            ["trainer.detect_anomaly=true"],
            ["data.batch_size=8"],
            ["resume=somewhere"],
            ["lesson=rain"],
            ["pictures=all"],
        )
    ]
    one = settings("trainer.max_epochs=1")
    with caplog.at_level("INFO"):
        members = launch.train(enumerate(jobs), 2.01 / largest_group(one, samples(one), 1.0))
    assert set(members) == {0, 1, 2}
    said = [line for line in caplog.messages if "jobs" in line]
    assert said[:2] == ["training 2 jobs as one, #0 to #1", "training 1 jobs as one, #2 to #2"]
    for number, reason in (
        (3, "LBFGS"),
        (4, "detect_anomaly"),
        (5, "no other differs"),
        (6, "resume"),
        (7, "a lesson"),
        (8, "pictures"),
    ):
        assert any(f"#{number}" in line and reason in line for line in said)


def test_a_feature_that_fails_is_left_to_each_job_to_tell(composed, monkeypatch, caplog):
    def broken(*arguments, **settings):
        raise ZeroDivisionError

    monkeypatch.setitem(FEATURES, "station", broken)
    jobs = [composed("pictures=none", "features=station", f"seed={seed}") for seed in range(2)]
    with caplog.at_level("INFO"):
        assert launch.train(enumerate(jobs), 2.0) == {}
    assert "one by one: 2 of the jobs, from #0 on: together they fail (ZeroDivisionError)" in caplog.text


def test_a_loss_that_cannot_be_taken_of_many_members_is_taken_of_each_alone(composed, monkeypatch, caplog):
    def loss(task, logits, y):
        return logits.square().mean() if logits.mean() > 0 else logits.abs().mean()

    monkeypatch.setattr(MulticlassClassification, "loss", loss)
    with caplog.at_level("INFO"):
        assert launch.train(enumerate(composed("pictures=none", f"seed={seed}") for seed in range(2)), 2.0) == {}
    assert "together they fail (RuntimeError: vmap: " in caplog.text


def test_a_trainer_that_this_machine_cannot_have_is_left_to_each_job_to_tell(composed, caplog):
    jobs = [composed("pictures=none", "trainer.strategy=abacus", f"seed={seed}") for seed in range(2)]
    with caplog.at_level("INFO"):
        assert launch.train(enumerate(jobs), 2.0) == {}
    assert "together they fail (trainer: You selected an invalid strategy name" in caplog.text


@pytest.mark.parametrize("size", ["data.batch_size=32", "data.batch_size=null", "trainer.limit_train_batches=20"])
@pytest.mark.parametrize("optimizer", ["momentum", "adam"])
def test_members_with_other_numbers_of_days_are_the_runs_they_would_be_alone(
    composed, settings, alone, tmp_path, *, size, optimizer
):
    """Each year trains on a year more; and where a station lacks days, so do resamples, which are of dates."""
    table = pl.read_csv(WEATHER, infer_schema=False)
    gaps = (pl.col("station") == "Seattle") & (pl.int_range(pl.len()) % 7 == 0)
    table.filter(~gaps).write_csv(tmp_path / "gaps.csv")
    words = ("task=regression", "data=csv", f"data.path={tmp_path / 'gaps.csv'}", f"optimizer={optimizer}", size)
    words += ("trainer.max_epochs=2", "data.validation_from=null", "data.stations=null", "optimizer.weight_decay=0.01")
    jobs = [[*words, f"data.test_year={year}"] for year in (2013, 2014, 2015)]
    jobs += [[*words, "data.test_year=2014", f"data.resample={number}", "seed=3"] for number in (4, 5)]
    members = launch.train(enumerate(composed("pictures=none", *one) for one in jobs), 2.0)
    lengths = {len(one.block.days.splits.train) for one in members.values()}
    assert len(lengths) >= 4
    assert len(members) == len(jobs)
    for number, job in enumerate(jobs):
        record, folder = RunRecord("regression", []), tmp_path / str(number)
        members[number].finish(folder, record)
        lone = alone(settings(*job), tmp_path / f"alone{number}")
        kept = [load(one / "checkpoints" / "last.ckpt") for one in (folder, tmp_path / f"alone{number}")]
        states, steps = [one.content["state_dict"] for one in kept], [one.content["global_step"] for one in kept]
        assert steps[0] == steps[1]
        for name, value in states[1].items():
            assert torch.allclose(states[0][name], value, rtol=0, atol=1e-5), name
        assert record.references["climatology"] == pytest.approx(lone.references["climatology"])
        assert record.metrics["test/skill"] == pytest.approx(lone.metrics["test/skill"], abs=1e-4)
