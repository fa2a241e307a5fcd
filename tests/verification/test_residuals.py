"""How far a forecast may miss, against what is promised: that so many of equally likely errors lie inside."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from stratus.errors import CheckpointError
from stratus.verification.residuals import ENOUGH, margins


def table(errors, station="A"):
    days = [date(2015, 1, 1) + timedelta(days=k) for k in range(len(errors))]
    truth = np.linspace(-5, 5, len(errors))
    return pl.DataFrame({"date": days, "station": station, "truth": truth, "prediction": truth + errors})


@pytest.mark.parametrize("count", [20, 40, 100, 167])
def test_of_all_errors_each_left_out_once_95_percent_lie_within_the_margin_of_the_others(count):
    errors = np.random.default_rng(count).standard_t(2, count)
    inside = 0
    for place in range(count):
        margin = margins(table(np.delete(errors, place)))["prediction"][0]
        inside += abs(errors[place]) <= margin + 1e-9
    assert inside == np.ceil(0.95 * count)


def test_each_station_and_output_has_its_own_margin_and_one_of_few_days_that_of_all():
    near, far, few = table(np.linspace(0, 1, ENOUGH)), table(np.linspace(0, -9, 199), "B"), table(np.ones(9), "C")
    every = pl.concat([near, far, few]).rename({"truth": "truth x", "prediction": "prediction x"})
    every = every.with_columns(pl.col("truth x").alias("truth y"), (pl.col("truth x") + 2).alias("prediction y"))
    found = {row[0]: row[1:] for row in margins(every).iter_rows()}
    errors = np.concatenate([np.linspace(0, 1, ENOUGH), np.linspace(0, 9, 199), np.ones(9)])
    assert found == {
        None: pytest.approx((np.sort(errors)[294 - 1], 2)),  # ⌈0.95 · 309⌉
        "A": pytest.approx((np.linspace(0, 1, ENOUGH)[96 - 1], 2)),  # ⌈0.95 · 101⌉
        "B": pytest.approx((np.linspace(0, 9, 199)[190 - 1], 2)),  # 0.95 · 200
    }


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_what_is_no_number_and_too_few_errors_are_refused(wrong):
    with pytest.raises(CheckpointError, match="18 days, and 19 are the fewest"):
        margins(table(np.ones(18)))
    given = table(np.ones(19))
    assert len(margins(given)) == 1
    broken = given.with_columns(pl.Series("truth", [wrong, *given["truth"][1:]]))
    with pytest.raises(CheckpointError, match="no number"):
        margins(broken)


def test_unknown_truth_is_left_out_and_an_output_of_which_too_little_is_known_has_no_margin():
    errors = np.arange(1.0, 41)
    one = table(errors).select("station", pl.col("prediction", "truth").name.suffix(" a"))
    days = one.with_row_index("day").with_columns(
        pl.when(pl.col("day") > 0).then("truth a").alias("truth a"),  # 39 errors, 2 to 40
        pl.col("prediction a").alias("prediction b"),
        pl.when(pl.col("day") < 18).then("truth a").alias("truth b"),
    )
    assert margins(days.drop("day")).select("prediction a", "prediction b").rows() == [(39.0, None)]  # ⌈0.95 · 40⌉
