"""What TensorBoard is given, read with TensorBoard's own reader."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import metadata
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

from stratus.runs import tensorboard as board
from stratus.runs.events import EventFile

TASKS = ["regression", "binary", "multiclass", "multilabel"]


def events(folder):
    return EventAccumulator(str(folder), size_guidance={"scalars": 0, "tensors": 0}).Reload()


def scalars(folder):
    accumulator = events(folder)
    return {tag: [(one.step, one.value) for one in accumulator.Scalars(tag)] for tag in accumulator.Tags()["scalars"]}


@pytest.mark.parametrize("task", TASKS)
def test_the_curves_of_loss_and_accuracy_have_a_point_an_epoch(short, task):
    found = scalars(short(task))
    for tag in ("train/loss", "train/accuracy", "val/loss", "val/accuracy"):
        steps = [step for step, _ in found[tag]]
        assert steps == [22, 45, 68, 91], tag  # 729 days in batches of 32 are 23 steps an epoch
    first, *_, last = (value for _, value in found["train/loss"])
    assert last < first


@pytest.mark.parametrize("task", TASKS)
def test_the_test_scores_are_those_of_the_record(short, recorded, task):
    found, metrics = scalars(short(task)), recorded(short(task))["metrics"]
    for tag, value in metrics.items():
        if tag.startswith("test/") and value is not None:
            assert [one for _, one in found[tag]] == [pytest.approx(value, rel=1e-6)], tag


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("reference", ["climatology", "persistence", "optimum"])
def test_a_reference_is_a_run_of_its_own_whose_lines_are_level_and_as_long_as_the_curves(
    short, recorded, task, reference
):
    found = scalars(short(task) / "references" / reference)
    expected = recorded(short(task))["references"][reference]
    assert set(found) == {f"{split}/{score}" for split in ("train", "val", "test") for score in ("loss", "accuracy")}
    for tag, ((start, first), (end, last)) in found.items():
        assert (start, end) == (0, 92)
        assert first == last == pytest.approx(expected[tag], rel=1e-6)


def test_the_jobs_of_a_sweep_share_the_references_that_are_the_same(tmp_path):
    usual, best = {"train/loss": 1.0, "test/mae": 2.0}, [{"train/loss": 0.5}, {"train/loss": 0.25}]
    for job, optimum in enumerate([*best, best[0]]):
        board.constant_lines(tmp_path / str(job), {"climatology": usual, "optimum": optimum}, 10, shared=True)
    found = sorted(path.name.partition("-")[0] for path in (tmp_path / "references").iterdir())
    assert found == ["climatology", "optimum", "optimum"]
    assert not list(tmp_path.glob("[0-9]"))
    for path in (tmp_path / "references").iterdir():
        assert len(list(path.iterdir())) == 1
        assert set(scalars(path)) == {"train/loss"}


def test_references_that_differ_each_have_a_place(tmp_path):
    for job in range(120):  # among which two have checksums that begin alike
        board.constant_lines(tmp_path / str(job), {"optimum": {"train/loss": job / 10}}, 10, shared=True)
    assert len(list((tmp_path / "references").iterdir())) == 120


def test_of_jobs_that_end_at_once_one_writes_a_shared_reference(tmp_path):
    started = Barrier(8)

    def record_job(job):
        started.wait()
        board.constant_lines(tmp_path / str(job), {"climatology": {"train/loss": 1.0}}, 10, shared=True)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(record_job, range(8)))
    (place,) = (tmp_path / "references").iterdir()
    assert len(list(place.iterdir())) == 1
    assert scalars(place) == {"train/loss": [(0, 1.0), (10, 1.0)]}


def test_the_settings_of_a_run_are_in_its_file_while_it_is_still_open(tmp_path):
    with closing(EventFile(tmp_path)) as file:
        board.settings(file, {"optimizer.lr": 0.25, "init": "zeros"})
        content = events(tmp_path).summary_metadata["_hparams_/session_start_info"].plugin_data.content
    start = HParamsPluginData.FromString(content).session_start_info
    assert start.hparams["optimizer.lr"].number_value == 0.25
    assert start.hparams["init"].string_value == "zeros"


def hparams(folder):
    content = events(folder).summary_metadata
    start = HParamsPluginData.FromString(content["_hparams_/session_start_info"].plugin_data.content)
    experiment = HParamsPluginData.FromString(content["_hparams_/experiment"].plugin_data.content)
    assert content["_hparams_/session_start_info"].plugin_data.plugin_name == metadata.PLUGIN_NAME
    values = {name: getattr(v, v.WhichOneof("kind")) for name, v in start.session_start_info.hparams.items()}
    return values, {one.name.tag for one in experiment.experiment.metric_infos}


def test_the_hparams_tab_shows_the_settings_of_each_run(short):
    values, _ = hparams(short("regression"))
    expected = {
        "task": "regression",
        "optimizer.lr": 0.1,
        "optimizer.momentum": 0.9,
        "trainer.max_epochs": 4,
        "seed": 0,
    }
    assert values == values | expected


def test_the_hparams_tab_shows_the_final_figures(short, recorded):
    _, metrics = hparams(short("regression"))
    found, run = scalars(short("regression")), recorded(short("regression"))
    assert {"hp/val_loss", "hp/test_loss", "hp/test_accuracy", "hp/test_skill", "hp/gap"} <= metrics
    assert all(found[tag] for tag in metrics)
    assert found["hp/test_loss"][-1][1] == pytest.approx(run["metrics"]["test/loss"], rel=1e-6)
    assert found["hp/gap"][-1][1] == pytest.approx(run["gap"], rel=1e-6)
    assert "hp_metric" not in found


def test_the_configuration_is_there_as_text(short):
    (tensor,) = events(short("regression")).Tensors("configuration/text_summary")
    (text,) = tensor.tensor_proto.string_val
    assert "    task:\n      target: temperature\n" in text.decode()
    assert "max_epochs: 4" in text.decode()
