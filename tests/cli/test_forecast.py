"""`stratus forecast`: intervals and climatology beside it, worked out here from the run's files and the weather."""

import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from season import seasonal, waves

from stratus.cli import main
from stratus.runs.forecast import tall

TABLE = Path(__file__).parents[2] / "data" / "weather.csv"
WEATHER = pl.read_csv(TABLE, try_parse_dates=True).with_columns(
    temperature=(pl.col("temperature_max") + pl.col("temperature_min")) / 2
)
LEARNT = WEATHER.filter(pl.col("date").is_between(pl.date(2012, 1, 3), pl.date(2014, 12, 31)))  # before the test


def margin(file, mark="", station=None):
    """The ⌈0.95 (n + 1)⌉-th smallest of a run's n absolute errors on its test days."""
    days = pl.read_csv(file / "forecasts.csv")
    days = days if station is None else days.filter(pl.col("station") == station)
    errors = np.sort((days[f"prediction{mark}"] - days[f"truth{mark}"]).abs().to_numpy())
    return errors[int(np.ceil(0.95 * (len(errors) + 1) - 1e-9)) - 1]


def usual(column, asked, station="Seattle"):
    """Two waves of the year, by numpy's least squares, on a day."""
    past = LEARNT.filter(pl.col("station") == station)
    dates, asked = past["date"].to_numpy().astype("datetime64[D]"), np.array([asked], "datetime64[D]")
    design, at = (np.column_stack([np.ones(len(one)), waves(one)]) for one in (dates, asked))
    return (at @ np.linalg.lstsq(design, past[column].to_numpy(), rcond=None)[0]).item()


@pytest.fixture
def forecast(capsys, tmp_path):
    """The rows that are written, whatever is said of their days."""

    def ask(run, *words):
        assert main(["forecast", *map(str, (run, *words)), "--csv", str(tmp_path / "asked.csv")]) == 0
        assert capsys.readouterr().out == ""
        return pl.read_csv(tmp_path / "asked.csv").to_dicts()

    return ask


def test_a_value_has_its_interval_its_climatology_and_its_unit(stratus, forecast, short):
    run = short("regression")
    (row,) = forecast(run)
    assert list(row) == ["date", "station", "prediction", "low", "high", "climatology", "unit"]
    assert row["high"] - row["prediction"] == pytest.approx(margin(run), abs=3e-6)
    assert row["prediction"] - row["low"] == pytest.approx(margin(run), abs=3e-6)
    assert row["climatology"] == pytest.approx(usual("temperature", "2016-01-01"), abs=2e-6)
    assert row["unit"] == "°C"
    lines = stratus("forecast", run)
    shown = next(line for line in lines if "Seattle" in line)
    for name in ("prediction", "low", "high", "climatology"):
        assert f" {row[name]:.4g} " in shown
    assert lines[-2:] == [
        "low and high: 95 %, from the run's errors on its test days, 365 from 2015-01-01 to 2015-12-31",
        "climatology: fitted on the run's own days before 2015-01-01",
    ]


def test_a_dash_is_standard_output(capsys, forecast, short, tmp_path, monkeypatch):
    rows = forecast(short("regression"))
    monkeypatch.chdir(tmp_path)
    assert main(["forecast", str(short("regression")), "--csv", "-"]) == 0
    assert pl.read_csv(capsys.readouterr().out.encode()).to_dicts() == rows
    assert not (tmp_path / "-").exists()


def test_several_values_have_an_interval_each(forecast, trained, tmp_path):
    trained(tmp_path / "run", "task=regression", "task.target=temperature_max_min", "trainer.max_epochs=1")
    (row,) = forecast(tmp_path / "run")
    assert not [name for name in row if "truth" in name]
    for output in ("temperature_max", "temperature_min"):
        ends = row[f"low {output}"], row[f"high {output}"]
        assert sum(ends) / 2 == pytest.approx(row[f"prediction {output}"], abs=2e-6)
        assert ends[1] - ends[0] == pytest.approx(2 * margin(tmp_path / "run", f" {output}"), abs=4e-6)
        assert row[f"climatology {output}"] == pytest.approx(usual(output, "2016-01-01"), abs=2e-6)


