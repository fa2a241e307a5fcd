"""A line over the year explains five per cent of the temperature."""

import polars as pl
import pytest


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("run")


@pytest.fixture(scope="module")
def run(trained, folder):
    return trained(folder, "experiment=lecture/temperature_line")


def test_the_trained_line_explains_five_per_cent(run, folder, days_of):
    figures = run["lesson"]["figures"]
    assert figures["explained"] == pytest.approx(1 - 34.4400308 / 36.1571902, abs=1e-6)
    assert figures["rmse"] == pytest.approx(6.043, abs=5e-4)
    day = days_of(run).filter(~pl.col("test"))["date"].dt.ordinal_day()
    assert figures["slope"] == pytest.approx(1.310404 / day.std(ddof=0), rel=1e-5)  # its standardised weight
    assert "explains 5%" in (folder / "card.md").read_text()
    assert (folder / "pictures" / "fit.png").is_file()


def test_the_card_s_command_can_work(run, commanded):
    assert commanded(run)


def test_the_walk_tells_the_same(run, in_the_walk):
    assert in_the_walk(run)
