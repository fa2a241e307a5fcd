"""The daily table: what is read, what is refused and how it is said, and what ships."""

import hashlib
import shutil
import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from stratus.data.daily_table import SCHEMA, believed, calendar, check, header, read_csv, read_table, select
from stratus.data.elements import ELEMENTS
from stratus.errors import DataError
from stratus.files import sha256

DATA = Path(__file__).parents[2] / "data"
SOURCE_SHA256 = "27219f1ca8dbd94c9b6f4b9f4f52ab2f1eb33dfdcf719cd9fc6481ed50b74549"
HEADER = ",".join(SCHEMA)
ROW = "Oslo,2020-01-01,3.5,-1,0.2,,4,rain"


def write(folder, text):
    path = folder / "my.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refusal(folder, text):
    with pytest.raises(DataError) as caught:
        read_csv(write(folder, text))
    message = str(caught.value)
    assert "\n" not in message
    return message.replace(f"{folder}/", "")


def one_day(**columns):
    day = {"station": "Oslo", "date": date(2020, 1, 1)}
    day |= {"temperature_max": 3.5, "temperature_min": -1.0, "precipitation": 0.0}
    return pl.DataFrame({name: [value] for name, value in (day | columns).items()})


# --- reading


def test_a_file_becomes_the_daily_table(tmp_path):
    table = read_csv(write(tmp_path, f"{HEADER}\n{ROW}\n"))
    assert dict(table.schema) == SCHEMA
    assert table.row(0) == ("Oslo", date(2020, 1, 1), 3.5, -1.0, 0.2, None, 4.0, "rain")


def test_rows_are_sorted_and_columns_may_stand_in_any_order(tmp_path):
    days = ["2020-01-02,B", "2020-01-01,B", "2020-01-03,A"]
    text = "date,station,precipitation,temperature_min,temperature_max\n"
    table = read_csv(write(tmp_path, text + "".join(f"{day},1,2,3\n" for day in days)))
    assert list(table.columns) == list(SCHEMA)
    assert table["date"].dt.day().to_list() == [3, 1, 2]
    assert table["temperature_max"].to_list() == [3, 3, 3]
    assert table["wind"].null_count() == 3


@pytest.mark.parametrize(
    "text",
    [
        f"\ufeff{HEADER}\n{ROW}\n",
        f"{HEADER}\r\n{ROW}\r\n",
        f"{HEADER}\r{ROW}",
        f"\n\n{HEADER}\n\n\n{ROW}\n\n",
        HEADER.replace(",", " , ") + "\n" + ROW.replace(",", " ,"),
        f'{HEADER}\n"Oslo","2020-01-01","3.5","-1","0.2","","4","rain"',
    ],
)
def test_a_byte_order_mark_line_ends_blank_lines_padding_and_quotes_do_not_matter(tmp_path, text):
    assert_frame_equal(read_csv(write(tmp_path, text)), read_csv(write(tmp_path, f"{HEADER}\n{ROW}\n")))


def test_the_data_s_readme_lists_every_element_with_its_unit():
    text = (DATA / "README.md").read_text(encoding="utf-8")
    for name, element in ELEMENTS.items():
        assert f"| `{name}` | {element.unit} |" in text


def test_an_element_s_value_has_to_be_believable(tmp_path):
    said = refusal(tmp_path, f"{HEADER},pressure\n{ROW},29.92\n")
    expected = "hPa between 850 and 1090 (or nothing where it was not measured)"
    assert said == f"my.csv, line 2, column pressure: '29.92' is out of range; expected {expected}"
    table = read_csv(write(tmp_path, f"{HEADER},pressure\n{ROW},1013.2\n"))
    assert table["pressure"].to_list() == [1013.2]


def test_an_empty_value_is_a_gap(tmp_path):
    table = read_csv(write(tmp_path, f"{HEADER}\nOslo,2020-01-01,,,,,,\n"))
    assert table.row(0)[2:] == (None,) * 6


names = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=8)
amounts = st.none() | st.floats(0, 1e4)


