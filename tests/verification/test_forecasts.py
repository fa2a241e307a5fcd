"""Forecasts: what several forecasters say of days; as a table in words and units, and back from it."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from shipped import SEATTLE, SHIPPED, TARGET, splits_of

from stratus import tasks
from stratus.data.daily_table import extend
from stratus.data.samples import Samples
from stratus.data.targets import TARGETS
from stratus.errors import CheckpointError
from stratus.tasks.weights import Weights
from stratus.training.checkpoints import Checkpoint
from stratus.verification.forecasts import Forecasts, beside, one_after_another, read_table
from stratus.verification.model import Model

LAST = date(2015, 12, 31)

every_task = pytest.mark.parametrize("name", tasks.NAMES)


def posed(name, lead=0, target=None):
    splits = splits_of(name, lead=lead, target=target)
    return SHIPPED if name == "multilabel" else SEATTLE, splits, tasks.find(name).for_splits(splits)


def told(task, recipe, rows):
    """The table of a task's forecasts for every day of a table."""
    return Model.of(task, recipe.target).forecasts(Checkpoint(task, recipe, {}).samples(rows)).table()


def fixed(name, weight, bias, lead=0, target=None):
    """The table of forecasts whose weights, on inputs in their own units, are given."""
    rows, splits, _ = posed(name, lead, target)
    task = tasks.find(name)(inputs=splits.inputs, units=splits.units, outputs=splits.outputs)
    Weights(torch.tensor(weight), torch.tensor(bias)).put(task)
    return told(task, splits.recipe, rows)


# --- the table of forecasts


def mean_temperature(day, before=0):
    row = SEATTLE.filter(pl.col("date") == day - timedelta(before))
    return (row["temperature_max"].item() + row["temperature_min"].item()) / 2


def on(forecasts, day):
    (row,) = forecasts.filter(pl.col("date") == day).to_dicts()
    return row


def test_a_temperature_is_forecast_by_the_formula_from_the_two_days_before():
    forecasts = fixed("regression", [[0.25, 0.5]], [3.0], lead=1)
    day = date(2015, 8, 1)
    row = on(forecasts, day)
    assert list(row) == ["date", "station", "truth", "prediction"]
    assert row["truth"] == mean_temperature(day)
    expected = 0.25 * mean_temperature(day, 2) + 0.5 * mean_temperature(day, 1) + 3
    assert row["prediction"] == pytest.approx(expected, rel=1e-6)


def test_maximum_and_minimum_have_columns_of_their_own():
    forecasts = fixed("regression", [[0.0, 1.0], [1.0, 0.0]], [1.0, -1.0], target="temperature_max_min")
    day = date(2014, 2, 3)
    row = on(forecasts, day)
    seen = SEATTLE.filter(pl.col("date") == day)
    assert row["truth temperature_max"] == seen["temperature_max"].item()
    assert row["truth temperature_min"] == seen["temperature_min"].item()
    assert row["prediction temperature_max"] == pytest.approx(mean_temperature(day) + 1, rel=1e-6)
    assert row["prediction temperature_min"] == pytest.approx(mean_temperature(day, 1) - 1, rel=1e-6)


def test_rain_is_forecast_by_name_and_probability():
    forecasts = fixed("binary", [[0.0, -1.0]], [10.0])  # likely below 10 °C
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
    forecasts = fixed("multiclass", weight, [0.0] * 5)
    p = forecasts.select(r"^p\(.*$")
    assert p.columns == ["p(drizzle)", "p(fog)", "p(rain)", "p(snow)", "p(sun)"]
    np.testing.assert_allclose(p.sum_horizontal(), 1, rtol=1e-6)
    told_of = [row[f"p({row['prediction']})"] for row in forecasts.iter_rows(named=True)]
    np.testing.assert_allclose(told_of, p.max_horizontal(), rtol=1e-12)  # logits decide, beyond p's last digit
    assert forecasts["truth"].to_list() == SEATTLE["weather"][1:].to_list()


def test_labels_are_joined_and_none_is_said():
    forecasts = fixed("multilabel", [[0.0] * 4] * 2, [-1.0, 2.0])
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
    forecasts = told(task, splits.recipe, extend(rows, LAST + timedelta(2)))
    assert forecasts["date"].max() == LAST + timedelta(1)  # the second day's inputs are not known
    assert on(forecasts, LAST + timedelta(1))["truth"] is None
    assert on(forecasts, LAST + timedelta(1))["prediction"] is not None
    assert forecasts["truth"].null_count() == 1


