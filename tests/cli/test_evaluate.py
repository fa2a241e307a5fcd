"""`stratus evaluate`: a finished run's scores beside its references', worked out here with numpy from the same file."""

import json
import re
import shutil
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from season import waves

TABLE = Path(__file__).parents[2] / "data" / "weather.csv"
WEATHER = pl.read_csv(TABLE, try_parse_dates=True)
EARLY = "the time that the run was trained or validated on"


def cells(line):
    return [cell.strip() for cell in re.split(r"[│┃]", line)[1:-1]]


def scores(lines):
    """The scores by forecaster and name, as they are printed."""
    _, *columns = next(cells(line) for line in lines if line.startswith("┃"))
    end = next(place for place, line in enumerate(lines) if line.startswith("└"))
    rows = (cells(line) for line in lines[:end] if line.startswith("│"))
    return {name: dict(zip(columns, map(float, given), strict=True)) for name, *given in rows}


def written(table, file):
    table.write_csv(file)
    return file


def city(name, first="2012-01-01", last="2015-12-31"):
    return WEATHER.filter(
        pl.col("station") == name, pl.col("date").is_between(date.fromisoformat(first), date.fromisoformat(last))
    )


def warmth(table):
    """Dates and means of a station's days, none missing."""
    mean = table.select((pl.col("temperature_max") + pl.col("temperature_min")) / 2).to_series().to_numpy()
    return table["date"].to_numpy().astype("datetime64[D]"), mean


def seasonal_mean(dates, y, asked):
    """Two waves of the year by numpy's least squares."""
    design = [np.column_stack([np.ones(len(one)), waves(one)]) for one in (dates, asked)]
    return design[1] @ np.linalg.lstsq(design[0], y, rcond=None)[0]


def model(run, dates, before, yesterday):
    """Forecasts by the weights in the run's checkpoint."""
    state = torch.load(run / "checkpoints" / "best.ckpt", weights_only=True)["state_dict"]
    state = {name: value.double().numpy() for name, value in state.items()}
    x = np.column_stack([before, yesterday, waves(dates)[:, [0, 1, 2, 3]]])
    return (x - state["mean"]) / state["scale"] @ state["linear.weight"][0] + state["linear.bias"][0]


def expected(run, scored, past):
    """The printed scores of a regression on a table's days but its first two, climatology fitted on another's."""
    dates, y = warmth(scored)
    forecasts = {
        "model": model(run, dates[2:], y[:-2], y[1:-1]),
        "climatology": seasonal_mean(*warmth(past), dates[2:]),
        "persistence": y[1:-1],
    }
    errors = {name: one - y[2:] for name, one in forecasts.items()}
    usual = np.square(errors["climatology"]).mean()
    return {
        name: {
            "loss": np.square(e).mean(),
            "accuracy": (abs(e) <= 2 + 1e-9).mean(),
            "mae": abs(e).mean(),
            "rmse": np.sqrt(np.square(e).mean()),
            "bias": e.mean(),
            "skill": 1 - np.square(e).mean() / usual,
        }
        for name, e in errors.items()
    }


def same(shown, wanted):
    for name, row in wanted.items():
        assert shown[name] == pytest.approx(row, abs=6e-4), name


@pytest.fixture(scope="module")
def early(trained, once):
    """A regression whose last day is in 2014, though its file has another year; trained from June 2012 on."""
    borders = ["data.train_from=2012-06-01", "data.validation_from=null", "data.test_from=2014-01-01"]
    given = ["task=regression", "trainer.max_epochs=4", *borders, "data.until=2014-06-30"]
    return once("early", lambda folder: trained(folder, *given))


# --- the run's own days


