"""A sweep over test years: which years there are, their table, and the mean's interval beside scipy's."""

from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from stratus.data.daily_table import check as check_table
from stratus.data.observations import InMemory
from stratus.data.recipe import Recipe
from stratus.errors import DataError
from stratus.runs import record
from stratus.settings.compose import check
from stratus.settings.experiment import PROJECT
from stratus.sweep import years
from stratus.sweep.callback import SweepTable
from stratus.sweep.table import finish

WORDS = ("task=binary", "optimizer=lbfgs", "trainer.max_epochs=8", "data.validation_from=null", "pictures=none")


@pytest.fixture(scope="module")
def sweep(trained, tmp_path_factory):
    """The folder of a small sweep over two years, the later first, and two choices of features."""
    folder = tmp_path_factory.mktemp("years")
    jobs = [(features, year) for features in ("two_days", "harmonics") for year in (2015, 2014)]
    for number, (features, year) in enumerate(jobs):
        trained(folder / str(number), *WORDS, f"features={features}", f"data.test_year={year}")
    return folder


@given(st.integers(1, 400))
def test_between_plus_and_minus_student_s_t_lies_the_share(freedom):
    assert years.student(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), rel=1e-6)


def test_the_mean_s_interval_is_scipy_s():
    values = np.array([0.02, 0.11, -0.03, 0.07, 0.05])
    expected = stats.t.interval(0.95, 4, values.mean(), stats.sem(values))
    assert years.mean(values) == pytest.approx((values.mean(), *expected))
    assert years.mean(values[:4]) == pytest.approx((values[:4].mean(), np.nan, np.nan), nan_ok=True)


def test_a_year_is_tested_that_two_full_ones_come_before():
    def days(*spans):
        every = pl.concat([pl.date_range(*map(date.fromisoformat, span), eager=True) for span in spans])
        columns = {"station": "A", "temperature_max": 3.0, "temperature_min": 1.0, "precipitation": 0.0}
        return pl.DataFrame({"date": every}).with_columns(**{name: pl.lit(one) for name, one in columns.items()})

    recipe = Recipe("temperature", {"two_days": {}}, 1)
    table = days(("1999-07-01", "2002-12-31"), ("2003-01-01", "2003-06-30"), ("2004-01-01", "2005-12-31"))
    every = InMemory(check_table(table, "table"))
    assert every.test_years(recipe) == [2002, 2004, 2005]  # of 1999 and 2003 there is half
    assert every.test_years(recipe, date(2001, 2, 15)) == [2005]
    assert every.test_years(recipe, until=date(2004, 12, 31)) == [2002, 2004]
    with pytest.raises(DataError, match=r"the table has 2 \(2004, 2005\)"):
        every.test_years(recipe, date(2004, 1, 1))
    cold = pl.when(pl.col("date") > date(2001, 6, 1)).then("temperature_min").alias("temperature_min")
    later = InMemory(check_table(table.with_columns(cold), "table"))
    with pytest.raises(DataError, match=r"the table has 2 \(2002, 2004\)"):
        later.test_years(recipe, until=date(2004, 12, 31))  # without the minimum there is no temperature


def test_a_year_is_scored_by_the_model_of_the_days_before_it(sweep):
    for number, year in ((0, 2015), (1, 2014)):
        run = record.read(sweep / str(number))
        assert run.data.samples == {"train": {2014: 731, 2015: 1096}[year] - 2, "test": 365}  # from 3 January 2012 on
        dates = pl.read_csv(sweep / str(number) / "forecasts.csv", try_parse_dates=True)["date"]
        assert (dates.min(), dates.max()) == (date(year, 1, 1), date(year, 12, 31))


def test_the_table_has_a_row_a_year_and_the_mean_of_each_setting(sweep, capsys, monkeypatch):
    assert "over 2 years, too few for an interval" in years.verdict([record.read(sweep / str(n)) for n in (0, 1)])
    monkeypatch.setattr(years, "FEWEST", 2)
    finish(sweep)
    said = capsys.readouterr().out
    table = pl.read_csv(sweep / "years.csv", schema_overrides={"year": pl.String})
    assert table["year"].to_list() == 2 * ["2014", "2015", "mean"]
    assert table["setting"].unique(maintain_order=True).to_list() == ["features=two_days", "features=harmonics"]
    for place, features in enumerate(("two_days", "harmonics")):
        jobs = [record.read(sweep / str(number)) for number in (2 * place + 1, 2 * place)]
        skill = [run.metrics["test/skill"] for run in jobs]
        rows = table.filter(pl.col("setting") == f"features={features}")
        np.testing.assert_allclose(rows["skill"], [*skill, np.mean(skill)], rtol=1e-6)
        half = stats.t.ppf(0.975, 1) * abs(skill[0] - skill[1]) / 2
        ends = [*(run.intervals["test/skill"] for run in jobs), np.mean(skill) + np.array([-half, half])]
        np.testing.assert_allclose(rows.select("from", "to"), ends, rtol=1e-5)
        assert f"features={features}: mean skill {np.mean(skill):+.3f} over 2 years, 95 % between" in said
    assert "best first" not in said
    assert [path.name for path in (sweep / "pictures").iterdir()] == ["years.png"]


def test_a_year_in_which_climatology_is_a_guess_is_left_out_and_named(sweep):
    runs = [record.read(sweep / str(number)) for number in (1, 0)]
    runs[0].unseen_days = 59
    table = years.table({"": runs})
    assert table.filter(pl.col("year") == "mean")["skill"].item() == pytest.approx(runs[1].metrics["test/skill"])
    assert "over 1 year (without 2014, where climatology is a guess)" in years.verdict(runs)
    assert table["persistence"].to_list()[:2] == [run.references["persistence"]["test/skill"] for run in runs]


def test_a_sweep_with_one_year_left_says_so_of_it(sweep):
    (run,) = years.by_setting([record.read(sweep / "0")])[""]
    assert "over 1 year, too few for an interval" in years.verdict([run])
    both = [record.read(sweep / str(number)) for number in (0, 2)]  # two settings, a year each, are ranked
    assert len({years.year(run) for run in both}) == 1
    assert years.by_setting(both) == {}


def test_years_and_other_runs_are_ranked_as_ever(sweep):
    records = [record.read(sweep / str(number)) for number in range(4)]
    records[0].data.source["test_year"] = None
    assert years.by_setting(records) == {}


def test_the_years_of_the_table_are_what_the_sweep_runs_over(composed, tmp_path):
    settings = check(composed("data.test_year=2014", "data.validation_from=null", "data.until=2014-06-30"))
    assert settings.data.borders.test_from == date(2014, 1, 1)
    assert settings.data.borders.until == date(2014, 6, 30)
    settings.data.until = None
    assert settings.data.borders.until == date(2014, 12, 31)
    config = composed("sweep=years", with_hydra=True)
    assert config.hydra.sweeper.params == {"data.test_year": "2014,2015"}


def test_a_table_without_years_enough_ends_the_sweep_in_one_line(composed, tmp_path):
    lines = (PROJECT / "data" / "weather.csv").read_text().splitlines(keepends=True)
    (tmp_path / "one.csv").write_text("".join(lines[:400]))
    words = ("sweep=years", "data=csv", f"hydra.sweep.dir={tmp_path}")
    for path, said in (
        (f"data.path={tmp_path / 'one.csv'}", r"^years forecast from .* has 1 \(2012\)$"),
        ("seed=1", "^data.path must be given: data.path=FILE$"),
    ):
        with pytest.raises(SystemExit, match=said):
            SweepTable().on_multirun_start(composed(*words, path, with_hydra=True))