# --- several forecasters


@pytest.fixture(scope="module", params=TARGET)
def three(request):
    """Three models of a task on its test days, their names and weights."""
    _, splits, task = posed(request.param, lead=1)
    generator = torch.Generator().manual_seed(1)
    shape = (3, *task.linear.weight.shape)
    weights = Weights(*(torch.randn(size, generator=generator, dtype=torch.float64) for size in (shape, shape[:2])))
    return task, splits, weights, Model(task, weights, splits.target, ("a", "b", "c")).forecasts(splits.test)


def same(one, other):
    """Whether two forecasts are the same of the same days."""
    assert (one.names, one.outputs, one.target) == (other.names, other.outputs, other.target)
    np.testing.assert_array_equal(one.decision, other.decision)
    for name in ("forecast", "logits"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-12)
    for name in ("dates", "stations", "y"):
        np.testing.assert_array_equal(getattr(one.days, name), getattr(other.days, name))


def test_models_side_by_side_forecast_what_each_does_alone(three):
    task, splits, weights, found = three
    mean, scale = splits.standardisation
    for k, name in enumerate("abc"):
        alone = Model(task, Weights(weights.weight[k], weights.bias[k]), splits.target, (name,)).forecasts(splits.test)
        same(found[name], alone)
        z = (splits.test.x - mean) / scale @ weights.weight[k].numpy().T + weights.bias[k].numpy()
        np.testing.assert_allclose(alone.logits[0], z, rtol=1e-4, atol=1e-5)  # the inputs' scale is kept in float32
    assert found.forecast.dtype == np.float64
    assert found.forecast.shape == (3, len(splits.test), len(splits.outputs))


def test_forecasters_are_picked_by_name_or_place_and_put_beside_each_other_again(three):
    *_, found = three
    same(beside([found["a"], found["b"], found["c"]]), found)
    same(beside([found.pick([2, 0]), found["b"]]).pick([1, 2, 0]), found)
    assert found.pick([1], ["model"]).names == ("model",)
    with pytest.raises(ValueError, match="not in tuple"):
        found["d"]


def test_days_are_cut_and_joined_again(three):
    *_, found = three
    n = len(found.days)
    same(one_after_another([found.at(slice(0, 1)), found.at(slice(1, 200)), found.at(np.arange(200, n))]), found)
    rainy = found.days.dates.astype("datetime64[M]").astype(int) % 12 == 0
    assert len(found.at(rainy).days) == 31
    assert found.at(rainy).forecast.shape[:2] == (3, 31)
    np.testing.assert_array_equal(found.at(rainy).y, found.y[:, rainy])


def test_no_days_have_no_forecasts(three):
    task, splits, weights, found = three
    none = Model(task, weights, splits.target, found.names).forecasts(splits.test.where(slice(0, 0)))
    assert none.forecast.shape == (3, 0, len(splits.outputs))
    assert none.table().columns == found.table().columns
    assert none.table().is_empty()


def test_forecasts_without_logits_are_joined_without(three):
    *_, found = three
    read = [replace(found[name], logits=None) for name in "ab"]
    assert beside(read).logits is None
    assert beside(read).names == ("a", "b")
    assert one_after_another([read[0], read[0]]).logits is None


# --- the file


def test_a_table_that_was_written_in_parts_is_read_as_it_was(three, tmp_path):
    task, splits, _, found = three
    for place in range(3):
        with open(tmp_path / f"{place}.csv", "wb") as file:
            for days in (slice(0, 100), slice(100, None)):
                found.at(days).pick([place]).append_to(file)
        table = read_table(tmp_path / f"{place}.csv")
        assert table.columns == found.pick([place]).table().columns
        again = Forecasts.of_table(table, splits.recipe.target, found.names[place])
        assert (again.names, again.outputs) == ((found.names[place],), task.outputs)
        np.testing.assert_allclose(again.forecast[0], found.forecast[place], atol=5e-7)
        np.testing.assert_allclose(again.decision[0], found.decision[place], atol=5e-7)
        np.testing.assert_allclose(again.y, found.y, atol=5e-7)
        np.testing.assert_array_equal(again.days.dates, found.days.dates)
        np.testing.assert_array_equal(again.days.stations, found.days.stations)
        assert again.logits is None


