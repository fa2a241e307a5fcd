"""Many runs trained as one: each is what it would have been alone."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.types import RunMode
from omegaconf import OmegaConf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

from stratus.errors import Diverged
from stratus.runs import experiment, record
from stratus.runs.tensorboard import Logger
from stratus.sweep.batched import group, launch, ready
from stratus.sweep.batched.composer import Composer
from stratus.sweep.batched.launch import most
from stratus.sweep.batched.member import fit_together
from stratus.tasks.multiclass import MulticlassClassification
from stratus.training import lone as training

ROOT = Path(__file__).parents[3]


def samples(one):
    data = one.data
    return data.load().observations.split(
        one.recipe, data.borders, standardise=one.features.standardise, resample=data.resample
    )


def weights(outcome, place):
    theta = outcome.last.theta[..., place]
    return theta[:-1].T, theta[-1]


MEMBERS = {
    "gd": ("optimizer=gd", "optimizer.lr=0.05,0.2", "init=zeros,gaussian"),
    "sgd": ("optimizer=sgd", "optimizer.lr=0.01,0.05", "optimizer.weight_decay=0,0.1", "schedule=cosine,constant"),
    "momentum": (
        "optimizer.momentum=0.5,0.9",
        "optimizer.nesterov=true,false",
        "optimizer.lr=0.01,0.03",
        "init=uniform",
    ),
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
@pytest.mark.parametrize("optimizer", MEMBERS)
@pytest.mark.parametrize(
    "task",
    [
        ("task=regression", "trainer.gradient_clip_val=2", "trainer.check_val_every_n_epoch=2"),
        ("task=binary", "task.class_weights=balanced"),
        ("task=multiclass", "trainer.limit_train_batches=9"),
        ("task=multilabel", "task.class_weights=balanced", "data.validation_from=null"),
    ],
)
def test_members_are_the_runs_they_would_be_alone(settings, tmp_path, task, optimizer):
    members = [settings(*task, "trainer.max_epochs=2", *one) for one in alternating(MEMBERS[optimizer], 4)]
    splits = samples(members[0])
    together = fit_together(members, splits).outcome
    for place, one in list(enumerate(members))[1:3]:
        alone = training.alone(one, splits, tmp_path / str(place), Logger(tmp_path / str(place)), {})
        weight, bias = weights(together, place)
        if splits.validation:
            assert together.best_epoch[place] + 1 == alone.best_epoch
        assert torch.allclose(weight.double(), alone.last.weight, rtol=0, atol=1e-5)
        assert torch.allclose(bias.double(), alone.last.bias, rtol=0, atol=1e-5)


@pytest.mark.parametrize("task", ["task=binary", "task=multiclass"])
@pytest.mark.parametrize("size", ["data.batch_size=32", "data.batch_size=null"])
def test_members_on_resamples_of_the_days_are_those_of_the_resamples(settings, tmp_path, task, size):
    same = (task, size, "trainer.max_epochs=3")
    members = [settings(*same, f"data.resample={number}", f"seed={k}") for k, number in enumerate(("null", 2, 5, 2))]
    together = fit_together(members, samples(members[0])).outcome
    for place, one in enumerate(members):
        where = tmp_path / str(place)
        alone = training.alone(one, samples(one), where, Logger(where), {})
        for found, expected in zip(weights(together, place), (alone.last.weight, alone.last.bias), strict=True):
            assert torch.allclose(found.double(), expected, rtol=0, atol=1e-5)


def test_a_member_that_diverges_touches_no_other_and_says_what_it_would_alone(settings, tmp_path):
    def members_with(wild):
        rates = ["0.1", wild, "0.05", "0.02"]
        same = ("task=regression", "optimizer=sgd", "trainer.max_epochs=4")
        return [settings(*same, f"optimizer.lr={lr}", f"seed={k}") for k, lr in enumerate(rates)]

    members = members_with("50")
    splits = samples(members[0])
    trained, tame = fit_together(members, splits), fit_together(members_with("0.01"), splits)
    with pytest.raises(Diverged) as together:
        trained.fit_of(1)(members[1], splits, tmp_path / "together", Logger(tmp_path / "together"), {})
    with pytest.raises(Diverged) as alone:
        training.alone(members[1], splits, tmp_path / "alone", Logger(tmp_path / "alone"), {})
    steps = [re.search(r"at step (\d+)", str(one.value)).group(1) for one in (together, alone)]
    assert steps[0] == steps[1]
    assert re.sub(r"[\d.]+e\+\d+", "N", str(together.value)) == re.sub(r"[\d.]+e\+\d+", "N", str(alone.value))
    for place in (0, 2, 3):
        for one, other in zip(weights(trained.outcome, place), weights(tame.outcome, place), strict=True):
            assert torch.equal(one, other)
        assert all(
            torch.equal(values[:, place], tame.outcome.curves[tag][:, place])
            for tag, values in trained.outcome.curves.items()
        )


def test_a_loss_of_any_form_is_trained(settings, monkeypatch, tmp_path):
    one = settings("task=multiclass", "trainer.max_epochs=2", "seed=1")
    other = settings("task=multiclass", "trainer.max_epochs=2", "seed=2")
    splits = samples(one)

    def losses(self, logits, y):  # right for [n, k] only: the classes are looked for at the end
        return -logits.log_softmax(-1).gather(-1, y[:, None])

    with monkeypatch.context() as patched:
        patched.setattr(MulticlassClassification, "losses", losses)
        found = fit_together([one, other], splits).outcome
    expected = fit_together([one, other], splits).outcome
    assert torch.allclose(found.last.theta, expected.last.theta, atol=1e-6)


@pytest.mark.parametrize("task", ["task=regression", "task=binary"])
def test_an_epoch_too_large_to_be_gathered_at_once_is_the_same(settings, monkeypatch, tmp_path, task):
    words = (task, "task.class_weights=balanced") if task == "task=binary" else (task,)
    members = [settings(*words, "trainer.max_epochs=3", f"optimizer.lr={lr}", "seed=1") for lr in ("0.1", "1e30")]
    splits = samples(members[0])
    at_once = fit_together(members, splits).outcome
    monkeypatch.setattr(group, "AT_ONCE", 1000)
    in_parts = fit_together(members, splits).outcome
    assert torch.equal(at_once.last.theta[..., 0], in_parts.last.theta[..., 0])
    assert at_once.unending == in_parts.unending
    assert set(at_once.unending) == ({1} if task == "task=regression" else set())
    for tag, values in at_once.curves.items():
        assert torch.allclose(values[:, 0], in_parts.curves[tag][:, 0])


# --- through the door


def plain(value, folder):
    """What a checkpoint holds, flat: numbers by their dotted names, the run's folder left out of names and texts."""
    if isinstance(value, torch.Tensor):
        value = value.tolist()
    if isinstance(value, list):
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
    words = ("-m", "hydra/launcher=batched", *SWEEP, "seed=1", "hydra.sweep.dir=.")
    process = door(folder, *words, "optimizer.lr=0.1,0.05,1e38", "hydra.sweeper.max_batch_size=4", "patience=1,2")
    out, err = process.communicate(timeout=100)
    return folder, process.returncode, out + err