@st.composite
def tables(draw):
    keys = draw(st.lists(st.tuples(names, st.dates()), min_size=1, max_size=12, unique=True))
    rows = []
    for key in keys:
        low, high = sorted(draw(st.tuples(st.floats(-90, 60), st.floats(-90, 60))))
        temperatures = [draw(st.sampled_from([value, None])) for value in (high, low)]
        rows.append([*key, *temperatures, *(draw(amounts) for _ in range(3)), draw(st.none() | names)])
    return pl.DataFrame(rows, SCHEMA, orient="row").sort("station", "date")


@given(table=tables())
@settings(max_examples=30)
def test_a_valid_table_survives_being_written_and_read(tmp_path_factory, table):
    path = tmp_path_factory.mktemp("csv") / "my.csv"
    table.write_csv(path)
    assert_frame_equal(read_csv(path), table, check_exact=True)
    assert_frame_equal(check(table.reverse(), "table"), table, check_exact=True)


# --- Parquet

# Also the last column is one that the table need not have.
FURTHER = pl.DataFrame(
    {"humidity": [80, None], "station": ["Oslo", "Bergen"], "date": [date(2020, 1, 2), date(2020, 1, 1)]}
    | {"temperature_max": [3.5, 4.25], "temperature_min": [-1.0, None], "precipitation": [0.0, 2.5]}
    | {"gust": [None, 12.0]}
)


def test_a_parquet_file_is_read_as_a_csv_file_of_the_same_table(tmp_path):
    FURTHER.write_parquet(tmp_path / "a")
    FURTHER.write_csv(tmp_path / "b")
    table = read_table(tmp_path / "a")
    assert_frame_equal(table, read_table(tmp_path / "b"), check_exact=True)
    assert table.select("station", "temperature_max", "humidity", "gust").rows() == [
        ("Bergen", 4.25, None, 12),
        ("Oslo", 3.5, 80, None),
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (pl.lit(-5.0).alias("gust"), "row 0, column gust: '-5.0' is out of range; expected m/s between 0 and 150"),
        (pl.lit("Oslo").alias("place"), "columns unknown: 'place'"),
        (pl.lit(True).alias("precipitation"), "column precipitation: Boolean values; expected mm"),
        (pl.lit(date(2020, 1, 1)).alias("gust"), "column gust: Date values; expected m/s"),
        (pl.lit(9.0).alias("temperature_min"), "row 0, column temperature_max: '3.5' is below temperature_min 9.0"),
    ],
)
def test_a_fault_in_a_parquet_file_is_said_in_one_line(tmp_path, change, said):
    FURTHER.with_columns(change).write_parquet(tmp_path / "my.parquet")
    with pytest.raises(DataError) as caught:
        read_table(tmp_path / "my.parquet")
    assert said in str(caught.value)
    assert str(caught.value).startswith(f"{tmp_path}/my.parquet")


def test_rows_are_counted_over_the_parts_of_a_parquet_file(tmp_path, monkeypatch):
    monkeypatch.setattr("stratus.data.daily_table._ROWS", 1)
    FURTHER.write_parquet(tmp_path / "a")
    assert read_table(tmp_path / "a").height == 2
    pl.concat([FURTHER, FURTHER[:1]]).write_parquet(tmp_path / "b")
    with pytest.raises(DataError, match=r"b, row 2, column date: .*already on .*b, row 0"):
        read_table(tmp_path / "b")


def test_a_damaged_or_absent_parquet_file_is_refused(tmp_path):
    FURTHER.write_parquet(tmp_path / "whole")
    (tmp_path / "cut").write_bytes((tmp_path / "whole").read_bytes()[:-40])
    with pytest.raises(DataError, match="cut: not a readable Parquet file"):
        read_table(tmp_path / "cut")
    with pytest.raises(DataError, match=r"none: cannot be read \(No such file"):
        read_table(tmp_path / "none")


def test_what_cannot_be_believed_is_left_out_and_counted():
    table = one_day(temperature_max=-2.0, humidity=101.0, humidity_max=90.0, humidity_min=None)
    kept, count = believed(table)
    assert count == 3  # maximum and minimum, and the mean humidity
    assert kept.row(0)[2:] == (None, None, 0.0, None, 90.0, None)


