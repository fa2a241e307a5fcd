"""Splits by date: their borders and counts, the scale of the training days, and what is refused."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from shipped import SEATTLE, SHIPPED
from sklearn.preprocessing import StandardScaler

from stratus import tasks
from stratus.data.daily_table import check, read_csv
from stratus.data.recipe import Borders, Recipe
from stratus.data.splits import split
from stratus.data.streaming import Days, stream
from stratus.errors import ConfigurationError, DataError
from stratus.training.optimum import optimum
from stratus.verification.climatology import Climatology

TEST = date(2015, 1, 1)
VALIDATION = date(2014, 1, 1)
TWO_DAYS = Recipe("temperature", {"two_days": {}}, 1)


def ten_days(**columns):
    dates = [date(2020, 1, 1) + timedelta(day) for day in range(10)]
    temperatures = {"temperature_max": list(range(10)), "temperature_min": list(range(10))}
    day = {"station": "Oslo", "date": dates, **temperatures, "precipitation": [0.0, 1.0] * 5}
    return check(pl.DataFrame(day | columns, strict=False), "table")


def day(number):
    return date(2020, 1, number)


def split_ten(rows, target="temperature", lead=0, **borders):
    recipe = Recipe(target, {"two_days": {}}, lead)
    return split(rows, recipe, **({"test_from": day(9), "validation_from": day(6)} | borders))


def reaches(samples):
    return samples.dates.min().item(), samples.dates.max().item(), len(samples)


def test_each_split_begins_on_its_day_and_ends_before_the_next():
    splits = split(SEATTLE, TWO_DAYS, validation_from=VALIDATION, test_from=TEST)
    assert reaches(splits.train) == (date(2012, 1, 3), date(2013, 12, 31), 366 + 365 - 2)
    assert reaches(splits.validation) == (date(2014, 1, 1), date(2014, 12, 31), 365)
    assert reaches(splits.test) == (date(2015, 1, 1), date(2015, 12, 31), 365)
    assert list(splits.named) == ["train", "val", "test"]


def test_without_a_validation_split_training_reaches_to_the_test_days():
    splits = split(SEATTLE, TWO_DAYS, test_from=TEST)
    assert splits.validation is None
    assert reaches(splits.train) == (date(2012, 1, 3), date(2014, 12, 31), 1094)
    assert list(splits.named) == ["train", "test"]


def test_training_can_begin_later_with_inputs_from_before():
    splits = split(SEATTLE, TWO_DAYS, train_from=date(2012, 3, 1), test_from=TEST)
    assert splits.train.dates.min().item() == date(2012, 3, 1)
    assert sum(splits.left_out.values()) == 0


def test_the_test_days_can_end_before_the_table_does():
    splits = split(SEATTLE, TWO_DAYS, test_from=TEST, until=date(2015, 3, 31))
    assert reaches(splits.test) == (date(2015, 1, 1), date(2015, 3, 31), 90)
    assert reaches(splits.train) == (date(2012, 1, 3), date(2014, 12, 31), 1094)


@pytest.mark.parametrize("split_name", ["val", "test"])
def test_inputs_reach_back_over_a_border(split_name):
    splits = split(SEATTLE, TWO_DAYS, validation_from=VALIDATION, test_from=TEST)
    first = splits.named[split_name]
    before = [first.dates[0].item() - timedelta(days) for days in (2, 1)]
    rows = SEATTLE.filter(pl.col("date").is_in(before))
    expected = (rows["temperature_max"] + rows["temperature_min"]) / 2
    assert first.x[0].tolist() == expected.to_list()


def test_days_that_give_no_sample_are_counted_by_reason():
    holes = ten_days(temperature_max=[0, 1, 2, None, 4, 5, 6, 7, 8, 9]).filter(pl.col("date") != day(8))
    splits = split_ten(holes, test_from=day(10))
    # not measured: days 4 and 8; day before unknown: 1 (the first), 5 and 9
    assert splits.left_out == {
        "the target was not measured": 2,
        "an input needs a day or value that is missing": 3,
    }
    kept = [d.item().day for samples in splits.named.values() for d in samples.dates]
    assert kept == [2, 3, 6, 7, 10]


def test_days_before_training_begins_are_not_counted_as_left_out():
    splits = split_ten(ten_days(temperature_max=[0, None, *range(2, 10)]), train_from=day(3))
    assert splits.left_out == {
        "the target was not measured": 0,
        "an input needs a day or value that is missing": 1,
    }


# --- the scale


def test_standardising_takes_mean_and_population_deviation_of_the_training_days():
    recipe = Recipe("rain", {"station": {}, "harmonics": {}, "quadratic": {}})
    splits = split(SEATTLE, recipe, validation_from=VALIDATION, test_from=TEST)
    expected = StandardScaler().fit(splits.train.x)
    mean, scale = splits.standardisation
    np.testing.assert_allclose(mean, expected.mean_, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(scale, expected.scale_, rtol=1e-12)


def test_an_input_that_never_varies_is_only_shifted():
    constant = ten_days(temperature_max=[3] * 10, temperature_min=[1] * 10)
    mean, scale = split_ten(constant).standardisation
    assert mean.tolist() == [2, 2]
    assert scale.tolist() == [1, 1]


def test_unstandardised_inputs_keep_their_own_units():
    mean, scale = split(SEATTLE, TWO_DAYS, test_from=TEST, standardise=False).standardisation
    assert mean.tolist() == [0, 0]
    assert scale.tolist() == [1, 1]


@pytest.mark.parametrize(("task", "target"), [("regression", "temperature"), ("binary", "rain")])
@given(offset=st.floats(1, 20), validation=st.booleans())
@settings(max_examples=3)
def test_later_days_touch_no_statistic_of_the_training_days(task, target, offset, validation):
    borders = {"validation_from": VALIDATION if validation else None, "test_from": TEST}
    later = pl.col("date") >= (VALIDATION if validation else TEST)
    measured = pl.col("temperature_max", "temperature_min", "precipitation", "wind")
    changed = SEATTLE.with_columns(pl.when(later).then(measured + offset).otherwise(measured))
    recipe = Recipe(target, {"two_days": {}, "station": {}}, 0)
    before, after = (split(rows, recipe, **borders) for rows in (SEATTLE, changed))
    assert not np.array_equal(before.test.x, after.test.x)

    fitted = []
    for splits in (before, after):
        best = optimum(tasks.find(task).for_splits(splits), splits).weights
        usual = Climatology.fit(splits).forecast(before.test)
        before_test = [] if validation else [usual]  # what is usual is told by the validation days too
        fitted.append([*splits.standardisation, best.weight, best.bias, *before_test])
    for one, other in zip(*fitted, strict=True):
        np.testing.assert_array_equal(one, other)


# --- what is refused


def refusal(error, *arguments, **settings_of_split):
    with pytest.raises(error) as caught:
        split_ten(*arguments, **settings_of_split)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("borders", "message"),
    [
        ({"test_from": day(11)}, "no test days: the table reaches from 2020-01-01 to 2020-01-10; mend data.test_from"),
        ({"validation_from": day(9)}, "no val days"),
        ({"validation_from": day(2)}, "no train days"),
        ({"train_from": day(6)}, "no train days"),
        ({"validation_from": None, "test_from": day(1)}, "no train days"),
    ],
)
def test_a_split_without_days_is_refused(borders, message):
    assert message in refusal(DataError, ten_days(), **borders)


def test_a_split_whose_days_are_all_incomplete_is_refused():
    assert "no test days" in refusal(DataError, ten_days(temperature_max=[*range(8), None, None]))


@pytest.mark.parametrize(
    ("rain", "message"),
    [([0] * 5 + [1] * 5, "'rain' never occurs in the training days"), ([1] * 5 + [0] * 5, "'rain' always occurs")],
)
def test_an_event_that_training_never_or_always_shows_is_refused(rain, message):
    assert message in refusal(DataError, ten_days(precipitation=rain), "rain")


def test_a_choice_needs_two_classes_among_the_training_days():
    message = "the training days (4 days, 2020-01-02 to 2020-01-05) show no weather but sun"
    for later in ("sun", "rain"):
        assert message in refusal(DataError, ten_days(weather=["sun"] * 8 + [later] * 2), "weather")


def test_a_table_that_never_names_the_weather_is_refused():
    said = refusal(DataError, ten_days(), "weather")
    assert "weather is missing for all of the 5 days from 2020-01-01 to 2020-01-05: choose task=binary" in said


def test_asking_where_it_rains_needs_more_than_one_station():
    assert "one station (Oslo)" in refusal(ConfigurationError, ten_days(), "rain_by_station")


def test_asking_where_it_rains_makes_one_sample_of_a_day_at_all_stations():
    splits = split(SHIPPED, Recipe("rain_by_station", {"two_days": {}}), test_from=TEST)
    assert splits.outputs == ["New York", "Seattle"]
    assert len(splits.test) == 365
    wet = splits.train.y.sum(axis=0) + splits.test.y.sum(axis=0)
    # the published counts, less the first day, which has none before it and was wet in New York
    assert wet.tolist() == [470 - 1, 623]


def test_the_answer_among_the_inputs_is_warned_of(caplog):
    table = read_csv(Path(__file__).parents[2] / "data/weather.csv").filter(pl.col("station") == "Seattle")
    split(table, Recipe("temperature", {"two_days": {}}, lead_days=0), test_from=date(2015, 1, 1))
    (record,) = caplog.records
    assert "the input 'temperature d' is the target temperature itself" in record.message
    caplog.clear()
    split(table, Recipe("temperature", {"two_days": {}}, lead_days=1), test_from=date(2015, 1, 1))
    assert not caplog.records


# --- classes that training lacks

LATER = ["hail", "sun", "rain", "sun", "rain", "snow", None, "fog", "snow", "sun"]  # the first day gives no sample


def in_memory(table, recipe, borders, folder):
    return split(table, recipe, borders)


def on_disk(table, recipe, borders, folder):
    names = table["weather"].drop_nulls().unique().sort().to_list()
    days = Days(lambda: [table], lambda: table, ["A"], names)
    return stream(days, recipe, borders, folder / "samples")


@pytest.mark.parametrize("made", [in_memory, on_disk])
@pytest.mark.parametrize("again", [False, True])
def test_a_class_that_training_lacks_is_no_output_but_keeps_its_name(made, tmp_path, caplog, *, again):
    borders = Borders(day(9), validation_from=day(6))
    for _ in range(1 + again):
        splits = made(ten_days(weather=LATER), Recipe("weather", {"two_days": {}}), borders, tmp_path)
    assert (splits.outputs, splits.class_counts.tolist()) == (["rain", "sun"], [[2, 2]])
    assert "the training days (4 days, 2020-01-02 to 2020-01-05) do not show fog or snow: they are never" in caplog.text
    found = {name: list(one.y[:]) for name, one in splits.named.items()}
    assert found == {"train": [1, 0, 1, 0], "val": [3, 2], "test": [3, 1]}
    assert {one.where(slice(None)).others for one in splits.named.values()} == {("fog", "snow")}
    # The last known class of a day is unknown where training does not know it: after hail, snow and fog.
    assert [list(one.last[:]) for one in splits.named.values()] == [[-1, 1, 0, 1], [0, -1], [-1, -1]]


# --- resampled training days


def test_a_resample_draws_whole_weeks_of_the_training_days_and_nothing_else():
    splits = split(SHIPPED, TWO_DAYS, validation_from=VALIDATION, test_from=TEST)
    again = splits.resampled(3)
    assert (again.validation, again.test) == (splits.validation, splits.test)
    np.testing.assert_array_equal(again.standardisation, splits.standardisation)
    dates, counts = np.unique(again.train.dates, return_counts=True)
    assert len(again.train) == len(splits.train)
    assert set(dates) < set(splits.train.dates)
    assert set(counts % 2) == {0}  # both cities of a day are drawn together
    # A block has seven days, so nearly every day that was drawn stands beside another.
    days = np.sort(dates)
    assert (np.diff(days) == np.timedelta64(1, "D")).mean() > 0.8
    assert 0.55 < len(dates) / len(set(splits.train.dates)) < 0.72  # 1 - 1/e of the days, about


def test_the_same_number_draws_the_same_days():
    splits = split(SEATTLE, TWO_DAYS, test_from=TEST)
    np.testing.assert_array_equal(splits.resampled(1).train.x, splits.resampled(1).train.x)
    assert not np.array_equal(splits.resampled(1).train.x, splits.resampled(2).train.x)


def test_an_input_that_was_never_measured_is_named():
    calm = SEATTLE.with_columns(wind=pl.lit(None, pl.Float64))
    asked = Recipe("rain", {"station": {"elements": ["wind", "precipitation"]}}, 1)
    with pytest.raises(DataError, match=r"wind is missing for all of the 1096 days .*: choose features without wind$"):
        split(calm, asked, test_from=TEST)


def test_of_all_elements_those_that_were_never_measured_are_left_out_and_named(caplog):
    calm = SEATTLE.with_columns(wind=pl.lit(None, pl.Float64), gust=pl.col("wind"), latitude=pl.lit(47.6))
    with caplog.at_level("INFO"):
        found = split(calm, Recipe("rain", {"station": {}}, 1), test_from=TEST)
    names = ["temperature_max d-1", "temperature_min d-1", "precipitation d-1", "wet d-1", "gust d-1"]
    assert found.inputs == names
    assert found.recipe.features == {
        "station": {"elements": ["temperature_max", "temperature_min", "precipitation", "gust"]}
    }
    assert "wind was never measured and is left out" in caplog.text


@pytest.mark.parametrize("missing", ["mean", "indicator"])
def test_what_is_missing_is_given_the_training_mean(missing):
    gone = SEATTLE.with_columns(wind=pl.when(pl.int_range(pl.len()) % 3 > 0).then("wind"))
    found = split(gone, Recipe("rain", {"station": {}}, 1, missing=missing), test_from=TEST)
    every = split(SEATTLE, Recipe("rain", {"station": {}}, 1), test_from=TEST)
    assert len(found.train) == len(every.train)
    wind = found.inputs.index("wind d-1")
    known = found.train.x[~np.isnan(found.train.x[:, wind]), wind]
    assert len(known) < len(found.train)
    assert [one[wind] for one in found.standardisation] == pytest.approx([known.mean(), known.std()])
    task = tasks.find("binary").for_splits(found)
    x = task.standardised(torch.as_tensor(found.train.x))
    assert (x[np.isnan(found.train.x[:, wind]), wind] == 0).all()
    if missing == "indicator":
        told = found.train.x[:, found.inputs.index("no wind d-1")]
        np.testing.assert_array_equal(told, np.isnan(found.train.x[:, wind]))


def test_a_class_called_nearly_as_one_that_comes_far_more_often_is_named(caplog):
    drizzle = (pl.col("weather") == "drizzle") & (pl.col("date") < VALIDATION)
    rows = SHIPPED.filter(station="Seattle")
    typo = drizzle & (drizzle.cum_sum() == 5)
    split(
        rows.with_columns(weather=pl.when(typo).then(pl.lit("drizle")).otherwise("weather")),
        Recipe("weather", {"two_days": {}}, 0),
        validation_from=VALIDATION,
        test_from=TEST,
    )
    told = [record.getMessage() for record in caplog.records if "misspelt" in record.getMessage()]
    days = rows.filter(drizzle).height - 2  # the first day has no day before
    assert told == [
        f"the weather 'drizle' is on 1 of the training days and 'drizzle' on {days}: if misspelt, mend it in the table"
    ]
    caplog.clear()
    split(rows, Recipe("weather", {"two_days": {}}, 0), validation_from=VALIDATION, test_from=TEST)
    assert not caplog.records
