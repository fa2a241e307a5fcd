"""What the tests of all lessons need."""

import shutil

import numpy as np
import polars as pl
import pytest


@pytest.fixture(scope="session")
def trained(trained, once, recorded):
    """Trains as `trained` does, but the same lesson only once for all test processes; each gets a copy of its folder.

    Of its pictures only the lesson's are drawn: those of any run take half of the time, and have tests of their own.
    """
    from stratus.runs import pictures  # noqa: PLC0415 - matplotlib, not in the process that deals out the tests

    def run(folder, *given):
        def fill(kept):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(pictures, "drawings", lambda _: {})
                trained(kept, *given)

        shutil.copytree(once("+".join(one.replace("/", "-") for one in given), fill), folder, dirs_exist_ok=True)
        return recorded(folder)

    return run


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
