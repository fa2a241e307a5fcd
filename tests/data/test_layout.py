"""Files in columns, units and dates of their own are read as pandas reads them; what does not fit is said at once."""

import io
from datetime import date, timedelta

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stratus.data.clocks import Hours
from stratus.data.layout import Layout
from stratus.errors import DataError

RAIN = Layout(
    columns={"date": "DAY", "precipitation": "rain in", "temperature_max": "hi"},
    units={"precipitation": "inch", "temperature_max": "degF"},
    own={"soil": "degC"},
    hours={"precipitation": (-15, 9)},
    date_format="%d/%m/%Y",
    station="Oslo",
)


def write(folder, text, name="file.csv"):
    (folder / name).write_text(text)
    return folder / name


def refused(path, layout):
    with pytest.raises(DataError) as caught:
        layout.read(path)
    said = str(caught.value)
    assert said.startswith(str(path))
    assert said.isprintable()
    return said


numbers = st.one_of(st.none(), st.floats(0, 90).map(lambda x: round(x, 2)))


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.tuples(numbers, numbers, numbers), min_size=1, max_size=9),
    gap=st.sampled_from(["", "NA", "NaN", "n/a", "#N/A", "NULL", "---"]),
)
def test_it_is_what_pandas_reads(tmp_path_factory, rows, gap):
    days = [f"{date(2020, 1, 28) + timedelta(k):%d/%m/%Y}" for k in range(len(rows))]
    cells = [[gap if one is None else f"{one}" for one in row] for row in rows]
    lines = [
        "hi,note,DAY,rain in,soil",
        *(f"{a},x y,{day},{b},{c}" for day, (a, b, c) in zip(days, cells, strict=True)),
    ]
    text = "\n".join(lines) + "\n"
    table = RAIN.read(write(tmp_path_factory.getbasetemp(), text))
    frame = pd.read_csv(io.StringIO(text), na_values=[gap])
    assert table["date"].to_list() == pd.to_datetime(frame["DAY"], format="%d/%m/%Y").dt.date.to_list()
    for name, expected in {
        "temperature_max": (frame["hi"] - 32) / 1.8,
        "precipitation": frame["rain in"] * 25.4,
        "soil": frame["soil"],
    }.items():
        found = table[name].fill_null(np.nan).to_numpy()
        np.testing.assert_allclose(found, expected.to_numpy(float), atol=1e-6)
    assert table["station"].unique().to_list() == ["Oslo"]
    assert table["temperature_min"].null_count() == len(rows)


def test_parquet_is_read_alike(tmp_path):
    frame = pl.DataFrame({"DAY": [date(2020, 1, 2), date(2020, 1, 1)], "rain in": [1, None], "hi": [50.0, 32.0]})
    frame.with_columns(soil=1.5).write_parquet(tmp_path / "file.parquet")
    layout = Layout(RAIN.columns, RAIN.units, RAIN.own, station="Oslo")
    table = layout.read(tmp_path / "file.parquet")
    assert table.select("temperature_max", "precipitation", "soil").rows() == [(0, None, 1.5), (10, 25.4, 1.5)]


def test_hours_are_those_said():
    assert RAIN.clocks.of("Oslo", "precipitation") == Hours(-15, 9)


def test_all_that_does_not_fit_is_said_at_once(tmp_path):
    path = write(tmp_path, "day,hi,lo,rain,rain\n13/01/2020,60,70,x,1\n14/01/2020,50,40,1,1\n15/01/2020,50,40,1,1\n")
    wrong = Layout(
        columns={"date": "day", "temperature_max": "hi", "temperature_min": "lo", "precipitation": "rain", "fog": "f"},
        units={"temperature_max": "inch", "snow": "mm"},
        own={"wind": "m/s"},
        hours={"precipitation": (9,)},
    )
    said = refused(path, wrong)
    for part in (
        "data.columns.fog: no element",
        "data.columns.precipitation=rain: 2 columns have this name",
        "no column station: say data.columns.station=NAME, or data.station=NAME",
        "the file has 'day', 'hi', 'lo', 'rain', 'rain'",
        "data.units.temperature_max='inch'; expected one of degC, degF, K",
        "data.units.snow: no known element",
        "data.hours.precipitation=[9]",
        "data.elements.wind",
        "column 'day' (date): 3 of 3 are no dates as %Y-%m-%d; data.date_format='%d/%m/%Y' or",
        "column 'rain' (precipitation): 1 of 3 are no numbers, the first on line 2: 'x'",
        "column 'lo' (temperature_min): 1 of 3 are not °C between -90 and 60",
    ):
        assert part.split(" or")[0] in said


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("DAY,hi,rain in,soil\n31/02/2020,1,1,1\n", "1 of 1 are no dates as %d/%m/%Y"),
        ("DAY,hi,rain in,soil\n01/02/20,1,1,1\n", "data.date_format='%d/%m/%y' or '%m/%d/%y' fits all"),
        ("DAY,hi,rain in,soil\n01/02/2020,1,1,1\n01/02/2020,1,1,1\n", "line 3: 2020-02-01 of 'Oslo'"),
        ("DAY,hi,rain in,soil\n01/02/2020,1,inf,1\n", "are no numbers, the first on line 2: 'inf'"),
        ("DAY,hi,rain in,soil\n01/02/2020,1,-1,1\n", "1 of 1 are, read as inch, not mm, at least 0"),
        ("DAY,hi,rain in\n01/02/2020,1,1\n", "soil has unit or hours, and no column"),
        ("DAY,hi,rain in,soil\n", "no rows"),
        ("DAY,hi,rain in,soil,temperature_min\n01/02/2020,32,1,1,5\n", "1 below temperature_min, the first on line 2"),
    ],
)
def test_what_is_broken_is_named(tmp_path, text, part):
    assert part in refused(write(tmp_path, text), RAIN)


