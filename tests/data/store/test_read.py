"""Reading a store touches only what was asked for; samples on disk are those in memory."""

import json
import math
import os
import re
import shutil
from datetime import date

import numpy as np
import polars as pl
import pytest
import torch
from polars.testing import assert_frame_equal

from stratus import tasks
from stratus.cli import main
from stratus.data.daily_table import SCHEMA
from stratus.data.observations import InMemory
from stratus.data.recipe import Borders, Recipe
from stratus.data.sources import from_store
from stratus.data.splits import Splits, split
from stratus.data.store.build import build
from stratus.data.store.manifest import Part
from stratus.data.store.read import open_store
from stratus.data.streaming import Days, stream
from stratus.errors import CheckpointError, ConfigurationError, DataError
from stratus.files import sha256
from stratus.runs import record
from stratus.settings.data import StoreData, source_from_record
from stratus.training.optimum import optimum
from stratus.training.stability import largest_eigenvalue
from stratus.verification.climatology import Climatology
from stratus.verification.references import Persistence

BORDERS = Borders(train_from=date(2009, 1, 3), validation_from=date(2011, 1, 1), test_from=date(2012, 1, 1))
RECIPES = {
    "regression": Recipe("temperature", {"two_days": {}, "harmonics": {"k": 1}}, 1),
    "binary": Recipe("rain", {"two_days": {}}, 1),
    "multiclass": Recipe("weather", {"two_days": {}}),
}


@pytest.fixture(scope="module")
def store(built, tmp_path_factory):
    return shutil.copytree(built, tmp_path_factory.mktemp("store") / "network")


def test_a_station_and_its_years_are_read_without_the_rest(store, truth, tmp_path):
    alone = tmp_path / "copy"
    whole = open_store(store)
    station = whole.stations[3]
    (bucket,) = whole.index.filter(pl.col("station") == station)["bucket"].unique()
    for file in store.rglob("*"):
        wanted = file in [store / Part(year, bucket).name for year in (2011, 2012)]
        if file.is_file() and (wanted or file.parent == store):
            target = alone / file.relative_to(store)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
    found = open_store(alone, [station], date(2011, 6, 1)).table()
    expected = truth.filter(pl.col("station") == station, pl.col("date").dt.year() >= 2011)
    assert_frame_equal(found.drop("wind"), expected)


@pytest.mark.parametrize("days", [1, 1500, 4000, 10**6])
def test_parts_hold_whole_stations_and_each_day_once(store, truth, days):
    parts = list(open_store(store).parts(days))
    stations = [set(one["station"]) for one in parts]
    assert sum(map(len, stations)) == len(set().union(*stations)) == 12
    assert_frame_equal(pl.concat(parts).sort("station", "date").drop("wind"), truth)


def test_what_is_not_there_is_said(store, tmp_path):
    for ask, said in (
        (lambda: open_store(tmp_path / "none"), "no such store"),
        (lambda: open_store(store, ["USW00000000"]), "no station USW00000000"),
        (lambda: open_store(store, first=date(2020, 1, 1)), "it holds 2009 to 2012"),
    ):
        with pytest.raises(DataError, match=said):
            ask()


def streamed_days(found):
    return Days(lambda: found.parts(3000), found.measured, found.stations, found.classes, found.clocks)


@pytest.fixture(scope="module")
def both(store):
    """The same splits in memory and on disk, by task."""

    def make(name):
        found = open_store(store)
        folder = found.samples_folder(name)
        streamed = stream(streamed_days(found), RECIPES[name], BORDERS, folder)
        return split(found.table(), RECIPES[name], BORDERS), streamed

    return make


def keyed(samples):
    order = np.lexsort((samples.dates, samples.stations.astype(str)))
    return samples.where(order)