@pytest.mark.parametrize("task", ["regression", "binary", "multiclass", "multilabel"])
def test_the_run_s_own_days_score_as_at_its_end(stratus, short, recorded, task):
    run, lines = recorded(short(task)), stratus("evaluate", short(task))
    shown = scores(lines)
    assert list(shown) == ["model", "climatology", "persistence", "optimum"]
    for name, row in {"model": run["metrics"], **run["references"]}.items():
        assert shown[name] == pytest.approx({one: row[f"test/{one}"] for one in shown[name]}, abs=6e-4), name
    low, high = run["intervals"]["test/skill"]
    block = f"(blocks of {run['resampling']['block']} days)"
    assert any(f"skill {run['skill']:+.3f}, 95 % between {low:+.3f} and {high:+.3f} {block}: " in one for one in lines)
    assert lines[-1] == "references: fitted on the run's own days before 2015-01-01"
    assert stratus("evaluate", short(task), "--observations", TABLE) == lines


@pytest.mark.parametrize(("task", "day_begun"), [("binary", True), ("regression", False)])
def test_a_diagnosis_is_called_one_again(stratus, short, task, day_begun):
    said = "\n".join(stratus("evaluate", short(task)))
    assert ("a diagnosis, not a forecast" in said) == day_begun  # lead 0 asks for the day's own weather


def test_what_a_record_claims_of_its_references_is_not_repeated(stratus, short, tmp_path):
    run = shutil.copytree(short("binary"), tmp_path / "run")
    entries = json.loads((run / "run.json").read_text())
    entries |= {"references": {"climatology": {"test/brier": 0.9}}, "metrics": {}, "skill": 0.9, "intervals": {}}
    (run / "run.json").write_text(json.dumps(entries))
    assert stratus("evaluate", run) == stratus("evaluate", short("binary"))


def test_a_season_that_was_never_seen_has_no_verdict_again(stratus, trained, tmp_path):
    borders = ["data.train_from=2014-06-01", "data.validation_from=null", "data.test_from=2014-12-01"]
    run = trained(tmp_path / "run", "task=regression", "trainer.max_epochs=1", *borders)
    assert run["unseen_days"] > 0
    lines = stratus("evaluate", tmp_path / "run")
    assert any(line.startswith(f"no verdict: on {run['unseen_days']} test days") for line in lines)
    assert not any(line.startswith("skill") for line in lines)


def test_few_days_are_scored_without_a_verdict(stratus, short):
    lines = stratus("evaluate", short("regression"), "--from", "2015-12-29")
    assert lines[0].strip() == "3 days, 2015-12-29 to 2015-12-31"
    assert "climatology" in scores(lines)
    assert not any(line.startswith("skill") for line in lines)
    assert stratus("evaluate", short("regression"), "--from", "2015-12-31")[0].strip() == "1 day, 2015-12-31"


def test_a_month_has_few_days_rather_than_long_spells(stratus, short):
    lines = stratus("evaluate", short("binary"), "--until", "2015-01-31")
    assert any("(blocks of 7 days)" in line for line in lines)
    assert "it is likely too short: there are few days" in lines


# --- other days


def test_a_run_that_tested_one_year_is_scored_from_a_later_day_to_the_table_s_end(stratus, trained, tmp_path):
    words = ("data.test_year=2014", "data.validation_from=null", "trainer.max_epochs=1")
    trained(tmp_path / "run", "task=regression", *words)
    assert stratus("evaluate", tmp_path / "run")[0].strip() == "365 days, 2014-01-01 to 2014-12-31"
    later = stratus("evaluate", tmp_path / "run", "--from", "2015-01-01")
    assert later[0].strip() == "365 days, 2015-01-01 to 2015-12-31"


def test_another_table_s_days_of_a_class_that_training_lacks_are_named(stratus, short, tmp_path):
    hail = pl.when(pl.col("date") == pl.date(2015, 5, 5)).then(pl.lit("hail")).otherwise("weather")
    table = written(city("Seattle").with_columns(weather=hail), tmp_path / "hail.csv")
    lines = stratus("evaluate", short("multiclass"), "--observations", table)
    (line,) = (one for one in lines if one.startswith("never forecast"))
    assert line.endswith(f"not show it: hail; such a day, of probability 0, counts {23 * np.log(2):.1f} in the loss")
    earlier = stratus("evaluate", short("multiclass"), "--observations", table, "--until", "2015-05-04")
    assert not any(one.startswith("never forecast") for one in earlier)


