"""Forecasts from a checkpoint: the same after reloading, named and in units, and safe to load whatever the file."""

import math
import os
import pickle
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from lightning.pytorch import Trainer
from polars.testing import assert_frame_equal
from stratus.verification.forecast import Forecaster, load, scores

from stratus import tasks
from stratus.data.datamodule import WeatherDataModule
from stratus.data.recipe import Recipe
from stratus.data.splits import split
from stratus.data.table import extend, read_csv, select
from stratus.errors import CheckpointError
from stratus.verification.references import optimum

SHIPPED = read_csv(Path(__file__).parents[2] / "data" / "weather.csv")
SEATTLE = select(SHIPPED, ["Seattle"], "weather.csv")
TARGET = {"regression": "temperature", "binary": "rain", "multiclass": "weather", "multilabel": "rain_by_station"}
LAST = date(2015, 12, 31)

every_task = pytest.mark.parametrize("name", tasks.NAMES)


def posed(name, lead=0, target=None, **settings):
    rows = SHIPPED if name == "multilabel" else SEATTLE
    recipe = Recipe(target or TARGET[name], {"two_days": {}}, lead)
    splits = split(rows, recipe, train_from=date(2012, 1, 3), test_from=date(2015, 1, 1))
    return rows, splits, tasks.find(name).fitting(splits, **settings)


def saved(folder, name, lead=0, **settings):
    """A task trained for an epoch, its table and samples, and the checkpoint that Lightning writes of it."""
    rows, splits, task = posed(name, lead, **settings)
    quiet = ("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary")
    trainer = Trainer(accelerator="cpu", devices=1, max_epochs=1, limit_val_batches=0, **dict.fromkeys(quiet, False))
    trainer.fit(task, WeatherDataModule(splits, batch_size=200))
    path = folder / f"{name}.ckpt"
    trainer.save_checkpoint(path)
    return rows, splits, task, path


def fixed(name, weight, bias, lead=0, target=None):
    """A forecaster whose weights, on inputs in their own units, are given."""
    rows, splits, _ = posed(name, lead, target)
    task = tasks.find(name)(inputs=splits.inputs, units=splits.units, outputs=splits.outputs)
    with torch.no_grad():
        task.linear.weight[:] = torch.tensor(weight)
        task.linear.bias[:] = torch.tensor(bias)
    return rows, Forecaster(task, splits.recipe)


# --- reloading


@every_task
def test_a_reloaded_checkpoint_forecasts_the_same(name, tmp_path):
    rows, splits, task, path = saved(tmp_path, name, lead=1)
    again = load(path)
    assert again.recipe == splits.recipe
    assert again.inputs == splits.inputs
    assert again.task.outputs == splits.outputs
    assert (again.task.name, again.checkpoint["global_step"]) == (name, math.ceil(1094 / 200))
    before, after = (one.forecast(one.samples(rows)) for one in (Forecaster(task, splits.recipe), again))
    assert_frame_equal(before, after, check_exact=True)
    assert scores(task, splits.test) == pytest.approx(scores(again.task, splits.test), nan_ok=True, rel=0)


