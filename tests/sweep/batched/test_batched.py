"""A sweep whose jobs are trained as one: each job is a run like any other."""

import json
import re

import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

from stratus.errors import Diverged
from stratus.runs import record, recording


def plain(value, folder):
    """What a checkpoint holds, flat: numbers by their dotted names, the run's folder left out of names and texts."""
    if isinstance(value, torch.Tensor):
        value = value.tolist()
    if isinstance(value, list | tuple):
        value = dict(enumerate(value))
    if not isinstance(value, dict):
        return {"": value.replace(str(folder), "") if isinstance(value, str) else value}
    return {
        f"{key}.{name}".replace(str(folder), ""): one
        for key, inner in value.items()
        for name, one in plain(inner, folder).items()
    }


def files(folder):
    """Names of a run's files, those of events without time and process."""
    names = (str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    return sorted(re.sub(r"tfevents.*", "tfevents", name) for name in names)


def shown(folder):
    """What TensorBoard shows of a run: points by tag, each once; the HPARAMS tab; texts."""
    events = EventAccumulator(str(folder), size_guidance={"scalars": 0, "tensors": 0}).Reload()
    points = {tag: sorted({(one.step, one.value) for one in events.Scalars(tag)}) for tag in events.Tags()["scalars"]}
    content = {
        tag: HParamsPluginData.FromString(one.plugin_data.content)
        for tag, one in events.summary_metadata.items()
        if tag.startswith("_hparams_")
    }
    texts = {
        tag: [(one.step, one.tensor_proto.string_val[0].decode()) for one in events.Tensors(tag)]
        for tag in events.Tags()["tensors"]
        if tag.endswith("text_summary")
    }
    return points, content, texts


def event_files(folder):
    return list(folder.glob("events.out.tfevents.*"))


SWEEP = (
    "task=multiclass",
    "features.lead_days=1",
    "optimizer=sgd",
    "optimizer.weight_decay=0.01",
    "init=gaussian",
    "trainer.max_epochs=3",
)


@pytest.fixture(scope="module")
def swept(door, tmp_path_factory):
    """The folder of a sweep of two jobs that are trained as one, one that diverges, and L-BFGS."""
    folder = tmp_path_factory.mktemp("batched")
    words = (
        "-m",
        "hydra/launcher=batched",
        *SWEEP,
        "seed=1",
        "hydra.sweep.dir=.",
        "hydra.sweep.subdir=${hydra:job.num}",
    )
    process = door(folder, *words, "optimizer.lr=0.1,0.05,1e38", "hydra.sweeper.max_batch_size=4", "patience=1,2")
    out, err = process.communicate(timeout=100)
    return folder, process.returncode, out + err


@pytest.fixture(scope="module")
def lone(trained, tmp_path_factory):
    """The sweep's first job as a run of its own: the folder, and what is known of it."""
    folder = tmp_path_factory.mktemp("alone")
    return folder, trained(folder, *SWEEP, "seed=1", "optimizer.lr=0.1", "patience=1")


RANKS = 2e-3
"""Weights differ by 1e-7, which is enough for two days to change ranks."""


def test_a_job_is_a_run_like_any_other(swept, lone):
    (folder, _, _), (at, alone) = swept, lone
    job = json.loads((folder / "0" / "run.json").read_text())
    assert set(job) | {"objective"} == set(alone)
    for entry in ("epochs", "best_epoch", "data", "target", "optimum_attained"):
        assert job[entry] == alone[entry]
    for entry in ("metrics", "gap"):
        assert job[entry] == pytest.approx(alone[entry], abs=RANKS, nan_ok=True)
    assert job["references"] == alone["references"]
    hydra = {".hydra/config.yaml", ".hydra/hydra.yaml", ".hydra/overrides.yaml", "run.log"}
    assert set(files(folder / "0")) - hydra == {name for name in files(at) if not name.startswith("references/")}
    assert len(list((folder / "references").iterdir())) == 3  # of all its jobs
    assert hydra <= set(files(folder / "0"))


def test_a_job_s_checkpoints_hold_what_a_lone_run_s_hold(swept, lone):
    (folder, _, _), (alone, _) = swept, lone
    for name in ("best", "last"):
        one, other = (plain(torch.load(at / f"checkpoints/{name}.ckpt"), at) for at in (folder / "0", alone))
        assert one.keys() == other.keys()
        read = {key: value for key, value in other.items() if not any(part in key for part in NOT_READ)}
        assert {key: one[key] for key in read} == pytest.approx(read, abs=1e-5, nan_ok=True)


NOT_READ = (".current.", "val_loop.", "current_score", "best_model_path", "stopped_epoch")
"""What Lightning writes of an epoch's progress and of files, and resets or replaces when a run goes on."""


@pytest.mark.filterwarnings("ignore:.* could not find the monitored key")  # Lightning's, before a first validation
@pytest.mark.parametrize(
    "more",
    [
        ("optimizer=adam", "schedule=step", "schedule.every=2", "patience=2"),
        ("optimizer=momentum", "data.validation_from=null"),
        ("optimizer=gd", "schedule=constant", "trainer.check_val_every_n_epoch=2"),
    ],
)
def test_a_resumed_job_goes_on_as_a_resumed_run(settings, together, member, trained, tmp_path, *, more):
    words = ("task=binary", "trainer.max_epochs=3", "init=gaussian", *more)
    members = [settings(*words, f"seed={seed}") for seed in (1, 2)]
    job, lone = tmp_path / "job", tmp_path / "lone"
    overrides = [*words, "seed=2"]
    with recording.recorded(job, task="binary", overrides=overrides, seed=2) as entries:
        member(together(members), 1).finish(job, entries)
    trained(lone, *overrides)
    for name in (job, lone):
        trained(tmp_path / f"{name.name}-on", f"resume={name}", "trainer.max_epochs=6")
    one, other = (record.read(tmp_path / f"{name}-on") for name in ("job", "lone"))
    assert (one.epochs, one.best_epoch) == (other.epochs, other.best_epoch)
    assert one.metrics == pytest.approx(other.metrics, abs=RANKS, nan_ok=True)
    (found, _, _), (expected, _, _) = shown(tmp_path / "job-on"), shown(tmp_path / "lone-on")
    for tag, points in expected.items():
        within = RANKS if re.search("average_precision|roc_auc", tag) else 1e-5
        assert np.allclose(found[tag], points, rtol=0, atol=within, equal_nan=True), tag
    for name in ("best", "last"):
        ends = (torch.load(tmp_path / f"{at}-on/checkpoints/{name}.ckpt") for at in ("job", "lone"))
        one, other = (plain(end, tmp_path) for end in ends)
        read = {key: value for key, value in other.items() if not key.startswith("callbacks") or "score" in key}
        assert {key: one[key] for key in read} == pytest.approx(read, abs=1e-5, nan_ok=True)


def test_tensorboard_shows_of_a_job_what_it_shows_of_a_lone_run_from_one_file(swept, lone):
    (folder, _, _), (alone, _) = swept, lone
    assert len(event_files(folder / "0")) == len(event_files(alone)) == 1
    found, expected = shown(folder / "0"), shown(alone)
    assert found[0].keys() == expected[0].keys() >= {"train/loss", "val/accuracy", "test/loss"}
    assert "epoch" not in found[0]
    for tag, points in expected[0].items():
        within = RANKS if re.search("average_precision|roc_auc", tag) else 1e-5
        assert np.allclose(found[0][tag], points, rtol=0, atol=within, equal_nan=True), tag
    assert [step for step, _ in found[0]["train/loss"]] == [22, 45, 68]
    job, run = (one[1].pop("_hparams_/session_start_info").session_start_info.hparams for one in (found, expected))
    assert set(found[1]) == {"_hparams_/session_end_info"}
    assert found[1] == expected[1]
    assert (job["optimizer.lr"].number_value, job["patience"].string_value) == (0.1, "1")  # swept: each by itself
    assert {*job["told"].string_value.split(", "), "lr=0.1", "patience=1"} == {*run["told"].string_value.split(", ")}
    ((step, text),) = found[2]["configuration/text_summary"]
    assert step == 69
    assert "    optimizer:\n" in text
    assert found[2].keys() == expected[2].keys()


def test_a_job_that_diverged_shows_its_settings_and_no_final_figures(swept):
    folder, _, _ = swept
    assert record.read(folder / "4").status == "diverged"
    assert len(event_files(folder / "4")) == 1
    points, hparams, texts = shown(folder / "4")
    assert set(hparams) == {"_hparams_/session_start_info"}
    settings = hparams["_hparams_/session_start_info"].session_start_info.hparams
    assert settings["optimizer.lr"].number_value == 1e38
    assert not texts
    assert not [tag for tag in points if tag.startswith("test/")]


def test_a_member_that_diverges_late_leaves_the_curves_until_then(settings, together, finished, tmp_path):
    members = [
        settings("task=regression", "features=two_days", "optimizer=gd", f"optimizer.lr={lr}", "trainer.max_epochs=120")
        for lr in (0.1, 2.0)
    ]
    with pytest.raises(Diverged):
        finished(together(members), 1, tmp_path)
    points, hparams, _ = shown(tmp_path)
    steps, losses = zip(*points["train/loss"], strict=True)
    assert list(steps) == list(range(len(steps)))
    assert 5 < len(steps) < 120
    # Above the largest stable step the error grows by the same factor at each step: the loss by its square.
    assert losses[-1] / losses[-2] == pytest.approx(losses[-2] / losses[-3], rel=1e-3)
    assert set(hparams) == {"_hparams_/session_start_info"}
    assert len(event_files(tmp_path)) == 1


def test_the_rest_of_a_sweep_is_told_as_ever(swept):
    folder, code, said = swept
    assert code == 1
    # A sweeper may hand over its jobs in parts.
    assert "training 4 jobs as one, #0 to #3" in said
    assert "training 2 jobs as one, #4 to #5" in said
    rows = (folder / "summary.csv").read_text().splitlines()
    assert len(rows) == 7
    wild = record.read(folder / "4")
    assert wild.status == "diverged"
    assert "training diverged" in wild.error
    assert record.read(folder / "3").status == "finished"


def test_a_job_is_evaluated_forecast_and_resumed_as_any_run(swept, stratus, trained, tmp_path):
    folder, _, _ = swept
    assert any("accuracy" in line for line in stratus("evaluate", folder / "0"))
    assert stratus("forecast", folder / "0")
    resumed = trained(tmp_path, f"resume={folder / '1'}", "trainer.max_epochs=5", "patience=9")
    assert resumed["epochs"] == 5