# --- refusing


@pytest.mark.parametrize(
    ("column", "value", "fault"),
    [
        ("station", "", "is missing"),
        ("station", "  ", "is missing"),
        ("date", "", "is missing"),
        ("date", "2019-02-29", "is not a date"),
        ("date", "2020-1-2", "is not a date"),
        ("date", "01/02/2020", "is not a date"),
        ("date", "0000-01-01", "is not a date"),
        ("temperature_max", "abc", "is not a number"),
        ("temperature_max", "NaN", "is not a number"),
        ("temperature_max", "12;8", "is not a number"),
        ("temperature_max", "60.1", "is out of range"),
        ("temperature_min", "-9999", "is out of range"),
        ("precipitation", "-0.1", "is out of range"),
        ("precipitation", "inf", "is out of range"),
        ("precipitation", "1e39", "is out of range"),
        ("snowfall", "-1", "is out of range"),
        ("wind", "calm", "is not a number"),
    ],
)
def test_a_broken_value_is_named_by_file_line_column_value_and_what_was_expected(tmp_path, column, value, fault):
    broken = dict(zip(SCHEMA, ROW.split(","), strict=True)) | {"date": "2020-01-02", column: value}
    message = refusal(tmp_path, f"{HEADER}\n{ROW}\n{','.join(broken.values())}\n")
    assert message.startswith(f"my.csv, line 3, column {column}: {value.strip()!r} {fault}; expected ")


def test_the_expected_range_is_said_with_its_unit(tmp_path):
    assert refusal(tmp_path, f"{HEADER}\n{ROW.replace('3.5', 'abc')}") == (
        "my.csv, line 2, column temperature_max: 'abc' is not a number; "
        "expected °C between -90 and 60 (or nothing where it was not measured)"
    )


def test_a_maximum_below_the_minimum_is_refused(tmp_path):
    message = refusal(tmp_path, f"{HEADER}\nOslo,2020-01-01,1,2,0,,,")
    assert message.startswith("my.csv, line 2, column temperature_max: '1' is below temperature_min 2.0")


def test_a_second_row_of_a_day_names_both_lines(tmp_path):
    message = refusal(tmp_path, f"{HEADER}\n{ROW}\n{ROW.replace('Oslo', 'Bergen')}\n\n{ROW}\n")
    assert message.startswith("my.csv, line 5, column date: 2020-01-01 of 'Oslo' is already on my.csv, line 2")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_as_an_editor_counts_them(tmp_path, end):
    lines = ["", HEADER, "", ROW, f'"Os{end}lo",2020-01-01,1,0,0,,,', "", "Oslo,2020-01-02,abc,0,0,,,"]
    assert refusal(tmp_path, end.join(lines)).startswith("my.csv, line 8, column temperature_max: 'abc'")


def test_of_several_broken_values_the_topmost_is_named(tmp_path):
    rows = ["Oslo,2020-01-01,1,0,-5,,,", "Oslo,2020-01-02,abc,0,0,,,"]
    assert "line 2, column precipitation: '-5'" in refusal(tmp_path, "\n".join([HEADER, *rows]))


@pytest.mark.parametrize("above", ["", "sep=;\n", '"sep=;"\r\n', "SEP=;\n\n", "\n"])
def test_a_spreadsheet_with_semicolons_and_decimal_commas_is_what_pandas_reads(tmp_path, above):
    rows = ["Oslo;2020-01-01;3,5;-1;,2;;4;rain", 'Oslo;2020-01-02;5;-1,25;0;;;"sun; or fog, thick"']
    (path := tmp_path / "my.csv").write_text("\n".join([above + HEADER.replace(",", ";"), *rows]), newline="")
    table = read_csv(path)
    frame = pd.read_csv(path, sep=";", decimal=",", skiprows=1 if "s" in above.lower() else 0)
    for name in ("temperature_max", "temperature_min", "precipitation", "wind"):
        np.testing.assert_array_equal(table[name].fill_null(np.nan), frame[name])
    assert table["weather"].to_list() == frame["weather"].to_list()
    assert header(path) == HEADER.split(",")
    path.write_text(f"{above}{HEADER}\n{ROW}\n".replace(",", ";").replace("3.5", "3..5"))
    line = 2 + (above + ".").replace("\r", "").count("\n")
    with pytest.raises(DataError, match=f"line {line}, column temperature_max: '3..5' is not a number"):
        read_csv(path)