def test_two_outputs_are_read_by_their_names(tmp_path):
    _, splits, task = posed("regression", target="temperature_max_min")
    found = Model.of(task, splits.recipe.target).forecasts(splits.test)
    with open(tmp_path / "f.csv", "wb") as file:
        found.append_to(file)
    again = Forecasts.of_table(read_table(tmp_path / "f.csv"), splits.recipe.target)
    assert again.outputs == ["temperature_max", "temperature_min"]
    np.testing.assert_allclose(again.forecast, found.forecast, atol=5e-7)
    np.testing.assert_allclose(again.y, found.y, atol=5e-7)


@pytest.mark.parametrize("content", ["", "a,b\n1,2\n", "date,station,truth\n2015-13-01,Oslo,1\n", "\0\1"])
def test_a_file_that_is_no_table_of_forecasts_is_one_clear_line(tmp_path, content):
    file = tmp_path / "forecasts.csv"
    file.write_text(content)
    for path in (file, tmp_path / "none.csv", tmp_path):
        with pytest.raises(CheckpointError, match="cannot read") as caught:
            read_table(path)
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)


ODD = st.one_of(
    st.sampled_from(
        [
            "1",
            "2",
            "true",
            "nan",
            "null",
            "=1",
            "none",
            "none+",
            "A",
            "B",
            "A?",
            "A??",
            "?",
            "A + B",
            "+",
            "A +",
            "p(x)",
            '"',
        ]
    ),
    st.text(st.sampled_from("aA+? '\",()=-\n$1"), min_size=1, max_size=6).filter(lambda one: one == one.strip() != ""),
)


@pytest.mark.parametrize("target", ["weather", "rain_by_station"])
@settings(max_examples=40)
@given(data=st.data())
def test_any_names_of_classes_and_stations_are_read_as_they_were(tmp_path_factory, target, data):
    names = data.draw(st.lists(ODD, min_size=2, max_size=4, unique=True))
    n, k, chance = 6, len(names), np.random.default_rng(len(names))
    y = chance.integers(0, k, n) if target == "weather" else chance.integers(0, 2, (n, k)).astype(float)
    decided = np.roll(y, 1, axis=0)
    if target == "rain_by_station":
        y[range(n), chance.integers(0, k, n)] = np.nan
    dates, zeros = np.arange("2015-01-01", "2015-01-07", dtype="datetime64[D]"), np.zeros(n, int)
    days, p = Samples([names[0]], zeros, dates, np.empty((n, 0)), y, y), chance.uniform(size=(n, k)).round(6)
    file = tmp_path_factory.mktemp("names") / "forecasts.csv"
    with open(file, "wb") as opened:
        Forecasts(("model",), TARGETS[target], names, days, p[None], decided[None]).append_to(opened)
    again = Forecasts.of_table(read_table(file), target)
    assert again.outputs == names
    assert set(again.days.stations) == {names[0]}
    np.testing.assert_array_equal(again.y[0], y)
    np.testing.assert_array_equal(again.decision[0], decided)
    np.testing.assert_allclose(again.forecast[0], p, atol=1e-6)


@pytest.mark.parametrize(
    "columns", ["truth x,prediction x,p(rain)", "truth,truth x,prediction,prediction x,p(rain)", "truth x,prediction y"]
)
def test_a_truth_without_its_prediction_or_beside_probabilities_not_alone_is_refused(tmp_path, columns):
    file = tmp_path / "forecasts.csv"
    file.write_text(f"date,station,{columns}\n2015-01-01,Oslo{',0.5' * (columns.count(',') + 1)}\n")
    with pytest.raises(CheckpointError, match="does not hold one row a day and station, with truth and prediction"):
        read_table(file)


@pytest.mark.parametrize("said", ["snow", "rain + rain", "", "none"])
def test_what_is_said_without_a_probability_is_refused(tmp_path, said):
    file = tmp_path / "forecasts.csv"
    file.write_text(f"date,station,truth,prediction,p(rain)\n2015-01-01,Oslo,rain,{said},0.5\n")
    if said == "rain + rain":  # said twice, it is said
        assert Forecasts.of_table(read_table(file), "rain").decision.tolist() == [[[1.0]]]
    else:
        with pytest.raises(CheckpointError, match="for which there is no probability"):
            Forecasts.of_table(read_table(file), "rain")
    with pytest.raises(CheckpointError, match="no forecasts of temperature"):
        Forecasts.of_table(read_table(file), "temperature")
