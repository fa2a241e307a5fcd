"""KNMI's numbers become the daily table: units, codes, winds, what is dropped, and the weather's type."""

import gzip
import io
from datetime import date

import numpy as np
import polars as pl
import pytest
from knmi import FILES, line, needed, text

from stratus.data.daily_table import schema
from stratus.data.knmi.daily import MEASURED, read_files
from stratus.errors import DataError


@pytest.fixture
def days(tmp_path):
    """The table, and what was dropped, of a file with some rows."""

    def read(*lines, name="etmgeg.txt"):
        path = tmp_path / name
        path.write_bytes(text(*lines))
        return read_files([path])

    return read


@pytest.fixture
def day(days):
    """The row of one day, beside a hundred ordinary values, so that an impossible one is dropped and not refused."""

    def read(**values):
        others = [line(249, 20190100 + number, TX=90, TN=10, TG=50, RH=0, UG=80) for number in range(1, 32)]
        table, dropped = days(*others, line(**values))
        (row,) = table.filter(pl.col("station") == "260").to_dicts() or [{}]
        return row | {"dropped": dropped["impossible"]}

    return read


# De Bilt, 1 and 2 January 2000, as KNMI's file has them.
DE_BILT = """\
  260,20000101,  237,   21,   25,   40,    7,   10,   15,   80,    8,   61,   35,   19,   81,   12,  -20,   24,    0,\
    0,   93,   20,   10,    5,    6,10240,10280,   23,10207,    5,    6,    9,   63,   14,    7,   97,   99,    9,\
   93,   16,    1
  260,20000102,  205,   36,   37,   50,   21,   20,    1,   90,   22,   73,   54,    1,   87,   18,   43,    6,    0,\
    0,   68,    0,   -1,   -1,    1,10267,10278,    1,10244,   24,    2,    6,   50,   24,    8,   97,   99,    1,\
   93,   22,    1"""


def test_two_days_of_de_bilt_are_in_the_tables_units(days):
    table, dropped = days(*DE_BILT.split("\n"))
    assert dropped == {"impossible": 0}
    assert dict(table.schema) == schema([*MEASURED, "latitude", "longitude"])
    first, second = table.to_dicts()
    assert first == {
        "station": "260",
        "date": date(2000, 1, 1),
        "temperature_max": 8.1,
        "temperature_min": 3.5,
        "precipitation": 1.0,
        "snowfall": None,
        "wind": 2.5,
        "weather": "rain",
        "temperature": 6.1,
        "humidity": 97,
        "humidity_max": 99,
        "humidity_min": 93,
        "pressure": 1024.0,
        "pressure_max": 1028.0,
        "pressure_min": 1020.7,
        "pressure_change": 7.3,  # lowest in hour 5, highest in hour 23
        "wind_u": 1.76,  # from the south-west: 2.1 m/s · sin 57°
        "wind_v": 1.14,
        "wind_max": 4.0,
        "gust": 8.0,
        "sunshine": 0.0,
        "sunshine_share": 0,
        "radiation": 0.93,
        "cloud": 7,
        "visibility": 0.6,
        "precipitation_duration": 2.0,
        "precipitation_max": 0.5,
        "evaporation": 0.1,
        "temperature_ground": -2.0,
        "latitude": 52.1,
        "longitude": 5.18,
    }
    assert (second["precipitation"], second["precipitation_max"], second["weather"]) == (0, 0, "fog")
    assert second["pressure_change"] == -3.4


@pytest.mark.parametrize(
    ("direction", "towards"),
    [(360, (0, -5)), (90, (-5, 0)), (180, (0, 5)), (270, (5, 0)), (0, (0, 0)), (225, (3.54, 3.54))],
)
def test_wind_blows_from_its_direction(day, direction, towards):
    row = day(DDVEC=direction, FHVEC=50)
    assert (row["wind_u"], row["wind_v"]) == towards


@pytest.mark.parametrize("given", [{"DDVEC": 90}, {"FHVEC": 50}, {"DDVEC": 0}])
def test_half_a_wind_is_none(day, given):
    row = day(TX=1, **given)
    assert (row["wind_u"], row["wind_v"], row["dropped"]) == (None, None, 0)


@pytest.mark.parametrize(("highest", "lowest", "change"), [(23, 5, 10), (5, 23, -10), (7, 7, 0)])
def test_pressure_rises_to_a_later_maximum(day, highest, lowest, change):
    assert day(PX=10200, PN=10100, PXH=highest, PNH=lowest)["pressure_change"] == change


@pytest.mark.parametrize(
    ("code", "km"),
    [
        (0, 0),
        (1, 0.1),
        (49, 4.9),
        (50, 5),
        (56, 6),
        (57, 7),
        (79, 29),
        (80, 30),
        (81, 35),
        (84, 50),
        (88, 70),
        (89, 70),
    ],
)
def test_visibility_is_the_least_that_its_code_stands_for(day, code, km):
    assert day(VVN=code)["visibility"] == km


@pytest.mark.parametrize(
    ("given", "column"),
    [
        ({"RH": -1}, "precipitation"),
        ({"RHX": -1}, "precipitation_max"),
        ({"SQ": -1}, "sunshine"),
    ],
)
def test_less_than_half_a_tenth_is_nothing(day, given, column):
    assert day(**given)[column] == 0


def test_a_sky_that_cannot_be_seen_is_overcast(day):
    assert [day(NG=code)["cloud"] for code in (0, 8, 9)] == [0, 8, 8]


