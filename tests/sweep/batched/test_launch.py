"""Which of a sweep's jobs are trained together, and what is said of the rest."""

import pytest

from stratus.data.features import FEATURES
from stratus.sweep.batched import launch
from stratus.sweep.batched.launch import largest_group


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
    assert "one by one: 2 of the jobs, from #0 on: their data are wrong, or a feature fails" in caplog.text