@pytest.mark.parametrize("name", list(RECIPES))
def test_samples_on_disk_are_those_in_memory(both, name):
    memory, disk = both(name)
    assert (memory.inputs, memory.outputs, memory.left_out) == (disk.inputs, disk.outputs, disk.left_out)
    for one, other in zip(memory.named.values(), disk.named.values(), strict=True):
        assert other.on_disk
        for column in ("stations", "dates"):
            assert (getattr(keyed(one), column) == getattr(keyed(other), column)).all()
        for column in ("x", "y", "last"):
            np.testing.assert_allclose(getattr(keyed(other), column), getattr(keyed(one), column), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(disk.standardisation, memory.standardisation, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", list(RECIPES))
def test_references_and_limits_are_those_in_memory(both, name, monkeypatch):
    memory, disk = both(name)
    task = tasks.find(name).for_splits(memory)
    expected = optimum(task, memory)
    monkeypatch.setattr("stratus.training.optimum.LOGITS", 5000)  # the Hessian is that of some days only
    found = optimum(task, disk)
    assert expected.attained
    for which in ("weight", "bias"):
        one, other = getattr(expected.weights, which), getattr(found.weights, which)
        centred = (one - one.mean(0), other - other.mean(0)) if name == "multiclass" else (one, other)
        np.testing.assert_allclose(centred[1], centred[0], atol=1e-5)
    assert largest_eigenvalue(task, disk) == pytest.approx(largest_eigenvalue(task, memory), rel=1e-5)
    days, same = keyed(memory.test), keyed(disk.test)
    for reference in (Climatology, Persistence):
        one, other = reference.fit(memory).forecast(days), reference.fit(disk).forecast(same)
        np.testing.assert_allclose(other, one, rtol=1e-5, atol=1e-6)
    one, other = Persistence.fit(memory).decision(days), Persistence.fit(disk).decision(same)
    np.testing.assert_allclose(other, one, rtol=1e-5, atol=1e-6)


def test_a_store_without_further_columns_is_read_as_before(store, truth, tmp_path):
    """As Stratus built it when it kept five elements: parts without others, a manifest that does not speak of them."""
    shutil.copytree(store, tmp_path / "old")
    said = json.loads((tmp_path / "old/store.json").read_text())
    del said["further"]
    for part in said["parts"]:
        file = tmp_path / "old" / Part(part["year"], part["bucket"]).name
        pl.read_parquet(file).select(*SCHEMA).write_parquet(file)
        part |= {"bytes": file.stat().st_size, "sha256": sha256(file)}
    (tmp_path / "old/store.json").write_text(json.dumps(said))
    found = open_store(tmp_path / "old")
    assert_frame_equal(found.table().drop("wind"), truth.drop("pressure", "snow_depth"))


def test_days_on_disk_have_the_inputs_of_all_that_was_measured(store, tmp_path):
    found = open_store(store)
    recipe = Recipe("rain", {"station": {}}, lead_days=1, missing="mean")
    memory, disk = split(found.table(), recipe, BORDERS), stream(streamed_days(found), recipe, BORDERS, tmp_path / "x")
    assert disk.inputs == memory.inputs
    assert {"pressure d-1", "snow_depth d-1"} < {*disk.inputs}
    assert "wind d-1" not in disk.inputs  # of which there is a column and no value
    np.testing.assert_allclose(keyed(disk.test).x[:], keyed(memory.test).x, rtol=1e-6)


def test_a_store_knows_the_hours_by_its_stations(tmp_path):
    file = tmp_path / "2017.csv"
    days = [f"201701{k:02}" for k in range(1, 29)]
    stations = ("USC00417079", "ASN00066062", "USW00013904")
    text = "".join(f"{one},{day},PRCP,10,,,W,0700\n{one},{day},TMAX,99,,,W,\n" for day in days for one in stations)
    file.write_text(text)
    build([file], tmp_path / "store")
    loaded = from_store(str(tmp_path / "store"), None, memory=2)
    clocks = loaded.observations.clocks
    assert [clocks.of(one, "precipitation") for one in stations] == [(-17, 24), (-15, 9), (0, 24)]
    assert [*loaded.provenance.hours] == ["ASN00066062", "USC00417079"]
    assert loaded.provenance.hours["ASN00066062"]["temperature_max"] == [9, 33]
    assert open_store(tmp_path / "store").clocks == clocks


def test_samples_are_made_once(store, tmp_path):
    found, folder = open_store(store), tmp_path / "samples"
    given = RECIPES["binary"], BORDERS, folder
    first = stream(streamed_days(found), *given)

    def untouched():
        raise AssertionError("the table is read again")

    again = stream(streamed_days(found)._replace(parts=untouched, measured=untouched), *given)
    np.testing.assert_array_equal(again.train.x, first.train.x)


@pytest.mark.parametrize("damage", ["a bit", "cut", "missing", "a pipe"])
def test_samples_that_are_not_what_was_written_are_made_anew(store, tmp_path, caplog, damage):
    found, folder = open_store(store), tmp_path / "samples"
    given = RECIPES["binary"], BORDERS, folder
    expected = stream(streamed_days(found), *given).train.x[:]
    file = folder / "train" / "x"
    content = bytearray(file.read_bytes())
    file.unlink()
    if damage == "a bit":
        content[1000] ^= 1
        file.write_bytes(content)
    elif damage == "cut":
        file.write_bytes(content[:-1])
    elif damage == "a pipe":
        os.mkfifo(file)
    again = stream(streamed_days(found), *given)
    np.testing.assert_array_equal(again.train.x[:], expected)
    assert "made anew" in caplog.text


def test_samples_on_disk_are_read_in_slices(store, tmp_path):
    found = open_store(store)
    days = stream(streamed_days(found), RECIPES["binary"], BORDERS, tmp_path / "samples").train
    whole = np.fromfile(tmp_path / "samples" / "train" / "x", np.float32).reshape(len(days), 2)
    for some in (slice(0, 10), slice(5, 900, 7), slice(None, None, 3000), slice(9, 9), np.arange(40) * 3):
        np.testing.assert_array_equal(days.where(some).x, whole[some])


def test_a_target_of_all_stations_at_once_is_refused_where_they_do_not_fit(store, tmp_path):
    recipe = Recipe("rain_by_station", {"two_days": {}})
    with pytest.raises(ConfigurationError, match=re.escape("data.memory")):
        stream(streamed_days(open_store(store)), recipe, BORDERS, tmp_path / "x")


@pytest.mark.parametrize("name", ["anomalies", "climatology"])
def test_what_is_fitted_to_the_training_days_is_refused_where_they_do_not_fit(store, tmp_path, name):
    with pytest.raises(ConfigurationError, match="anomalies and climatology are fitted to the training days in memory"):
        stream(streamed_days(open_store(store)), Recipe("rain", {name: {}}, 1), BORDERS, tmp_path / "samples")


def given(store, *more):
    days = [f"data.{name}={day}" for name, day in vars(BORDERS).items() if day]
    return ["data=store", f"data.path={store}", *days, "data.batch_size=256", "trainer.max_epochs=4", *more]


def test_a_streamed_run_scores_as_its_weights_do_in_memory(trained, store, tmp_path, capsys):
    run = trained(tmp_path / "run", "task=binary", *given(store, "data.memory=0.002"))
    assert (run["status"], run["data"]["stations"]) == ("finished", ["12 stations"])
    assert main(["evaluate", str(tmp_path / "run")]) == 0
    told = capsys.readouterr().out
    kept = json.loads((tmp_path / "run" / "run.json").read_text())
    kept["data"]["source"]["memory"] = 2.0
    (tmp_path / "run" / "run.json").write_text(json.dumps(kept))
    assert isinstance(source_from_record(kept["data"]["source"]).load().observations, InMemory)
    assert main(["evaluate", str(tmp_path / "run")]) == 0
    assert capsys.readouterr().out == told
    forecasts = pl.read_csv(tmp_path / "run" / "forecasts.csv")
    right = (forecasts["truth"] == forecasts["prediction"]).mean()
    assert right == pytest.approx(run["metrics"]["test/accuracy"], abs=1e-6)
    loss = -pl.when(pl.col("truth") == "rain").then(pl.col("p(rain)")).otherwise(1 - pl.col("p(rain)")).log()
    assert forecasts.select(loss.mean()).item() == pytest.approx(run["metrics"]["test/loss"], abs=1e-5)
    assert run["gap"] < 0.01


def test_a_streamed_run_is_evaluated_and_asked_for_forecasts_without_writing_samples(trained, store, tmp_path, capsys):
    run, folder = tmp_path / "run", shutil.copytree(store, tmp_path / "network")
    entries = trained(run, "task=regression", *given(folder, "data.memory=0.002"))
    shutil.rmtree(folder / "samples")
    assert main(["evaluate", str(run)]) == 0
    lines = capsys.readouterr().out.splitlines()
    for name, row in {"model": entries["metrics"], **entries["references"]}.items():
        (shown,) = (re.split(r"[│┃]", line)[2:-1] for line in lines if line.startswith(f"│ {name}"))
        expected = [row[f"test/{score}"] for score in ("loss", "accuracy", "mae", "rmse", "bias", "skill")]
        assert [float(one) for one in shown] == pytest.approx(expected, abs=6e-4)
    assert f"skill {entries['skill']:+.3f}, " in "".join(lines)
    assert main(["forecast", str(run), "--csv", str(tmp_path / "f.csv")]) == 0
    assert capsys.readouterr() == ("", "")
    assert not (folder / "samples").exists()
    test = pl.read_csv(run / "forecasts.csv").with_columns(error=(pl.col("truth") - pl.col("prediction")).abs())
    rows = pl.read_csv(tmp_path / "f.csv").to_dicts()
    assert [row["station"] for row in rows] == open_store(store).stations
    for row in rows:
        errors = np.sort(test.filter(pl.col("station") == row["station"])["error"].to_numpy())
        margin = errors[math.ceil(0.95 * (len(errors) + 1)) - 1]
        assert (row["high"] - row["low"]) / 2 == pytest.approx(margin, abs=4e-6)
        assert row["climatology"] is not None


def test_the_rows_of_some_days_are_read_from_the_files_that_hold_them(store, truth, tmp_path):
    found = open_store(store, memory=0.0001)
    asked = truth.sample(40, seed=0, shuffle=True)
    rows = found.rows(asked["station"].to_list(), asked["date"].to_numpy())
    assert_frame_equal(rows.drop("wind"), asked)
    later = found.rows(["nowhere", found.stations[0]], np.array(["2010-01-01", "2040-01-01"], "datetime64[D]"))
    assert later.drop("station", "date").null_count().row(0) == (2,) * (later.width - 2)
    assert found.last_day == truth["date"].max()
    one = open_store(store, found.stations[:1], memory=0.0001)
    assert one.last_day == truth.filter(pl.col("station") == found.stations[0])["date"].max()


@pytest.mark.parametrize("task", ["regression", "binary", "multiclass"])
def test_a_streamed_run_draws_a_fair_sample_of_its_days(drawn, store, monkeypatch, task):
    monkeypatch.setattr(Splits.evenly_spaced, "__defaults__", (1000,))
    files = task == "binary"
    run = drawn(f"task={task}", *given(store, "data.memory=0.0001"), files=files)
    if files:
        assert {path.stem for path in (run.folder / "pictures").glob("*.png")} == set(run.figures)
    splits = run.run.splits
    counts = json.loads((run.folder / "run.json").read_text())["data"]["samples"]
    for name, days in splits.named.items():
        assert not days.on_disk
        assert 500 < len(days) <= 1000 < counts[name]
        assert len(set(days.stations)) == 12
        assert len(set(days.dates.astype("datetime64[M]"))) == 12 * (2 if name == "train" else 1)
    said = [text.get_text() for axes in run.figures["worst_days"].axes for text in axes.texts]
    assert any(" mm" in one for one in said)


@pytest.mark.slow
def test_two_processes_share_the_days_on_disk_and_score_them_exactly(door, store, tmp_path):
    ddp = ["trainer=ddp", "trainer.accelerator=cpu", "data.memory=0.002", "pictures=none"]
    process = door(tmp_path, "task=binary", *given(store, *ddp))
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    (file,) = tmp_path.glob("outputs/*/*/run.json")
    run = record.read(file.parent)
    train = run.data.samples["train"]
    forecasts = pl.read_csv(file.parent / "forecasts.csv")
    assert forecasts.height == run.data.samples["test"]
    right = (forecasts["truth"] == forecasts["prediction"]).mean()
    assert right == pytest.approx(run.metrics["test/accuracy"], abs=1e-6)
    last = torch.load(file.parent / "checkpoints" / "last.ckpt", weights_only=True)
    assert last["global_step"] == 4 * math.ceil(train // 2 / 256)


def test_settings_of_a_store_are_checked():
    with pytest.raises(ConfigurationError, match=re.escape("data.memory=0")):
        StoreData(path="x", memory=0)
    with pytest.raises(CheckpointError, match=re.escape("data.memory=-5.0: expected a finite number above 0")):
        source_from_record({"kind": "store", "path": "x", "memory": -5})


def test_any_memory_is_enough_or_not(store):
    assert open_store(store, memory=1e305).days_in_memory > open_store(store).days_in_memory


def test_samples_are_not_written_through_a_link(built, tmp_path):
    store = open_store(shutil.copytree(built, tmp_path / "network", ignore=shutil.ignore_patterns("samples")))
    (tmp_path / "elsewhere").mkdir()
    (store.folder / "samples").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DataError, match=r"samples.* it is a link"):
        store.split(RECIPES["binary"], BORDERS)
    assert not list((tmp_path / "elsewhere").iterdir())