def test_a_table_with_later_days_is_scored_from_the_test_on(stratus, early, tmp_path):
    table = written(city("Seattle", "2015-01-01"), tmp_path / "later.csv")
    lines = stratus("evaluate", early, "--observations", table)
    assert lines[0].strip() == "363 days, 2015-01-03 to 2015-12-31"
    same(scores(lines), expected(early, city("Seattle", "2015-01-01"), city("Seattle", "2012-06-01", "2013-12-31")))
    assert any(line.startswith("skill +") for line in lines)
    assert lines[-1] == "references: fitted on the run's own days before 2014-01-01"
    whole = stratus("evaluate", early, "--observations", TABLE)
    assert whole[0].strip() == "730 days, 2014-01-01 to 2015-12-31"
    assert stratus("evaluate", early)[0].strip() == "181 days, 2014-01-01 to 2014-06-30"


@pytest.mark.parametrize(
    ("given", "title", "trained_on"),
    [
        (("2013-12-01", "2014-01-31"), "62 days, 2013-12-01 to 2014-01-31", "31 days, 2013-12-01 to 2013-12-31"),
        (("2012-01-01", "2012-06-30"), "180 days, 2012-01-03 to 2012-06-30", "30 days, 2012-06-01 to 2012-06-30"),
        (("2012-01-01", "2012-05-31"), "150 days, 2012-01-03 to 2012-05-31", None),
        (("2013-12-31", "2014-01-31"), "32 days, 2013-12-31 to 2014-01-31", "1 day, 2013-12-31"),
        (("2014-01-01", "2014-01-31"), "31 days, 2014-01-01 to 2014-01-31", None),
    ],
)
def test_days_that_the_run_was_trained_on_are_named(stratus, early, given, title, trained_on):
    words = ["evaluate", early, "--from", given[0], "--until", given[1]]
    for lines in (stratus(*words), stratus(*words, "--observations", TABLE)):
        assert lines[0].strip() == title
        said = [line for line in lines if EARLY in line]
        assert said == (
            [f"not a forecast's scores: {trained_on}, {'is' if trained_on[:2] == '1 ' else 'are'} of {EARLY}"]
            if trained_on
            else []
        )
        assert any(line.startswith("skill") for line in lines) == (not trained_on)


def test_another_city_is_held_against_its_own_days_before_the_test(stratus, short, tmp_path):
    table = written(city("New York"), tmp_path / "york.csv")
    lines = stratus("evaluate", short("regression"), "--observations", table)
    assert lines[0].strip() == "365 days, 2015-01-01 to 2015-12-31"
    scored, past = city("New York", "2014-12-30"), city("New York", "2012-01-03", "2014-12-31")
    same(scores(lines), expected(short("regression"), scored, past))
    assert lines[-1].endswith("york.csv, since New York is not among the run's stations")
    assert "fitted on the days before 2015-01-01 in" in lines[-1]


def test_a_city_without_a_year_before_the_test_has_no_references(stratus, short, tmp_path):
    table = written(city("New York", "2014-01-02"), tmp_path / "york.csv")  # two days are for the first inputs
    lines = stratus("evaluate", short("regression"), "--observations", table)
    assert list(scores(lines)) == ["model", "optimum"]
    assert lines[-1].startswith("no references: New York is not among the run's stations, and ")
    assert lines[-1].endswith("york.csv has 362 days of New York before 2015-01-01: a year is needed")


def test_a_renamed_station_has_the_scores_of_its_days(stratus, short, tmp_path):
    table = written(city("Seattle").with_columns(station=pl.lit("USW00024233")), tmp_path / "renamed.csv")
    lines = stratus("evaluate", short("multiclass"), "--observations", table)
    assert lines[:-1] == stratus("evaluate", short("multiclass"))[:-1]
    assert "since USW00024233 is not among the run's stations" in lines[-1]