def test_the_scale_and_the_tolerance_travel_in_the_checkpoint(tmp_path):
    *_, splits, _, path = saved(tmp_path, "regression", tolerance=0.5)
    task = load(path).task
    assert task.tolerance == 0.5
    for found, expected in zip((task.mean, task.scale), splits.standardisation, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_a_checkpoint_s_classes_keep_their_order_where_a_table_lacks_some(tmp_path):
    *_, path = saved(tmp_path, "multiclass")
    again = load(path)
    dry = SEATTLE.filter(pl.col("weather").is_in(["sun", "fog"]))
    forecast = again.forecast(again.samples(dry))
    truth = dict(dry.select("date", "weather").iter_rows())
    assert forecast["truth"].to_list() == [truth.get(day) for day in forecast["date"]]
    assert forecast.columns[4:] == [f"p({name})" for name in ("drizzle", "fog", "rain", "snow", "sun")]


def test_another_station_s_table_is_refused_where_the_inputs_name_theirs(tmp_path):
    *_, path = saved(tmp_path, "multilabel")
    elsewhere = SHIPPED.with_columns(pl.col("station").replace("Seattle", "Oslo"))
    with pytest.raises(CheckpointError, match="needs the same stations") as caught:
        load(path).samples(elsewhere)
    assert "Oslo temperature d" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_another_station_s_table_is_refused_where_only_the_answers_name_theirs():
    splits = split(SHIPPED, Recipe("rain_by_station", {"harmonics": {}}), test_from=date(2015, 1, 1))
    forecaster = Forecaster(tasks.find("multilabel").fitting(splits), splits.recipe)
    elsewhere = SHIPPED.with_columns(pl.col("station").replace("Seattle", "Oslo"))
    with pytest.raises(CheckpointError, match="needs the same stations"):
        forecaster.samples(elsewhere)


def test_a_model_of_one_station_may_be_asked_about_another(tmp_path):
    *_, path = saved(tmp_path, "binary")
    again = load(path)
    assert set(again.forecast(again.samples(SHIPPED))["station"]) == {"New York", "Seattle"}


# --- the table of forecasts


def mean_temperature(day, before=0):
    row = SEATTLE.filter(pl.col("date") == day - timedelta(before))
    return (row["temperature_max"].item() + row["temperature_min"].item()) / 2


def on(forecasts, day):
    (row,) = forecasts.filter(pl.col("date") == day).to_dicts()
    return row


def test_a_temperature_is_forecast_by_the_formula_from_the_two_days_before():
    rows, forecaster = fixed("regression", [[0.25, 0.5]], [3.0], lead=1)
    day = date(2015, 8, 1)
    row = on(forecaster.forecast(forecaster.samples(rows)), day)
    assert list(row) == ["date", "station", "truth", "prediction"]
    assert row["truth"] == mean_temperature(day)
    expected = 0.25 * mean_temperature(day, 2) + 0.5 * mean_temperature(day, 1) + 3
    assert row["prediction"] == pytest.approx(expected, rel=1e-6)


def test_maximum_and_minimum_have_columns_of_their_own():
    rows, forecaster = fixed("regression", [[0.0, 1.0], [1.0, 0.0]], [1.0, -1.0], target="temperature_max_min")
    day = date(2014, 2, 3)
    row = on(forecaster.forecast(forecaster.samples(rows)), day)
    seen = SEATTLE.filter(pl.col("date") == day)
    assert row["truth temperature_max"] == seen["temperature_max"].item()
    assert row["truth temperature_min"] == seen["temperature_min"].item()
    assert row["prediction temperature_max"] == pytest.approx(mean_temperature(day) + 1, rel=1e-6)
    assert row["prediction temperature_min"] == pytest.approx(mean_temperature(day, 1) - 1, rel=1e-6)


def test_rain_is_forecast_by_name_and_probability():
    rows, forecaster = fixed("binary", [[0.0, -1.0]], [10.0])  # likely below 10 °C
    forecasts = forecaster.forecast(forecaster.samples(rows))
    assert forecasts.columns == ["date", "station", "truth", "prediction", "p(rain)"]
    assert (forecasts["prediction"] == "rain").to_list() == (forecasts["p(rain)"] > 0.5).to_list()
    assert set(forecasts["prediction"]) == {"rain", "no rain"}
    day = date(2015, 1, 5)
    row = on(forecasts, day)
    assert row["p(rain)"] == pytest.approx(1 / (1 + np.exp(mean_temperature(day) - 10)), rel=1e-5)
    wet = SEATTLE.filter(pl.col("precipitation") > 0)["date"]
    assert forecasts.filter(pl.col("truth") == "rain")["date"].to_list() == wet.to_list()


def test_a_class_is_forecast_as_the_likeliest_of_probabilities_that_sum_to_one():
    weight = [[0.0, 0.1], [0.0, -0.1], [0.1, 0.0], [-0.1, 0.0], [0.0, 0.0]]
    rows, forecaster = fixed("multiclass", weight, [0.0] * 5)
    forecasts = forecaster.forecast(forecaster.samples(rows))
    p = forecasts.select(r"^p\(.*$")
    assert p.columns == ["p(drizzle)", "p(fog)", "p(rain)", "p(snow)", "p(sun)"]
    np.testing.assert_allclose(p.sum_horizontal(), 1, rtol=1e-6)
    likeliest = [p.columns[k][2:-1] for k in p.to_numpy().argmax(axis=1)]
    assert forecasts["prediction"].to_list() == likeliest
    assert forecasts["truth"].to_list() == SEATTLE["weather"][1:].to_list()


def test_labels_are_joined_and_none_is_said():
    rows, forecaster = fixed("multilabel", [[0.0] * 4] * 2, [-1.0, 2.0])
    forecasts = forecaster.forecast(forecaster.samples(rows))
    assert set(forecasts["prediction"]) == {"Seattle"}
    assert set(forecasts["truth"]) == {"none", "New York", "Seattle", "New York + Seattle"}
    assert set(forecasts["station"]) == {"New York + Seattle"}
    wet = SHIPPED.group_by("date").agg(pl.col("station").filter(pl.col("precipitation") > 0).sort())
    expected = {day: " + ".join(names) or "none" for day, names in wet.iter_rows()}
    assert forecasts["truth"].to_list() == [expected[day] for day in forecasts["date"]]
    assert on(forecasts, LAST)["p(Seattle)"] == pytest.approx(1 / (1 + np.exp(-2)), rel=1e-6)


@every_task
def test_the_day_after_the_table_s_end_is_forecast_without_a_truth(name):
    rows, splits, task = posed(name, lead=1)
    forecaster = Forecaster(task, splits.recipe)
    forecasts = forecaster.forecast(forecaster.samples(extend(rows, LAST + timedelta(2))))
    assert forecasts["date"].max() == LAST + timedelta(1)  # the second day's inputs are not known
    assert on(forecasts, LAST + timedelta(1))["truth"] is None
    assert on(forecasts, LAST + timedelta(1))["prediction"] is not None
    assert forecasts["truth"].null_count() == 1


# --- scores


@pytest.mark.parametrize(
    ("name", "lead", "published"),
    [
        ("regression", 1, {"mae": 1.525, "rmse": 1.921, "accuracy": 0.718}),
        ("binary", 0, {"accuracy": 0.652, "brier": 0.2102}),
        ("multiclass", 0, {"accuracy": 0.600, "log_loss": 1.122, "recall/drizzle": 0, "recall/fog": 0}),
        ("multiclass", 0, {"recall/rain": 0.71, "recall/sun": 0.72, "recall/snow": np.nan}),
    ],
)
def test_the_optimum_s_weights_score_as_published_on_the_test_days(name, lead, published):
    _, splits, task = posed(name, lead)
    best, _ = optimum(task, splits)
    with torch.no_grad():
        task.linear.weight[:], task.linear.bias[:] = best.weight, best.bias
    found = scores(task, splits.test)
    digits = {score: len(str(value).partition(".")[2]) for score, value in published.items()}
    rounded = {score: round(found[score], digits[score]) for score in published}
    assert rounded == pytest.approx(published, abs=1e-9, nan_ok=True)


# --- files that are no checkpoint


def refusal(path):
    with pytest.raises(CheckpointError) as caught:
        load(path)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    return message


def test_a_missing_checkpoint_is_said_to_be_missing(tmp_path):
    assert "there is no checkpoint" in refusal(tmp_path / "best.ckpt")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"station,date\n", b"\x80\x04K\x01.", os.urandom(1000)])