@pytest.mark.parametrize(
    ("given", "lost", "count"),
    [
        ({"TX": 601}, ["temperature_max"], 1),
        ({"RH": -2}, ["precipitation"], 1),
        ({"NG": 10}, ["cloud"], 1),
        ({"UG": 101}, ["humidity"], 1),
        ({"VVN": 53}, ["visibility"], 1),
        ({"VVN": 93}, ["visibility"], 1),
        ({"VVN": -1}, ["visibility"], 1),
        ({"DDVEC": 361, "FHVEC": 9}, ["wind_u", "wind_v"], 2),
        ({"TX": 10, "TN": 11}, ["temperature_max", "temperature_min"], 2),
        ({"UX": 40, "UN": 50}, ["humidity_max", "humidity_min"], 2),
        ({"PX": 10000, "PN": 10001, "PXH": 1, "PNH": 2}, ["pressure_max", "pressure_min", "pressure_change"], 3),
        ({"PX": 10001, "PN": 10000, "PXH": 25, "PNH": 2}, ["pressure_change"], 1),
    ],
)
def test_what_cannot_be_is_dropped_and_counted(day, given, lost, count):
    row = day(TG=5, **given)
    assert [name for name in lost if row[name] is not None] == []
    assert (row["temperature"], row["dropped"]) == (0.5, count)


KIND = {"RH": 0, "VVN": 70, "SP": 80}


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({}, "sun"),
        ({"SP": 50}, "sun"),
        ({"SP": 49}, "cloud"),
        ({"VVN": 10, "SP": 49}, "cloud"),
        ({"VVN": 9}, "fog"),
        ({"RH": 2, "VVN": 9}, "fog"),
        ({"RH": 3, "VVN": 9}, "rain"),
        ({"RH": -1}, "sun"),
        ({"RH": ""}, None),
        ({"VVN": "", "RH": 50}, None),
        ({"SP": "", "RH": 50}, None),
    ],
)
def test_the_weather_is_the_first_of_rain_fog_sun_and_cloud(day, given, kind):
    assert day(**KIND | given)["weather"] == kind


def test_a_day_without_any_value_is_a_gap(days):
    table, _ = days(line(), line(day=20200102, TX=1))
    assert table["date"].to_list() == [date(2020, 1, 2)]


def test_a_station_that_is_not_known_here_has_no_place(days):
    table, _ = days(line(999, TX=1), line(260, TX=1))
    assert table.select("station", "latitude", "longitude").rows() == [("260", 52.1, 5.18), ("999", None, None)]


def test_files_are_read_together_and_a_column_may_be_in_one_of_them_alone(tmp_path):
    (tmp_path / "a").write_bytes(b"STN,YYYYMMDD,TX\n260,20200101,10\n")
    (tmp_path / "b").write_bytes(gzip.compress(b"# STN,YYYYMMDD,TX,TN\n\n249,20200101,30,20\n"))
    table, _ = read_files([tmp_path / "a", tmp_path / "b"])
    assert table.select("station", "temperature_max", "temperature_min").rows() == [("249", 3, 2), ("260", 1, None)]


def test_a_day_that_is_given_twice_is_refused(tmp_path):
    for name in "ab":
        (tmp_path / name).write_bytes(b"STN,YYYYMMDD,TX\n260,20200101,10\n")
    with pytest.raises(DataError) as caught:
        read_files([tmp_path / "a", tmp_path / "b"])
    said = str(caught.value).replace(f"{tmp_path}/", "")
    assert said.startswith("b, line 2, date: 2020-01-01 of station 260 is already on a, line 2; expected")


@pytest.mark.parametrize("lines", [[], [line()], [line(TX=999)]])
def test_a_file_without_a_value_to_be_believed_is_refused(days, lines):
    with pytest.raises(DataError, match=r"etmgeg\.txt: no value to be believed"):
        days(*lines)


def test_values_that_are_mostly_impossible_are_refused(days):
    with pytest.raises(DataError, match=r"2 of 32 values cannot be in the units"):
        days(*(line(day=20200100 + number, TX=700 if number < 3 else 90, SP=9) for number in range(1, 17)))


def test_no_file_at_all_is_refused():
    with pytest.raises(DataError, match="no file"):
        read_files([])


@needed
def test_pandas_finds_the_same_in_the_real_files():
    pd = pytest.importorskip("pandas")
    table, _ = read_files(FILES)
    for path in FILES[:3]:
        content = (gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()).decode("latin-1")
        rows = content[content.index("STN,YYYYMMDD") :].splitlines(keepends=True)
        frame = pd.read_csv(io.StringIO("".join(rows)), skipinitialspace=True)
        frame = frame.dropna(subset=frame.columns[2:], how="all").sort_values("YYYYMMDD")
        here = table.filter(pl.col("station") == f"{frame['STN'].iloc[0]}")
        assert len(here) == len(frame)
        angle, speed = np.radians(frame["DDVEC"]), frame["FHVEC"] / 10
        calm = frame["DDVEC"] == 0
        expected = {
            "temperature_max": frame["TX"] / 10,
            "precipitation": frame["RH"].replace(-1, 0) / 10,
            "sunshine": frame["SQ"].replace(-1, 0) / 10,
            "radiation": frame["Q"] / 100,
            "pressure": frame["PG"] / 10,
            "pressure_change": (frame["PX"] - frame["PN"]) * np.sign(frame["PXH"] - frame["PNH"]) / 10,
            "wind_u": (-speed * np.sin(angle)).mask(calm, 0),
            "wind_v": (-speed * np.cos(angle)).mask(calm, 0),
        }
        for name, values in expected.items():
            np.testing.assert_allclose(here[name].to_numpy(), values.to_numpy(float), atol=0.0051, rtol=0)
