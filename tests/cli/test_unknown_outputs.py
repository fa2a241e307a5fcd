"""Runs on days on which one of two cities is unknown: recorded, drawn, evaluated, compared and forecast."""

import gappy
import numpy as np
import polars as pl
import pytest
from sklearn.metrics import accuracy_score, brier_score_loss

from stratus.errors import DataError
from stratus.runs.comparison import compare

WORDS = ("data=csv", "features=harmonics", "features.lead_days=1", "optimizer=newton", "trainer.max_epochs=1")
BORDERS = ("data.validation_from=2014-01-01", "data.test_from=2015-01-01")


@pytest.fixture(scope="module")
def runs(trained, tmp_path_factory):
    folder = tmp_path_factory.mktemp("gappy")
    gappy.TABLE.write_csv(folder / "gappy.csv")
    same = (f"data.path={folder / 'gappy.csv'}", *WORDS, *BORDERS)
    rain = trained(folder / "rain", "task=multilabel", *same, "pictures=all")
    warm = trained(folder / "warm", "task=regression", "task.target=temperature_by_station", *same, "pictures=all")
    return folder, {"rain": rain, "warm": warm}


def test_scores_are_of_every_known_pair_of_a_day_and_a_city(runs):
    folder, said = runs
    table, metrics = pl.read_csv(folder / "rain" / "forecasts.csv"), said["rain"]["metrics"]
    p = table.select("p(New York)", "p(Seattle)").to_numpy()
    days = gappy.TABLE.filter(pl.col("date").dt.year() == 2015).pivot("station", index="date", values="precipitation")
    rain = days.select("New York", "Seattle").filter(~pl.all_horizontal(pl.all().is_null())).to_numpy()
    known = ~np.isnan(rain)
    assert (~known).sum() > 0
    assert metrics["test/brier"] == pytest.approx(brier_score_loss(rain[known] > 0, p[known]), abs=1e-6)
    assert metrics["test/accuracy"] == pytest.approx(accuracy_score(rain[known] > 0, p[known] > 0.5))
    marked = table["truth"].str.contains("New York?", literal=True).fill_null(False)
    assert marked.to_list() == (~known[:, 0]).tolist()


@pytest.mark.parametrize("name", ["rain", "warm"])
def test_evaluate_compare_and_forecast_work_as_of_complete_days(runs, stratus, name):
    folder, said = runs
    run, metrics = folder / name, said[name]["metrics"]
    assert any(f"{metrics['test/loss']:.4f}" in line for line in stratus("evaluate", run) if "model" in line)
    ruler = "brier" if name == "rain" else "mae"
    values = compare([run, run]).values[ruler][0]
    assert values == pytest.approx([metrics[f"test/{ruler}"], *said[name]["intervals"][f"test/{ruler}"]], abs=2e-5)
    assert any("2016-01-01" in line for line in stratus("forecast", run))
    assert list((run / "pictures").glob("*.png"))


@pytest.mark.parametrize("target", ["rain_by_station", "temperature_by_station"])
def test_a_city_that_is_never_known_in_training_is_named(monkeypatch, target):
    before = (pl.col("station") == "Seattle") & (pl.col("date").dt.year() < 2014)
    values = ("precipitation", "temperature_max", "temperature_min")
    monkeypatch.setattr(gappy, "TABLE", gappy.TABLE.with_columns(pl.when(~before).then(pl.col(values))))
    with pytest.raises(DataError, match=r"'Seattle' is not known on any of the .* training days: leave it out"):
        gappy.splits(target, ("harmonics",))
