"""The Bureau's "Rain in Australia": units, wind as a vector, gaps, and what is known at which hour."""

import time
from datetime import date

import bureau
import numpy as np
import pandas as pd
import pytest

from stratus.data import australia
from stratus.data.recipe import Recipe
from stratus.data.samples import assemble
from stratus.errors import DataError

HOURS = australia.CLOCKS


def read(folder, *lines, **form):
    path = folder / "weatherAUS.csv"
    path.write_text(bureau.text(*lines, **form))
    return australia.read(path)


@pytest.mark.parametrize(
    ("direction", "u", "v"),
    [("N", 0, -10), ("E", -10, 0), ("SW", 7.071, 7.071), ("WNW", 9.239, -3.827), ("NA", None, None)],
)
def test_wind_blows_from_its_direction(tmp_path, direction, u, v):
    one = bureau.line(WindDir9am=direction, WindSpeed9am=36, WindGustDir=direction, WindGustSpeed=36)
    (row,) = read(tmp_path, one)[0].to_dicts()
    assert (row["wind_u_9am"], row["wind_v_9am"], row["wind_u_3pm"]) == (u, v, None)
    assert (row["gust_u"], row["gust_v"], row["gust"]) == (u, v, 10)


def test_a_calm_has_no_direction(tmp_path):
    (row,) = read(tmp_path, bureau.line(WindSpeed3pm=0))[0].to_dicts()
    assert (row["wind_u_3pm"], row["wind_v_3pm"]) == (0, 0)


def test_values_are_those_of_the_file_and_answers_are_not_read(tmp_path):
    given = {"MinTemp": 1.5, "MaxTemp": 12, "Rainfall": 0.2, "Cloud9am": 9, "Cloud3pm": 3, "Pressure3pm": 1010.1}
    table, dropped = read(tmp_path, bureau.line(**given, RISK_MM=77, RainTomorrow="Yes", RainToday="No"))
    (row,) = table.to_dicts()
    assert (row["station"], row["date"]) == ("Albury", date(2020, 1, 1))
    assert (row["temperature_min"], row["temperature_max"], row["precipitation"]) == (1.5, 12, 0.2)
    assert (row["cloud_9am"], row["cloud_3pm"], row["pressure_3pm"], row["pressure_9am"]) == (8, 3, 1010.1, None)
    assert 77 not in row.values()
    assert dropped == {"impossible": 0}


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([bureau.line(day="2020-02-30")], "line 2, Date: '2020-02-30'; expected a real day"),
        ([bureau.line(), bureau.line()], "line 3, date: '2020-01-01'; expected one row per place and day"),
        ([bureau.line(MinTemp="x")], "line 2, MinTemp: 'x'; expected a number"),
        ([bureau.line(WindDir3pm="NORTH")], "line 2, WindDir3pm: 'NORTH'; expected one of N, NNE"),
        ([bureau.line(place="")], "line 2, Location: ''"),
        ([bureau.line(MinTemp=61, MaxTemp=88)], "2 of 2 values cannot be in the Bureau's units"),
    ],
)
def test_a_broken_line_is_named(tmp_path, lines, said):
    with pytest.raises(DataError) as caught:
        read(tmp_path, *lines)
    assert said in str(caught.value)


def test_columns_are_named_that_are_missing_or_unknown(tmp_path):
    with pytest.raises(DataError, match="missing: Temp3pm; unknown: 'Temp'"):
        read(tmp_path, bureau.line(), columns=["Temp" if one == "Temp3pm" else one for one in bureau.COLUMNS])


@pytest.mark.parametrize(("lead", "issue", "forecast"), [(1, 24, False), (1, 9, True), (2, 24, True), (1, 10, False)])
def test_the_next_whole_window_is_two_rows_ahead(lead, issue, forecast):
    """Rain is of 9 am to 9 am: it begins fifteen hours before its row's date."""
    recipe = Recipe("rain", {"station": {"elements": ["precipitation"]}}, lead, issue_hour=issue)
    assert recipe.foreseen(HOURS, ["Albury"]) == forecast


def test_at_nine_the_afternoon_is_not_known(tmp_path):
    lines = [
        bureau.line(day=f"2020-01-0{k}", Pressure9am=1000 + k, Pressure3pm=900 + k, MaxTemp=k) for k in range(1, 7)
    ]
    table, _ = read(tmp_path, *lines)
    chosen = {"station": {"elements": ["pressure_9am", "pressure_3pm", "temperature_max"]}}
    for issue, expected in ((9, [1004, 903, 3]), (24, [1004, 904, 3])):
        samples, _, _ = assemble(table, Recipe("rain", chosen, 1, issue_hour=issue), clocks=HOURS)
        np.testing.assert_array_equal(samples.x[samples.dates == np.datetime64("2020-01-05")], [expected])


@bureau.needed
def test_the_real_file_is_what_pandas_reads():
    begin = time.process_time()
    table, dropped = australia.read(bureau.REAL)
    seconds = time.process_time() - begin
    frame = pd.read_csv(bureau.REAL).sort_values(["Location", "Date"])
    assert table["station"].n_unique() == 49
    assert len(table) == len(frame)
    assert dropped["impossible"] < 100
    assert table["precipitation"].count() == frame["Rainfall"].count()
    expected = -frame["WindSpeed9am"] / 3.6 * np.sin(np.radians(frame["WindDir9am"].map(australia._DEGREES)))
    found = table["wind_u_9am"].fill_null(np.nan).to_numpy()
    known = expected.notna().to_numpy()
    np.testing.assert_allclose(found[known], expected[known], atol=6e-4)
    assert seconds < 6  # 1.3 s on a free core