def test_each_station_has_its_own_errors_and_one_of_few_days_those_of_all(stratus, forecast, trained, tmp_path):
    cut = WEATHER.filter((pl.col("station") == "Seattle") | (pl.col("date") < pl.date(2015, 3, 1)))
    (table := tmp_path / "cut.csv").write_text(cut.drop("temperature").write_csv())
    run = tmp_path / "run"
    trained(run, "task=regression", "data=csv", f"data.path={table}", "trainer.max_epochs=1")
    of = {"Seattle": margin(run, station="Seattle"), "New York": margin(run)}
    assert of["Seattle"] != of["New York"]
    for row in forecast(run, "--date", "2015-02-01"):
        assert row["high"] - row["prediction"] == pytest.approx(of.pop(row["station"]), abs=3e-6)
    assert not of
    lines = stratus("forecast", run, "--date", "2015-02-01")
    assert any("; of all stations together where one has fewer than 100" in line for line in lines)


def test_a_table_without_stations_is_of_the_run_s_only_one(stratus, forecast, short, tmp_path):
    rows = WEATHER.filter(pl.col("station") == "Seattle").drop("temperature", "station")
    (table := tmp_path / "new.csv").write_text(rows.write_csv(separator=";", decimal_comma=True))
    asked = (short("regression"), "--date", "2015-01-01")
    assert forecast(*asked, "--observations", table) == forecast(*asked)


def test_another_station_is_given_the_errors_of_the_run_s_and_its_own_climatology(stratus, forecast, short, tmp_path):
    york = WEATHER.filter(pl.col("station") == "New York").drop("temperature")
    (table := tmp_path / "york.csv").write_text(york.write_csv())
    asked = (short("regression"), "--observations", table, "--date", "2015-01-01")
    (row,) = forecast(*asked)
    assert row["high"] - row["low"] == pytest.approx(2 * margin(short("regression")), abs=4e-6)
    assert row["climatology"] == pytest.approx(usual("temperature", "2015-01-01", "New York"), abs=2e-6)
    (said,) = (line for line in stratus("forecast", *asked) if line.startswith("low and high"))
    assert said.endswith(
        " on its test days, 365 from 2015-01-01 to 2015-12-31, of Seattle; elsewhere they may be larger"
    )
    assert "%" not in said


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2014-12-31", "not a forecast: 2014-12-31 is of the time that the run was trained or validated on"),
        ("2015-01-01", "low and high know the truth: 2015-01-01 is among the test days that they are from"),
        ("2016-01-01", None),
    ],
)
def test_a_day_that_the_run_or_its_interval_knows_is_named(capsys, short, tmp_path, day, said):
    words = ["forecast", str(short("regression")), "--date", day]
    assert main(words) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if f"{day} is " in line]
    assert lines == ([said] if said else [])
    assert main([*words, "--csv", str(tmp_path / "f.csv")]) == 0
    assert capsys.readouterr().err == (f"{said}\n" if said else "")