@pytest.mark.parametrize(
    ("header", "faults"),
    [
        (HEADER.replace("temperature_max", "tmax"), "missing: temperature_max; unknown: 'tmax'"),
        (f"{HEADER},", "unknown: ''"),
        (f"{HEADER},date", "repeated: date"),
    ],
)
def test_wrong_columns_are_named_beside_the_right_ones(tmp_path, header, faults):
    message = refusal(tmp_path, f"{header}\n{ROW}\n")
    assert message.startswith(f"my.csv, line 1, columns {faults}")
    assert message.endswith(
        "snowfall, wind, weather (snowfall, wind, weather may be left out; data/README.md has further ones)"
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "my.csv is empty"),
        (b"\n\r\n", "my.csv is empty"),
        (f"{HEADER}\n\n", "my.csv has no rows"),
        (f"{HEADER}\n{ROW},7\n", "my.csv, line 2: 9 values; expected 8"),
        (f"{HEADER}\n{ROW}\nOslo,2020-01-02\n", "my.csv, line 3: 2 values; expected 8"),
        (
            f'{HEADER}\n{ROW}\n"Oslo,2020-01-02,1,0,0,,,\n{ROW}\n',
            "my.csv, line 3: the row that begins here is not CSV",
        ),
        (f"{HEADER}\n{ROW}".encode("utf-16"), "my.csv, line 1: a NUL byte, as UTF-16"),
        (f"{HEADER}\nZürich".encode("latin-1"), "my.csv, line 2: not UTF-8 text (byte 0xfc); save"),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_one_line(tmp_path, content, message):
    assert refusal(tmp_path, content).startswith(message)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"none\.csv: cannot be read \(No such file"):
        read_csv(tmp_path / "none.csv")
    with pytest.raises(DataError, match=str(tmp_path)):
        read_csv(tmp_path)


# --- tables made elsewhere


@pytest.mark.parametrize(
    "columns",
    [
        {"date": "2020-01-01"},
        {"date": datetime(2020, 1, 1, 12)},
        {"precipitation": 0},
        {"precipitation": "0"},
        {"wind": None, "weather": None},
    ],
)
def test_a_table_is_cast_to_the_schema(columns):
    table = check(one_day(**columns), "the notebook")
    assert dict(table.schema) == SCHEMA
    assert table.row(0) == ("Oslo", date(2020, 1, 1), 3.5, -1.0, 0.0, None, None, None)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"station": None}, "row 0, column station: '' is missing"),
        ({"temperature_max": 99}, "row 0, column temperature_max: '99.0' is out of range"),
        ({"temperature_max": float("nan")}, "row 0, column temperature_max: 'NaN' is not a number"),
        ({"temperature_max": -2}, "row 0, column temperature_max: '-2.0' is below temperature_min -1.0"),
        ({"date": "yesterday"}, "row 0, column date: 'yesterday' is not a date"),
        ({"date": 20200101}, "column date: Float64 values"),
        ({"precipitation": [1.0]}, r"column precipitation: List\(Float64\) values"),
        ({"hail": 1}, "columns unknown: 'hail'"),
    ],
)
def test_a_broken_table_is_named_by_source_row_column_and_value(columns, message):
    with pytest.raises(DataError, match=f"^the notebook, {message}; expected "):
        check(one_day(**columns), "the notebook")


@pytest.mark.parametrize("days", [10_000_000, 2**31 - 1, -(2**31)])  # Python's calendar ends, and polars' own
def test_a_date_that_python_cannot_hold_is_refused(days):
    table = one_day().with_columns(date=pl.Series([days]).cast(pl.Int32).cast(pl.Date))
    with pytest.raises(DataError, match=rf"column date: '{days} days from 1970-01-01' is not a date"):
        check(table, "the notebook")


