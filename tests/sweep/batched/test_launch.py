"""Which of a sweep's jobs are trained together, and what is said of the rest."""

import polars as pl
import pytest

from stratus.data.features import FEATURES
from stratus.settings.experiment import PROJECT
from stratus.sweep.batched import launch
from stratus.sweep.batched.launch import largest_group
from stratus.sweep.batched.member import train_together
from stratus.tasks.multiclass import MulticlassClassification

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
    jobs = [composed("pictures=none", "trainer.accelerator=abacus", f"seed={seed}") for seed in range(2)]
    with caplog.at_level("INFO"):
        assert launch.train(enumerate(jobs), 2.0) == {}
    assert "together they fail (trainer: You selected an invalid accelerator name" in caplog.text


def test_resamples_of_stations_that_lack_days_are_trained_together_only_where_they_are_as_long(
    composed, settings, samples, alone, finished, *, tmp_path, caplog
):
    table = pl.read_csv(WEATHER, infer_schema=False)
    gaps = (pl.col("station") == "Seattle") & (pl.int_range(pl.len()) % 3 == 0)
    table.filter(~gaps).write_csv(tmp_path / "gaps.csv")
    words = ("data=csv", f"data.path={tmp_path / 'gaps.csv'}", "data.stations=null", "trainer.max_epochs=1")
    with caplog.at_level("INFO"):
        jobs = [composed("pictures=none", *words, f"data.resample={number}") for number in range(3)]
        assert launch.train(enumerate(jobs), 2.0) == {}
    assert "differ in length" in caplog.text
    same = [settings(*words, f"seed={seed}", "data.resample=1") for seed in (1, 2)]
    trained = train_together(same, samples(settings(*words)))
    found, lone = finished(trained, 1, tmp_path / "member"), alone(same[1], tmp_path / "alone")
    assert found.metrics["test/loss"] == pytest.approx(lone.metrics["test/loss"], abs=1e-5)