def test_a_job_is_a_run_like_any_other(swept, trained, tmp_path):
    folder, _, _ = swept
    alone = trained(tmp_path / "alone", *SWEEP, "seed=1", "optimizer.lr=0.1", "patience=1")
    job = record.read(folder / "0")
    assert set(job) | {"objective"} == set(alone)
    for entry in ("epochs", "best_epoch", "data", "target", "optimum_attained"):
        assert job[entry] == alone[entry]
    for entry in ("metrics", "gap"):
        assert job[entry] == pytest.approx(alone[entry], abs=1e-4, nan_ok=True)
    assert job["references"] == alone["references"]
    hydra = {".hydra/config.yaml", ".hydra/hydra.yaml", ".hydra/overrides.yaml", "run.log"}
    assert set(files(folder / "0")) - hydra == {
        name for name in files(tmp_path / "alone") if not name.startswith("references/")
    }
    assert len(list((folder / "references").iterdir())) == 3  # of all its jobs
    assert hydra <= set(files(folder / "0"))
    for name in ("best", "last"):
        one, other = (
            plain(torch.load(at / f"checkpoints/{name}.ckpt"), at) for at in (folder / "0", tmp_path / "alone")
        )
        assert one == pytest.approx(other, abs=1e-5, nan_ok=True)


def test_tensorboard_shows_of_a_job_what_it_shows_of_a_lone_run_from_one_file(swept, trained, tmp_path):
    folder, _, _ = swept
    trained(tmp_path, *SWEEP, "seed=1", "optimizer.lr=0.1", "patience=1")
    assert len(event_files(folder / "0")) == len(event_files(tmp_path)) == 1
    found, expected = shown(folder / "0"), shown(tmp_path)
    assert found[0].keys() == expected[0].keys() >= {"train/loss", "val/accuracy", "epoch", "hp/gap", "test/loss"}
    for tag, points in expected[0].items():
        assert np.allclose(found[0][tag], points, rtol=0, atol=1e-5, equal_nan=True), tag
    assert [step for step, _ in found[0]["train/loss"]] == [22, 45, 68]
    assert set(found[1]) == {f"_hparams_/{name}" for name in ("experiment", "session_start_info", "session_end_info")}
    assert found[1] == expected[1]
    ((step, text),) = found[2]["configuration/text_summary"]
    assert step == 69
    assert "    optimizer:\n" in text
    assert found[2].keys() == expected[2].keys()