def test_other_bytes_are_no_checkpoint(content, tmp_path):
    path = tmp_path / "best.ckpt"
    path.write_bytes(content)
    assert "is not a checkpoint of Stratus" in refusal(path)


def test_a_folder_is_no_checkpoint(tmp_path):
    assert "is not a checkpoint of Stratus" in refusal(tmp_path)


@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
def test_a_truncated_checkpoint_is_refused(share, tmp_path):
    *_, path = saved(tmp_path, "binary")
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    assert "is not a checkpoint of Stratus" in refusal(path)


def without(key):
    return lambda content: content.pop(key)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (without("task"), "KeyError: 'task'"),
        (without("state_dict"), "KeyError: 'state_dict'"),
        (without("hyper_parameters"), "KeyError: 'hyper_parameters'"),
        (without("datamodule_hyper_parameters"), "KeyError: 'datamodule_hyper_parameters'"),
        (lambda content: content.update(task="forest"), "there is no task 'forest'"),
        (lambda content: content.update(task=["binary"]), "there is no task '['binary']'"),
        (lambda content: content["hyper_parameters"].update(inputs=["one"]), "RuntimeError"),
        (lambda content: content["hyper_parameters"].update(colour="blue"), "unexpected keyword argument 'colour'"),
        (lambda content: content["state_dict"].pop("mean"), "RuntimeError"),
        (lambda content: content["datamodule_hyper_parameters"].update(target="hail"), "there is no target 'hail'"),
        (lambda content: content["datamodule_hyper_parameters"].pop("features"), "missing 1 required"),
    ],
)
def test_a_checkpoint_that_lacks_or_contradicts_something_is_refused(change, said, tmp_path):
    *_, path = saved(tmp_path, "binary")
    content = torch.load(path, weights_only=True)
    change(content)
    torch.save(content, path)
    assert said in refusal(path)


@pytest.mark.parametrize("content", [[], {}, None, torch.zeros(3)], ids=repr)
def test_a_file_of_torch_that_holds_something_else_is_refused(content, tmp_path):
    torch.save(content, tmp_path / "best.ckpt")
    assert "is not a checkpoint of Stratus" in refusal(tmp_path / "best.ckpt")


class Trap:
    """Unpickled, it would make a folder."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


@pytest.mark.parametrize("write", ["zip", "legacy", "pickle"])
def test_code_in_a_checkpoint_is_never_run(write, tmp_path):
    *_, path = saved(tmp_path, "binary")
    sprung = tmp_path / "sprung"
    content = torch.load(path, weights_only=True) | {"callbacks": Trap(sprung)}
    if write == "pickle":
        path.write_bytes(pickle.dumps(content))
    else:
        torch.save(content, path, _use_new_zipfile_serialization=write == "zip")
    assert "is not a checkpoint of Stratus" in refusal(path)
    assert not sprung.exists()

    with open(path, "rb") as file:  # the trap does work where a file is trusted
        pickle.load(file) if write == "pickle" else torch.load(file, weights_only=False)
    assert sprung.exists()
