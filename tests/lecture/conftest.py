"""What the tests of all lessons need."""

import json
import shutil

import numpy as np
import polars as pl
import pytest
from filelock import FileLock


@pytest.fixture(scope="session")
def trained(trained, tmp_path_factory, worker_id):
    """Trains as `trained` does, but the same lesson only once for all test processes; the others copy its folder."""
    here = tmp_path_factory.getbasetemp()
    shared = here / "lessons" if worker_id == "master" else here.parent / "lessons"
    shared.mkdir(exist_ok=True)

    def run(folder, *given):
        kept = shared / "+".join(one.replace("/", "-") for one in given)
        with FileLock(f"{kept}.lock"):
            if not (kept / "finished").exists():
                trained(kept, *given)
                (kept / "finished").touch()
        shutil.copytree(kept, folder, dirs_exist_ok=True)
        return json.loads((folder / "run.json").read_text())

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
