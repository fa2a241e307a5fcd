"""The run of the lesson that a module of tests is named after, and the days that it is about."""

import polars as pl
import pytest


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("run")


@pytest.fixture(scope="module")
def run(request, trained, folder):
    """What run.json says."""
    return trained(folder, f"experiment=lecture/{request.path.stem.removeprefix('test_')}")


@pytest.fixture(scope="module")
def figures(run):
    """The numbers in its card."""
    return run["lesson"]["figures"]


@pytest.fixture(scope="module")
def days(run, days_of):
    """Seattle's days of 2012-01-03 to 2014-12-31."""
    return days_of(run).filter(~pl.col("test"))
