"""`logger=…`, `tags=…` and `test=false`: where a run's scores go, and which there are."""

import polars as pl
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from stratus.errors import ConfigurationError
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


def test_a_logger_whose_package_is_missing_is_told_before_training(trained, tmp_path, monkeypatch):
    monkeypatch.setattr("stratus.settings.checks.distributions", lambda name: [])
    with pytest.raises(ConfigurationError, match=r"logger=wandb needs an extra .* 'stratus-weather\[wandb\]'"):
        trained(tmp_path, "logger=[csv,wandb]")


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
