"""What the tests of all lessons need."""

import shlex

import numpy as np
import polars as pl
import pytest

from stratus import config


@pytest.fixture(scope="session")
def commanded(composed):
    """The settings that the command at the end of a run's card stands for; a wrong one raises."""

    def read(run):
        program, *overrides = shlex.split(run["lesson"]["card"].splitlines()[-1])[1:]
        assert program == "train.py"
        return config.check(composed(*overrides))

    return read


@pytest.fixture(scope="session")
def days_of():
    """A city's days from 2012-01-03 on, read from the file without Stratus: a data frame.

    `before`, `first` and `second` are the average temperatures of the two days before and of the day; `test` is true
    in 2015.
    """

    def read(run, city="Seattle"):
        table = pl.read_csv(run["data"]["file"], try_parse_dates=True).filter(pl.col("station") == city)
        mean = (pl.col("temperature_max") + pl.col("temperature_min")) / 2
        days = table.with_columns(
            before=mean.shift(2),
            first=mean.shift(1),
            second=mean,
            wet=pl.col("precipitation") > 0,
            test=pl.col("date").dt.year() == 2015,
        )
        return days.slice(2)

    return read


@pytest.fixture(scope="session")
def two_days():
    """The lecture's input [n, 2] of such days."""
    return lambda days: np.column_stack([days["first"], days["second"]])