def test_stations_are_selected_by_name():
    table = read_csv(DATA / "weather.csv")
    assert select(table, ["Seattle"], "weather.csv")["station"].unique().to_list() == ["Seattle"]
    assert_frame_equal(select(table, ["Seattle", "New York"], "weather.csv"), table)


@pytest.mark.parametrize(("stations", "said"), [(["Boston", "Seattle"], "'Boston'"), ([], "was asked for")])
def test_an_unknown_station_is_told_the_known_ones(stations, said):
    with pytest.raises(DataError, match=f"^weather.csv: no station {said}; expected 'New York' or 'Seattle'$"):
        select(read_csv(DATA / "weather.csv"), stations, "weather.csv")


# --- the calendar


def test_the_calendar_has_every_day_and_nulls_in_the_gaps():
    days = {"A": [1, 2, 5], "B": [4]}
    rows = [(name, date(2020, 2, 26) + timedelta(day), 4.0, 1.0, 0.0) for name in days for day in days[name]]
    table = check(pl.DataFrame(rows, list(SCHEMA)[:5], orient="row"), "table")
    laid = calendar(table)
    assert list(laid.columns) == [*SCHEMA, "wet", "temperature"]
    assert laid["station"].to_list() == ["A"] * 5 + ["B"]
    assert laid["date"].dt.strftime("%m-%d").to_list() == [
        "02-27",
        "02-28",
        "02-29",
        "03-01",
        "03-02",
        "03-01",
    ]
    assert laid["temperature"].to_list() == [2.5, 2.5, None, None, 2.5, 2.5]
    assert laid["wet"].to_list() == [0, 0, None, None, 0, 0]


def test_rain_from_nothing_on_or_from_so_many_millimetres():
    rows = [("A", date(2020, 2, 1 + k), 4.0, 1.0, mm) for k, mm in enumerate((0.0, 0.1, 0.3, 1.0, None))]
    table = check(pl.DataFrame(rows, list(SCHEMA)[:5], orient="row"), "table")
    assert calendar(table)["wet"].to_list() == [0, 1, 1, 1, None]
    assert calendar(table, 0.3)["wet"].to_list() == [0, 0, 1, 1, None]


def test_a_day_of_rain_or_drizzle_with_less_than_counts_is_one_of_sun():
    kinds = ["rain", "drizzle", "rain", "fog", "sun", "rain", None]
    rows = [("A", date(2020, 2, 1 + k), mm) for k, mm in enumerate((0.2, 0.0, 0.3, 0.0, 0.0, None, 0.1))]
    days = pl.DataFrame(rows, ["station", "date", "precipitation"], orient="row").with_columns(
        weather=pl.Series(kinds), temperature_max=4.0, temperature_min=1.0
    )
    table = check(days, "table")
    assert calendar(table)["weather"].to_list() == kinds
    assert calendar(table, 0.3)["weather"].to_list() == ["sun", "sun", "rain", "fog", "sun", "rain", None]


def test_a_mean_temperature_of_its_own_stands_for_the_middle_of_the_extremes():
    table = check(one_day(temperature=0.7), "table")
    assert calendar(table)["temperature"].to_list() == [0.7]


def test_half_a_temperature_is_a_gap():
    assert calendar(check(one_day(temperature_min=None), "table"))["temperature"].to_list() == [None]


days_apart = st.lists(st.tuples(st.sampled_from("AB"), st.integers(0, 60)), min_size=1, unique=True)


@given(keys=days_apart)
@settings(max_examples=30)
def test_on_the_calendar_a_shift_by_rows_is_a_shift_by_days(keys):
    rows = [(name, date(2019, 12, 20) + timedelta(day), day, -1, 0) for name, day in keys]
    table = check(pl.DataFrame(rows, list(SCHEMA)[:5], orient="row"), "table")
    laid = calendar(table)
    steps = laid.select(pl.col("date").diff().over("station").drop_nulls().dt.total_days())
    assert (steps.to_series() == 1).all()
    assert_frame_equal(laid.drop("temperature", "wet").filter(pl.col("precipitation").is_not_null()), table)


# --- what ships