def test_a_run_whose_data_are_gone_is_held_against_the_table_s_days(stratus, trained, short, tmp_path):
    copy = shutil.copy(TABLE, tmp_path / "weather.csv")
    given = ["task=regression", "data=csv", f"data.path={copy}", "data.stations=[Seattle]", "trainer.max_epochs=4"]
    trained(tmp_path / "run", *given)
    copy.unlink()
    lines = stratus("evaluate", tmp_path / "run", "--observations", TABLE)
    assert lines[:-1] == stratus("evaluate", short("regression"))[:-1]
    assert lines[-1].endswith("weather.csv, since the run's own data are not there as they were")
    table = written(city("Seattle", "2015-01-01"), tmp_path / "later.csv")
    lines = stratus("evaluate", tmp_path / "run", "--observations", table)
    assert list(scores(lines)) == ["model", "optimum"]
    assert lines[-1].startswith("no references: the run's own data are not there as they were, and ")


# --- what cannot be done


def test_a_table_that_ends_before_the_test_says_how_to_score_it(stratus, refusal, short, tmp_path):
    table = written(city("Seattle", "2012-01-01", "2014-12-31"), tmp_path / "earlier.csv")
    said = refusal("evaluate", short("binary"), "--observations", table)
    assert "earlier.csv has no day from 2015-01-01 on" in said
    assert "ends on 2014-12-31: give later days with --observations, or ask for others" in said
    lines = stratus("evaluate", short("binary"), "--observations", table, "--from", "2014-01-01")
    assert f"not a forecast's scores: 365 days, 2014-01-01 to 2014-12-31, are of {EARLY}" in lines
    early = "there is no day to score: --until 2014-06-30 is before "
    for words, than in {
        ("--from", "2014-07-01"): "--from 2014-07-01\n",
        (): "the run's first test day, 2015-01-01: earlier days need --from too\n",
    }.items():
        assert refusal("evaluate", short("binary"), *words, "--until", "2014-06-30").endswith(early + than)
    assert "expected a day as YYYY-MM-DD" in refusal("evaluate", short("binary"), "--from", "January")


@pytest.mark.parametrize(
    ("test_from", "said"),
    [
        ("banana", "does not say where its data come from"),
        (7, "does not say where its data come from"),
        ("2013-01-01", "does not say where its data come from"),  # before the validation days
        ("9999-12-31", "has no day from 9999-12-31 on"),
    ],
)
def test_borders_that_make_no_sense_are_refused(refusal, short, tmp_path, test_from, said):
    run = shutil.copytree(short("binary"), tmp_path / "run")
    entries = json.loads((run / "run.json").read_text())
    entries["data"]["source"]["test_from"] = test_from
    (run / "run.json").write_text(json.dumps(entries))
    assert said in refusal("evaluate", run, "--observations", TABLE)
    assert said in refusal("evaluate", run)


def test_a_test_that_began_with_the_calendar_has_no_references(stratus, short, tmp_path):
    run = shutil.copytree(short("binary"), tmp_path / "run")
    entries = json.loads((run / "run.json").read_text())
    entries["data"]["source"] |= {"train_from": None, "validation_from": None, "test_from": "0001-01-01"}
    (run / "run.json").write_text(json.dumps(entries))
    assert stratus("evaluate", run)[-1] == "no references: no day before 0001-01-01 is in the run's own data"
    assert stratus("evaluate", run, "--observations", TABLE)[-1].startswith("no references: ")


@pytest.mark.parametrize("weight", [[[1.0, 2.0]], [[1.0], [2.0, 3.0]], [], [[1e308] * 6]])
def test_an_optimum_of_a_stranger_s_is_refused_or_shown(stratus, refusal, short, tmp_path, weight):
    run = shutil.copytree(short("regression"), tmp_path / "run")
    entries = json.loads((run / "run.json").read_text())
    entries["optimum_weights"]["weight"] = weight
    (run / "run.json").write_text(json.dumps(entries))
    if weight == [[1e308] * 6]:
        assert any(line.startswith("│ optimum") for line in stratus("evaluate", run))
    else:
        assert "the optimum in its record is not of the task in its checkpoint" in refusal("evaluate", run)
    del entries["optimum_weights"]  # as of an older run
    (run / "run.json").write_text(json.dumps(entries))
    assert list(scores(stratus("evaluate", run))) == ["model", "climatology", "persistence"]
