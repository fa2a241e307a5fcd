"""`logger=…`, `tags=…` and `test=false`: where a run's scores go, and which there are."""

import json
import struct
from importlib.util import find_spec

import polars as pl
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from stratus.errors import ConfigurationError, Diverged
from stratus.runs.record import read
from stratus.runs.report import show_run


def test_several_loggers_are_told_the_same(trained, tmp_path):
    run = trained(tmp_path, "task=regression", "trainer.max_epochs=2", "logger=[tensorboard,csv]", "tags=[first,try]")
    events = EventAccumulator(str(tmp_path)).Reload()
    table = pl.read_csv(tmp_path / "csv" / "metrics.csv")
    for tag in ("train/loss", "val/loss", "test/loss"):
        assert table[tag].drop_nulls().to_list() == pytest.approx([one.value for one in events.Scalars(tag)], rel=1e-6)
    assert table["test/skill"].drop_nulls().to_list() == [run["skill"]]
    assert run["tags"] == ["first", "try"]
    assert "tags: first, try" in (tmp_path / "csv" / "hparams.yaml").read_text()


def test_without_tensorboard_there_are_no_events(trained, tmp_path):
    trained(tmp_path, "task=regression", "trainer.max_epochs=1", "logger=csv")
    assert list(tmp_path.rglob("events.*")) == []
    assert (tmp_path / "csv" / "metrics.csv").exists()


@pytest.mark.parametrize("package", ["wandb", "mlflow"])
def test_a_logger_whose_package_is_missing_is_told_before_training(package, trained, tmp_path):
    if find_spec(package):
        pytest.skip(f"{package} is installed")
    with pytest.raises(
        ConfigurationError,
        match=rf"^logger={package} needs an extra that is not installed: pip install 'stratus-weather\[{package}\]'$",
    ):
        trained(tmp_path, f"logger=[csv,{package}]")


def test_the_test_days_may_be_left_to_evaluate(trained, stratus, tmp_path, capsys):
    alike = "task=regression", "trainer.max_epochs=2"
    scored, left = tmp_path / "scored", tmp_path / "left"
    full, run = trained(scored, *alike), trained(left, *alike, "test=false", "pictures=all")
    assert not [tag for tag in run["metrics"] if tag.startswith("test/")]
    assert run["metrics"] == {tag: value for tag, value in full["metrics"].items() if not tag.startswith("test/")}
    assert (run["tested"], run["skill"], (left / "forecasts.csv").exists()) == (False, None, False)
    assert [one.name for one in (left / "pictures").iterdir()] == ["weights.png"]
    show_run(read(left), left)
    assert f"stratus evaluate {left} scores them" in capsys.readouterr().out
    assert stratus("evaluate", left) == stratus("evaluate", scored)


def test_what_is_about_the_test_days_cannot_go_without_them(composed, trained, tmp_path):
    with pytest.raises(ConfigurationError, match="test=false: expected true, since lesson is about the test days"):
        trained(tmp_path, "experiment=lecture/temperature_line", "test=false")


# --- with the real packages, where they are installed

others = pytest.mark.filterwarnings("ignore")  # the packages' own
TOLD = {
    "task": "binary",
    "features": "two_days",
    "optimizer": "sgd",
    "optimizer.lr": "0.3",
    "optimizer.momentum": "0.9",
}
WORDS = "task=binary", "optimizer.lr=0.3", "trainer.max_epochs=2", "tags=[first,try]"


@pytest.fixture
def here(tmp_path, monkeypatch):
    """What the packages keep stays in the test's folder."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    monkeypatch.chdir(tmp_path)  # its artifacts
    monkeypatch.setenv("WANDB_MODE", "offline")
    for name in ("MLFLOW_EXPERIMENT_NAME", "WANDB_PROJECT"):
        monkeypatch.delenv(name, raising=False)


def of_mlflow():
    """The runs that MLflow knows, the first first, and what asks it."""
    client = pytest.importorskip("mlflow").MlflowClient()
    (experiment,) = (one for one in client.search_experiments() if one.name == "stratus")
    return client, client.search_runs([experiment.experiment_id], order_by=["attributes.start_time"])


def of_wandb(folder):
    """What W&B keeps of an offline run, as its own protocol's records: a log of LevelDB's form in 32 KiB blocks."""
    pb = pytest.importorskip("wandb.proto.wandb_internal_pb2")
    (file,) = folder.glob("wandb/offline-run-*/run-*.wandb")
    content, at, whole, found = file.read_bytes(), 7, b"", []
    while at + 7 <= len(content):
        if 2**15 - at % 2**15 < 7:
            at += 2**15 - at % 2**15
        length, kind = struct.unpack_from("<HB", content, at + 4)
        whole += content[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):  # whole, or a last part
            found.append(pb.Record.FromString(whole))
            whole = b""
    return found


def items(entries):
    """Names and values of a record of W&B's."""
    return {one.key or "/".join(one.nested_key): json.loads(one.value_json) for one in entries}


@others
def test_mlflow_has_settings_curves_scores_and_pictures(trained, tmp_path, here):
    pytest.importorskip("mlflow")
    run = trained(tmp_path / "run", *WORDS, "logger=mlflow", "pictures=all")
    client, (found,) = of_mlflow()
    assert (found.info.run_name, found.info.status) == ("run", "FINISHED")
    assert found.data.tags["tags"] == "first, try"
    assert TOLD.items() <= found.data.params.items()
    assert {name: found.data.metrics[name] for name in run["metrics"] if name.startswith("test/")} == pytest.approx(
        {name: value for name, value in run["metrics"].items() if name.startswith("test/")}
    )
    steps = [one.step for one in client.get_metric_history(found.info.run_id, "train/loss")]
    assert steps == [22, 45]
    pictures = client.list_artifacts(found.info.run_id, "pictures")
    assert {one.path for one in pictures} == {f"pictures/{one.name}" for one in (tmp_path / "run/pictures").iterdir()}


@others
def test_mlflow_is_told_how_a_run_ended(trained, tmp_path, here):
    pytest.importorskip("mlflow")
    alike = "task=regression", "pictures=none", "logger=mlflow"
    with pytest.raises(Diverged):
        trained(tmp_path / "far", *alike, "optimizer=gd", "optimizer.lr=60", "trainer.max_epochs=99")
    trained(tmp_path / "left", *alike, "trainer.max_epochs=1", "test=false")
    _, found = of_mlflow()
    assert [one.info.status for one in found] == ["FAILED", "FINISHED"]


@others
def test_wandb_has_settings_curves_scores_and_pictures(trained, tmp_path, here):
    pytest.importorskip("wandb")
    for name in ("run", "next"):  # each a run of its own, as in a sweep
        run = trained(tmp_path / name, *WORDS, "logger=wandb", "pictures=all")
        records = of_wandb(tmp_path / name)
        (began,) = (one.run for one in records if one.WhichOneof("record_type") == "run")
        assert (began.display_name, began.project, [*began.tags]) == (name, "stratus", ["first", "try"])
        told, logged = {}, {}
        for one in records:
            told |= items(one.config.update) | items(one.run.config.update)
            logged |= items(one.history.item)
        assert {setting: str(told[setting]) for setting in TOLD} == TOLD
        scores = {tag: value for tag, value in run["metrics"].items() if tag.startswith("test/")}
        assert {tag: logged[tag] for tag in scores} == pytest.approx(scores)
        for picture in (tmp_path / name / "pictures").iterdir():
            width, height = (logged[f"view/{picture.stem}/{side}"] for side in ("width", "height"))
            assert (width, height) == Image.open(picture).size