@pytest.mark.parametrize("task", ["binary", "multiclass", "multilabel"])
def test_events_and_classes_have_the_probability_of_climatology_beside_theirs(forecast, short, task):
    (row,) = forecast(short(task), "--date", "2015-06-01")
    asked, expected = np.array(["2015-06-01"], "datetime64[D]"), {}
    for station in ("Seattle", "New York") if task == "multilabel" else ("Seattle",):
        past = LEARNT.filter(pl.col("station") == station)
        dates = past["date"].to_numpy().astype("datetime64[D]")
        if task == "multiclass":
            names = past["weather"].unique().sort().to_list()
            came = past["weather"].cast(pl.Enum(names)).to_physical().to_numpy()
            expected |= dict(zip(names, seasonal(dates, came, len(names), asked)[0], strict=True))
        else:
            came = (past["precipitation"] > 0).to_numpy().astype(int)
            expected["rain" if task == "binary" else station] = seasonal(dates, came, 2, asked)[0, 1]
    assert [name for name in row if name.startswith("p(")] == [f"p({name})" for name in sorted(expected)]
    names = list(row)
    for name, p in expected.items():
        assert names[names.index(f"p({name})") + 1] == f"climatology p({name})"
        assert row[f"climatology p({name})"] == pytest.approx(p, abs=1e-5)


def test_a_day_in_a_season_never_seen_has_no_climatology(stratus, forecast, trained, tmp_path):
    borders = ["data.train_from=2014-06-01", "data.validation_from=null", "data.test_from=2014-12-01"]
    trained(tmp_path / "run", "task=regression", "trainer.max_epochs=1", *borders)
    (row,) = forecast(tmp_path / "run", "--date", "2015-03-01")
    assert row["climatology"] is None
    assert row["low"] < row["prediction"] < row["high"]
    said = "climatology: fitted on the run's own days before 2014-12-01; – where none was in the day's season"
    assert said in stratus("forecast", tmp_path / "run", "--date", "2015-03-01")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (None, "forecasts.csv: No such file or directory"),
        (lambda lines: lines[:19], "forecasts.csv: it has 18 days, and 19 are the fewest"),
        (lambda lines: ["date,station,p(rain)", "2015-01-01,Seattle,0.5"], "truth and prediction"),
        (lambda lines: [lines[0], *(f"2015-01-{k:02},Seattle,inf,1" for k in range(1, 30))], "no number"),
        (lambda lines: [lines[0], "2015-01-01,Seattle,warm,5"], "cannot read"),
        (lambda lines: [lines[0].replace("prediction", "prediction x"), *lines[1:]], "truth and prediction"),
        (lambda lines: [f"{lines[0]},p(x)", *(f"{line},1" for line in lines[1:])], "something else"),
    ],
)
def test_without_errors_to_go_by_the_forecast_stands_alone_and_says_why(capsys, short, tmp_path, change, said):
    run = shutil.copytree(short("regression"), tmp_path / "run")
    file = run / "forecasts.csv"
    lines = file.read_text().splitlines()
    file.unlink()
    if change:
        file.write_text("\n".join(change(lines)) + "\n")
    assert main(["forecast", str(run)]) == 0
    (last,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("no interval: "))
    assert said in last
    assert main(["forecast", str(run), "--csv", str(tmp_path / "f.csv")]) == 0
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", f"{last}\n")
    (row,) = pl.read_csv(tmp_path / "f.csv").to_dicts()
    assert list(row) == ["date", "station", "prediction", "climatology", "unit"]


def test_of_many_places_the_terminal_shows_a_row_each():
    day, many = {"date": ["2026-06-26"], "station": ["A + B"]}, [f"S{k}" for k in range(6)]
    kinds = ("p({})", "climatology p({})", "prediction {}", "low {}")
    columns = {kind: {kind.format(one): [1.0 * k] for k, one in enumerate(many)} for kind in kinds}
    events = pl.DataFrame(day | columns[kinds[0]] | columns[kinds[1]])
    values = pl.DataFrame(day | columns[kinds[2]] | columns[kinds[3]] | {"unit": ["°C"]})
    assert tall(events).columns == ["date", "of", "p", "climatology"]
    assert tall(events).select("of", "p", "climatology").rows() == [(one, k, k) for k, one in enumerate(many)]
    shown = tall(values).select("of", "prediction", "low", "unit")
    assert shown.rows() == [(one, k, k, "°C") for k, one in enumerate(many)]
    assert tall(events.select("date", "p(S0)")).columns == ["date", "p(S0)"]
