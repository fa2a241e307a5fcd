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
    for tag in ("test/loss", "test/accuracy", "test/skill"):
        assert [one for _, one in found[tag]] == [pytest.approx(metrics[tag], rel=1e-6)], tag


@pytest.mark.parametrize("task", TASKS)
def test_charts_are_of_loss_accuracy_and_skill_alone(short, task):
    curves = {f"{split}/{score}" for split in ("train", "val", "test") for score in ("loss", "accuracy")}
    assert set(scalars(short(task))) == curves | {"test/skill"}


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("reference", ["climatology", "persistence", "optimum"])
def test_a_reference_is_a_run_of_its_own_whose_lines_are_level_and_as_long_as_the_curves(
    short, recorded, task, reference
):
    (place,) = (short(task) / "references").glob(f"{task} *, {reference}*")
    found = scalars(place)
    expected = recorded(short(task))["references"][reference]
    assert set(found) == set(scalars(short(task)))  # beside each curve
    for tag, ((start, first), (end, last)) in found.items():
        assert (start, end) == (0, 92)
        assert first == last == pytest.approx(expected[tag], rel=1e-6)


def named(folder):
    return {path.name for path in (folder / "references").iterdir()}


def test_runs_below_outputs_share_the_lines_that_are_the_same_others_have_their_own(tmp_path):
    usual, best = {"train/loss": 1.0, "test/mae": 2.0}, [{"train/loss": 0.5}, {"train/loss": 0.25}]
    outputs = tmp_path / "outputs"
    for folder in ("binary/a", "sweeps/b", "binary/c"):
        optimum = best[folder == "sweeps/b"]
        board.constant_lines(outputs / folder, {"climatology": usual, "optimum": optimum}, 10, what="binary here")
    assert named(outputs) == {"binary here, climatology", "binary here, optimum", "binary here, optimum 2"}
    assert scalars(outputs / "references/binary here, optimum 2") == {"train/loss": [(0, 0.25), (10, 0.25)]}
    board.constant_lines(tmp_path / "elsewhere", {"climatology": usual}, 10, what="binary here")
    assert named(tmp_path / "elsewhere") == {"binary here, climatology"}
    assert not list(outputs.glob("*/[abc]"))


def test_a_longer_run_lengthens_a_line_and_a_shorter_one_does_not(tmp_path):
    for steps in (9, 100, 20):
        board.constant_lines(tmp_path, {"climatology": {"train/loss": 1.0}}, steps, what="binary here")
    points = scalars(tmp_path / "references" / "binary here, climatology")["train/loss"]
    assert points == [(0, 1.0), (9, 1.0), (0, 1.0), (100, 1.0)]


def test_a_name_that_a_file_system_would_refuse_is_made_one_that_it_takes(tmp_path):
    board.constant_lines(tmp_path, {"climatology": {"train/loss": 1.0}}, 9, what="binary A/B: \u2603\x00" + "å" * 300)
    (name,) = named(tmp_path)
    assert name.startswith("binary A_B_")
    assert len(name.encode()) <= 120


def test_lines_of_a_place_with_a_long_name_are_told_apart(tmp_path):
    for loss in (1.0, 2.0):
        lines = {"climatology": {"train/loss": loss}, "optimum of " + "y" * 300: {"train/loss": loss}}
        board.constant_lines(tmp_path / "outputs" / "a", lines, 9, what="binary " + "x" * 300)
    assert len(named(tmp_path / "outputs")) == 4


def test_of_jobs_that_end_at_once_one_writes_a_shared_reference(tmp_path):
    started = Barrier(8)

    def record_job(_):
        started.wait()
        board.constant_lines(tmp_path, {"climatology": {"train/loss": 1.0}}, 10, what="binary here")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(record_job, range(8)))
    (place,) = (tmp_path / "references").iterdir()
    assert scalars(place) == {"train/loss": [(0, 1.0), (10, 1.0)]}


def test_the_settings_of_a_run_are_in_its_file_while_it_is_still_open(tmp_path):
    with closing(EventFile(tmp_path)) as file:
        board.settings(file, {"optimizer.lr": 0.25, "init": "zeros"})
        content = events(tmp_path).summary_metadata["_hparams_/session_start_info"].plugin_data.content
    start = HParamsPluginData.FromString(content).session_start_info
    assert start.hparams["optimizer.lr"].number_value == 0.25
    assert start.hparams["init"].string_value == "zeros"


def test_the_hparams_tab_shows_what_a_run_was_told_as_one_text(short):
    content = events(short("regression")).summary_metadata
    start = HParamsPluginData.FromString(content["_hparams_/session_start_info"].plugin_data.content)
    assert content["_hparams_/session_start_info"].plugin_data.plugin_name == metadata.PLUGIN_NAME
    values = {name: getattr(v, v.WhichOneof("kind")) for name, v in start.session_start_info.hparams.items()}
    assert values == {"told": "max_epochs=4, regression"}
    assert "_hparams_/experiment" not in content  # which would fix the columns for all runs beside it


def test_the_configuration_is_there_as_text(short):
    (tensor,) = events(short("regression")).Tensors("configuration/text_summary")
    (text,) = tensor.tensor_proto.string_val
    assert "    task:\n      target: temperature\n" in text.decode()
    assert "max_epochs: 4" in text.decode()


def test_a_run_that_leaves_the_test_days_alone_has_lines_and_no_score_of_them(trained, tmp_path):
    trained(tmp_path, "task=binary", "test=false", "trainer.max_epochs=1")
    assert named(tmp_path) == {
        f"binary Seattle, {name}" for name in ("climatology", "persistence", "optimum of two_days")
    }
    for place in (tmp_path, *(tmp_path / "references").iterdir()):
        assert set(scalars(place)) == {
            f"{split}/{score}" for split in ("train", "val") for score in ("loss", "accuracy")
        }


def test_newton_s_few_steps_have_no_lines_beside_them(trained, tmp_path):
    trained(tmp_path, "task=binary", "optimizer=newton")
    assert {"train/loss", "val/loss"} <= set(scalars(tmp_path))
    assert not (tmp_path / "references").exists()


def test_a_run_without_a_logger_leaves_no_event_and_all_else(trained, tmp_path):
    trained(tmp_path, "task=binary", "logger=none", "trainer.max_epochs=1")
    assert not list(tmp_path.rglob("events*"))
    assert {"run.json", "forecasts.csv", "checkpoints"} <= {path.name for path in tmp_path.iterdir()}
