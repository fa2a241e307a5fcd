"""A user's own inputs that know what they cannot know are refused, whatever they do; others are not."""

import numpy as np
import polars as pl
import pytest
from leaking import SETS, leak, table

from stratus.data.clocks import NO_CLOCKS
from stratus.data.features.user import read
from stratus.data.recipe import Recipe
from stratus.data.samples import assemble
from stratus.errors import ConfigurationError

FILE = """
import polars as pl
from stratus import Input

def mine(lead_days):
    wind, wet, days = pl.col("wind"), pl.col("wet"), max(lead_days, 1)
    return [Input("mine", "1", {})]
"""
FINE = [
    "wind.shift(days)",
    "wind.shift(days + 30)",
    "wind.shift(days).rolling_mean(3, min_samples=1)",
    "wind.shift(days).fill_null(strategy='forward').ewm_mean(alpha=0.5)",
    "wet.cum_sum().shift(days)",
    "(wind - pl.col('latitude')).shift(days)",
    "pl.col('date').dt.weekday()",
]
LEAKING = [
    "wind",
    "wind.shift(-1)",
    "wind.shift(days - 1)",
    "wind.shift(days) - wind.mean()",
    "wind.shift(days) / wind.max()",
    "wind.shift(days).fill_null(strategy='backward') + wind.count()",
    "wet.cum_sum(reverse=True)",
    "wind.rank()",
    "wind.reverse()",
    "wind.rolling_mean(3, center=True).shift(days)",
]


def samples(folder, value, lead=1, days=None):
    file = folder / "mine.py"
    file.write_text(FILE.format(value))
    recipe = Recipe("rain", {"own": {"path": str(file), "function": "mine", "sha256": read(str(file))}}, lead)
    return assemble(table(np.random.default_rng(0)) if days is None else days, recipe)[0]


@pytest.mark.parametrize("lead", [1, 3])
def test_an_honest_input_of_one_s_own_is_taken(tmp_path, lead):
    for value in FINE:
        assert len(samples(tmp_path, value, lead))


@pytest.mark.parametrize("lead", [1, 3])
def test_an_input_that_reads_what_is_measured_later_is_refused(tmp_path, lead):
    for value in LEAKING:
        with pytest.raises(ConfigurationError, match="'mine' reads what is measured after the time of issue: of each"):
            samples(tmp_path, value, lead)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (
            "pl.col('wnd').shift(1)",
            "'mine' reads 'wnd'; there are: station, date, latitude, longitude, ",
        ),
        ("pl.col('weather').shift(1)", "the inputs cannot be worked out: conversion from `str` to `f64` failed"),
        ("(1 / (wet * 0)).shift(1)", "'mine' is infinite on some days: clip what it divides by"),
    ],
)
def test_an_input_that_cannot_be_a_number_is_told(tmp_path, value, said):
    with pytest.raises(ConfigurationError, match=f"features.own: .*{said}"):
        samples(tmp_path, value)


def test_an_element_that_was_not_measured_here_is_unknown(tmp_path):
    assert np.isnan(samples(tmp_path, "pl.col('cloud').shift(1)").x).all()


def test_each_station_has_its_own_past(tmp_path):
    days = table(np.random.default_rng(1))
    found = samples(tmp_path, "wind.shift(days)", days=days)
    expected = days.sort("station", "date").select(pl.col("wind").shift(1).over("station"))["wind"].to_numpy()
    assert np.array_equal(found.x[:, 0], expected, equal_nan=True)
    assert leak(np.random.default_rng(2), NO_CLOCKS, Recipe("rain", {"own": SETS["own"]}, 1), 9) is None
