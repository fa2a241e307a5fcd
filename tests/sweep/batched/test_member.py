"""A member recorded as a run: its scores and intervals are those of a run alone, however many are verified at once."""

import numpy as np
import polars as pl
import pytest
from hydra.core.hydra_config import HydraConfig
from hydra.errors import CompactHydraException
from omegaconf import open_dict

from stratus.runs import record
from stratus.runs.finished import FinishedRun
from stratus.training.checkpoints import load

WITHIN = 2e-3
"""Weights differ by 1e-7, which is enough for a day to change its class or its rank."""


@pytest.fixture
def group(settings, together):
    """Trains members for two epochs, from starts far enough apart for other scores."""
    return lambda *overrides, **varied: together(members(settings, *overrides, **varied))


def members(settings, *overrides, varied=("seed=1", "seed=2", "seed=3")):
    words = ("trainer.max_epochs=2", "init=gaussian", "init.sigma=3", *overrides)
    return [settings(*words, *one.split()) for one in varied]


def assert_same(found, expected, within=1e-9):
    for name in ("metrics", "intervals", "intervals_against_climatology", "references"):
        one, other = getattr(found, name), getattr(expected, name)
        assert list(one) == list(other)
        for entry, value in other.items():
            assert one[entry] == pytest.approx(value, rel=within, abs=within, nan_ok=True), entry
    assert found.gap == pytest.approx(expected.gap, abs=1e-5)
    assert found.largest_stable_step == pytest.approx(expected.largest_stable_step)
    assert found.weights.weight == pytest.approx(np.array(expected.weights.weight), abs=1e-5)


@pytest.mark.parametrize(
    "task",
    [
        ("task=regression",),
        ("task=regression", "data=two_cities", "data.validation_from=null"),
        ("task=binary", "task.class_weights=balanced"),
        ("task=multiclass", "task.class_weights=balanced"),
        ("task=multilabel", "task.class_weights=balanced"),
    ],
    ids=" ".join,
)
def test_a_member_s_record_is_that_of_a_run_alone(group, alone, finished, tmp_path, *, task):
    trained = group(*task)
    for place in (1, 2):
        found = finished(trained, place, tmp_path / f"member{place}", beside=[0, 1, 2])
        lone = alone(trained.members[place], tmp_path / f"alone{place}")
        assert_same(found, lone, within=WITHIN)
        assert_same(found, finished(trained, place, tmp_path / f"itself{place}", beside=[place]))
        tables = [pl.read_csv(tmp_path / f"{name}{place}" / "forecasts.csv") for name in ("member", "alone")]
        numbers = [table.select(pl.col(pl.Float64)) for table in tables]
        assert tables[0].columns == tables[1].columns
        np.testing.assert_allclose(*numbers, atol=2e-5)


@pytest.mark.parametrize("task", ["task=binary", "task=multiclass"])
def test_members_on_resamples_are_scored_on_their_own_days(group, alone, finished, tmp_path, *, task):
    varied = ("seed=1", "data.resample=1", "data.resample=2", "seed=2 data.resample=1")
    trained = group(task, varied=varied)
    for place, beside in ((1, [1, 3]), (2, [2])):
        found = finished(trained, place, tmp_path / f"member{place}", beside=beside)
        assert_same(found, alone(trained.members[place], tmp_path / f"alone{place}"), within=WITHIN)


@pytest.mark.parametrize("task", ["task=regression", "task=binary", "task=multiclass"])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_huge_weights_of_a_member_change_no_other_s_scores(group, finished, tmp_path, *, task):
    trained = group(task)
    expected = finished(trained, 2, tmp_path / "before", beside=[0, 1, 2])
    for weight in (1e11, 1e30, np.inf, np.nan):
        trained.result.best.theta[..., 1] = weight
        assert_same(finished(trained, 2, tmp_path / f"{weight}", beside=[0, 1, 2]), expected)


def test_a_member_that_cannot_be_recorded_tells_as_a_run_alone_and_lets_the_others_run(
    group, composed, member, monkeypatch, *, tmp_path, caplog
):
    one = member(group("task=binary"), 0)
    config = composed(with_hydra=True)
    with open_dict(config):
        config.hydra.runtime.update(output_dir=str(tmp_path / "bug"), choices={"task": "binary"})
        config.hydra.job.num = 3
    monkeypatch.setattr(HydraConfig.instance(), "cfg", config)
    monkeypatch.setattr(FinishedRun, "metrics", property(lambda run: {}["a bug"]))
    with pytest.raises(CompactHydraException, match=r"^job 3: KeyError: 'a bug'; its traceback is in .*run\.log$"):
        one.run(config)
    assert "Traceback" in caplog.text
    caplog.clear()
    config.hydra.runtime.output_dir = str(tmp_path / "full")
    (tmp_path / "full" / "forecasts.csv").mkdir(parents=True)  # in the file's way
    with pytest.raises(CompactHydraException, match=r"^job 3: .*forecasts\.csv: Is a directory$"):
        one.run(config)
    assert "Traceback" not in caplog.text
    assert [record.read(tmp_path / name).status for name in ("bug", "full")] == ["failed", "failed"]


def test_each_year_s_checkpoint_keeps_what_was_usual_before_it(group, finished, alone, tmp_path):
    years = [f"data.test_year={year}" for year in (2014, 2015)]
    words = ("task=regression", "features=[anomalies,climatology]", "data.validation_from=null")
    trained, found = group(*words, varied=years), []
    for place, member in enumerate(trained.members):
        finished(trained, place, tmp_path / f"{place}")
        alone(member, tmp_path / f"alone{place}")
        one, other = (load(tmp_path / f"{name}{place}/checkpoints/last.ckpt").recipe for name in ("", "alone"))
        assert one == other
        found.append(one.normals)
    assert found[0] != found[1]


def test_a_member_without_a_logger_leaves_no_event_and_all_else(settings, together, finished, tmp_path):
    group = together(
        [
            settings("task=binary", "trainer.max_epochs=1", f"seed={k}", f"logger={name}")
            for k, name in enumerate(("none", "tensorboard"))
        ]
    )
    left = []
    for place in (0, 1):
        finished(group, place, tmp_path / str(place))
        left.append({one.name for one in (tmp_path / str(place)).iterdir()})
    assert {name for name in left[1] - left[0] if not name.startswith("events")} == set()
    assert not list((tmp_path / "0").glob("events*"))
    assert len(list((tmp_path / "1").glob("events*"))) == 1