def test_a_spreadsheet_with_semicolons_and_decimal_commas_is_what_pandas_reads(tmp_path):
    text = (
        '\ufeffTag;"Höchst; °C";Regen, mm;Boden\r\n1.2.2020;5,5;0,3;-0,5\r\n2.2.2020;7;;,5\r\n03.02.2020;-1,25;12;1\r\n'
    )
    columns = {"date": "Tag", "temperature_max": "Höchst; °C", "precipitation": "Regen, mm", "soil": "Boden"}
    layout = Layout(columns, own={"soil": "degC"}, date_format="%d.%m.%Y", station="Haus, hinten")
    file = tmp_path / "meine.csv"
    file.write_text(text, encoding="utf-8", newline="")
    table, frame = layout.read(file), pd.read_csv(file, sep=";", decimal=",", encoding="utf-8-sig")
    assert table["date"].to_list() == pd.to_datetime(frame["Tag"], format="%d.%m.%Y").dt.date.to_list()
    for name in ("temperature_max", "precipitation", "soil"):
        np.testing.assert_array_equal(table[name].fill_null(np.nan), frame[columns[name]])
    assert table["station"].unique().to_list() == ["Haus, hinten"]
    file.write_text(text.replace("5,5", "1.005,5"), encoding="utf-8", newline="")
    assert "line 2: '1.005,5'" in refused(file, layout)


@pytest.mark.parametrize(
    ("form", "day"),
    [
        ("%Y-%m-%d %H:%M:%S", "2020-02-{:02} 00:00:00"),
        ("%Y-%m-%dT%H:%M", "2020-02-{:02}T23:59"),
        ("%d.%m.%Y %H:%M", "{}.2.2020 9:00"),
        ("%m/%d/%Y %I:%M %p", "02/{:02}/2020 12:00 PM"),
        ("%d.%m.%y", "{}.2.20"),
    ],
)
def test_of_a_time_the_day_counts(tmp_path, form, day):
    layout = Layout({"date": "DAY"}, date_format=form, station="Oslo")
    rows = [f"{day.format(k)},{k}" for k in (1, 2, 28)]
    text = "\n".join(["DAY,precipitation", *rows])
    table, frame = layout.read(write(tmp_path, text)), pd.read_csv(io.StringIO(text))
    assert table["date"].to_list() == pd.to_datetime(frame["DAY"], format=form).dt.date.to_list()
    again = refused(write(tmp_path, "\n".join([text, rows[0]])), layout)
    assert "1 rows of a day that another has, the first on line 5: 2020-02-01" in again
    assert "1 of 4 are no dates" in refused(write(tmp_path, text + "\n2020-02-30 00:00:00,1"), layout)


def test_a_form_is_proposed_for_dates_with_a_time_or_a_year_of_two_digits(tmp_path):
    for day, form in {"2020-02-01 00:00:00": "%Y-%m-%d %H:%M:%S", "1.1.12": "%d.%m.%y"}.items():
        said = refused(write(tmp_path, f"date,precipitation\n{day},1\n"), Layout(station="Oslo"))
        assert f"data.date_format={form!r}" in said


def test_traces_are_nothing_and_blank_rows_no_days(tmp_path):
    layout = Layout(RAIN.columns, {"precipitation": "inch"}, date_format="%m/%d/%Y", station="Oslo")
    rows = ["DAY,rain in,hi", "1/31/2020,T,M", ",,", "2/1/2020,0.10,9.5", " , ,"]
    table = layout.read(write(tmp_path, "\n".join(rows)))
    assert table["date"].to_list() == [date(2020, 1, 31), date(2020, 2, 1)]
    assert table.select("precipitation", "temperature_max").rows() == [(0, None), (pytest.approx(2.54), 9.5)]
    said = refused(write(tmp_path, "\n".join([*rows, "2/2/2020,M,T"])), layout)
    assert "(temperature_max): 1 of 2 are no numbers, the first on line 6: 'T'" in said


def test_a_title_and_a_sum_are_told_with_their_lines(tmp_path):
    layout = Layout({"date": "DAY", "precipitation": "rain"}, date_format="%m/%d/%Y", station="Oslo")
    days = [f"{1 + k // 28}/{1 + k % 28}/2020,1," for k in range(40)]
    said = refused(write(tmp_path, "\n".join(["Garden,,", "DAY,rain,note", *days])), layout)
    assert "the first line names no columns: remove what stands above their names" in said
    said = refused(write(tmp_path, "\n".join(["DAY,rain,note", *days, "Sum,40,"])), layout)
    assert said.endswith("1 of 41 are no dates as %m/%d/%Y, the first on line 42: 'Sum'")