def test_a_job_that_diverged_shows_its_settings_and_no_final_figures(swept):
    folder, _, _ = swept
    assert record.read(folder / "4")["status"] == "diverged"
    assert len(event_files(folder / "4")) == 1
    points, hparams, texts = shown(folder / "4")
    assert set(hparams) == {"_hparams_/session_start_info"}
    settings = hparams["_hparams_/session_start_info"].session_start_info.hparams
    assert settings["optimizer.lr"].number_value == 1e38
    assert not texts
    assert not [tag for tag in points if tag.startswith(("test/", "hp/"))]


def test_a_member_that_diverges_late_leaves_the_curves_until_then(settings, tmp_path):
    members = [
        settings("task=regression", "features=two_days", "optimizer=gd", f"optimizer.lr={lr}", "trainer.max_epochs=120")
        for lr in (0.1, 2.0)
    ]
    days = samples(members[0])
    with pytest.raises(Diverged):
        experiment.run(
            members[1],
            None,
            days,
            folder=tmp_path,
            record={"data": {}},
            fit=fit_together(members, days).fit_of(1),
        )
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
    assert wild["status"] == "diverged"
    assert "training diverged" in wild["error"]
    assert record.read(folder / "3")["status"] == "finished"


@pytest.mark.parametrize(
    "overrides",
    [
        ["optimizer.lr=0.5", "seed=3"],
        ["seed=4", "init=gaussian", "init.sigma=0.25", "task=regression", "features=[station,harmonics]"],
        ["features.harmonics.k=3", "features=harmonics", "data.validation_from=null"],
        ["trainer.max_epochs=3", "task=binary", "optimizer=gd", "data.stations=[New York]"],
        ["+trainer.max_time=1", "seed=1"],
        ["experiment=rain_forecast", "hydra.sweep.subdir=x", "optimizer.lr=1e-3"],
    ],
)
def test_a_job_is_composed_as_hydra_composes_it(overrides):
    with initialize_config_dir(str(ROOT / "conf"), version_base=None):
        hydra = GlobalHydra.instance().hydra
        master = hydra.compose_config("config", ["pictures=none"], RunMode.MULTIRUN)
        composer = Composer(hydra.config_loader)
        for first in (["optimizer.lr=0.25", *overrides[1:]], overrides):
            assert outcome(composer, master, first) == outcome(hydra.config_loader, master, first)


def outcome(loader, master, overrides):
    try:
        return OmegaConf.to_container(loader.load_sweep_config(master, overrides))
    except Exception as error:
        return str(error)


def test_a_job_is_evaluated_forecast_and_resumed_as_any_run(swept, stratus, trained, tmp_path):
    folder, _, _ = swept
    assert any("accuracy" in line for line in stratus("evaluate", folder / "0"))
    assert stratus("forecast", folder / "0")
    resumed = trained(tmp_path, f"resume={folder / '1'}", "trainer.max_epochs=5", "patience=9")
    assert resumed["epochs"] == 5


def test_a_group_is_split_where_it_would_not_fit(settings):
    one = settings("task=multiclass", "trainer.max_epochs=3")
    splits = samples(one)
    assert most(one, splits, 2.0) > 2000
    assert most(one, splits, 0.5) == pytest.approx(most(one, splits, 1.0) / 2, rel=0.01)
    assert most(one, splits, 1e-9) == 1


def test_what_cannot_be_trained_together_runs_one_by_one_and_is_told(composed, settings, caplog):
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
        )
    ]
    one = settings("trainer.max_epochs=1")
    with caplog.at_level("INFO"):
        launch.train(enumerate(jobs), 2.01 / most(one, samples(one), 1.0))
    assert set(ready.jobs) == {0, 1, 2}
    said = [line for line in caplog.messages if "jobs" in line]
    assert said[:2] == ["training 2 jobs as one, #0 to #1", "training 1 jobs as one, #2 to #2"]
    for number, reason in ((3, "LBFGS"), (4, "detect_anomaly"), (5, "no other differs"), (6, "resume")):
        assert any(f"#{number}" in line and reason in line for line in said)


def test_members_with_pictures_keep_their_way(settings, tmp_path):
    members = [settings("task=binary", "trainer.max_epochs=2", f"seed={k}", "pictures=all") for k in range(2)]
    splits = samples(members[0])
    together = fit_together(members, splits).fit_of(1)(members[1], splits, tmp_path / "a", Logger(tmp_path / "a"), {})
    alone = training.alone(members[1], splits, tmp_path / "b", Logger(tmp_path / "b"), {})
    assert together.trace.steps == alone.trace.steps
    for one, other in ((together.trace.weight, alone.trace.weight), (together.trace.bias, alone.trace.bias)):
        assert torch.allclose(torch.stack(one), torch.stack(other), atol=1e-6)