def test_the_shipped_table_has_the_published_days_and_classes():
    table = read_csv(DATA / "weather.csv")
    counts = {
        "Seattle": {"rain": 641, "sun": 640, "fog": 101, "drizzle": 53, "snow": 26},
        "New York": {"rain": 446, "sun": 826, "fog": 38, "drizzle": 58, "snow": 93},
    }
    for station, classes in counts.items():
        days = select(table, [station], "weather.csv")
        assert dict(days.group_by("weather").len().iter_rows()) == classes
        assert days.height == 1461
        assert calendar(days).height == 1461
        assert (days["date"].min(), days["date"].max()) == (date(2012, 1, 1), date(2015, 12, 31))


def test_the_shipped_table_has_the_caveats_that_its_readme_names():
    table = read_csv(DATA / "weather.csv")
    wet = table.filter(pl.col("precipitation") > 0)
    assert wet["precipitation"].min() == 0.3
    assert dict(wet.group_by("station").len().iter_rows()) == {"Seattle": 623, "New York": 470}
    assert set(wet["weather"]) == {"rain", "snow"}
    snow = table.filter((pl.col("weather") == "snow") & (pl.col("date").dt.year() == 2015))
    assert dict(snow.group_by("station").len().iter_rows()) == {"New York": 20}
    dry = table.filter((pl.col("precipitation") == 0) & pl.col("weather").is_in(["rain", "snow"]))
    expected = {("Seattle", "rain"): 44, ("New York", "rain"): 48, ("New York", "snow"): 21}
    assert {row[:2]: row[2] for row in dry.group_by("station", "weather").len().iter_rows()} == expected


def test_the_readme_names_the_hash_of_what_ships():
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    assert sha256(DATA / "weather.csv") in readme
    assert SOURCE_SHA256 in readme


def published_source():
    """The shipped table turned back into the source's columns and order."""
    names = {"station": "location", "temperature_max": "temp_max", "temperature_min": "temp_min"}
    table = pl.read_csv(DATA / "weather.csv", infer_schema=False).rename(names)
    columns = ["location", "date", "precipitation", "temp_max", "temp_min", "wind", "weather"]
    return table.sort("location", descending=True, maintain_order=True).select(columns).write_csv().encode()


def build(folder, *arguments):
    script = shutil.copy(DATA / "build.py", folder)
    command = [sys.executable, "-W", "error", script, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_shipped_table_is_the_published_source_to_the_byte():
    assert hashlib.sha256(published_source()).hexdigest() == SOURCE_SHA256


def test_building_from_the_source_gives_the_shipped_bytes(tmp_path):
    source = tmp_path / "source.csv"
    source.write_bytes(published_source())
    assert build(tmp_path, source).returncode == 0
    assert (tmp_path / "weather.csv").read_bytes() == (DATA / "weather.csv").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "usage: "),
        (["none.csv"], "none.csv: No such file"),
        ([__file__], f"{__file__} is not the source: "),
    ],
)
def test_building_from_anything_else_is_refused_in_one_line(tmp_path, arguments, message):
    result = build(tmp_path, *arguments)
    assert result.returncode == 1
    assert result.stderr.startswith(message)
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "weather.csv").exists()


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ("Sydny", "'Sydney' or"),
        ("mount ginini", "'MountGinini' or"),
        ("De Blit", "'260' (De Bilt) or"),
        ("26O", "'260' (De Bilt) or"),
        ("Timbuktu", "'240' or '260' (De Bilt) or 'Albany' or 'MountGinini' or 'Sydney'$"),
    ],
)
def test_a_station_that_is_not_there_is_told_the_likeliest_ones(asked, first):
    table = pl.DataFrame({"station": ["Albany", "Sydney", "240", "MountGinini", "260"]})
    names = {"260": "De Bilt", "270": "Leeuwarden"}
    with pytest.raises(DataError) as caught:
        select(table, ["De Bilt", asked], "table", names)
    assert f"no station '{asked}'; expected {first}" in f"{caught.value}$"
    assert select(table, ["De Bilt", "Sydney"], "table", names)["station"].to_list() == ["Sydney", "260"]
