"""The hours that values are of: as the file says, else as is usual where the station stands."""

from datetime import date

import polars as pl
import pytest

from stratus.data.clocks import NO_CLOCKS
from stratus.data.elements import DAY, Hours
from stratus.data.ghcn.hours import told, usual
from stratus.data.ghcn.layouts import read

COOPERATIVE, AUSTRALIAN, AIRPORT = "USC00417079", "ASN00066062", "USW00013904"


def rows(folder, *lines):
    file = folder / "2017.csv"
    file.write_text("".join(f"{station},201702{k + 1:02},{rest}\n" for k, (station, rest) in enumerate(lines)))
    return read(file)


@pytest.mark.parametrize(
    ("station", "element", "expected"),
    [
        (COOPERATIVE, "temperature_max", (-17, 24)),
        (COOPERATIVE, "precipitation", (-17, 24)),
        (COOPERATIVE, "weather", (-17, 24)),
        (COOPERATIVE, "wet", (-17, 24)),
        (COOPERATIVE, "temperature", (-17, 24)),
        (COOPERATIVE, "wind", (0, 24)),
        (AUSTRALIAN, "precipitation", (-15, 9)),
        (AUSTRALIAN, "temperature_min", (-15, 9)),
        (AUSTRALIAN, "temperature_max", (9, 33)),
        (AUSTRALIAN, "temperature", (-15, 33)),
        (AUSTRALIAN, "weather", (-15, 33)),
        (AIRPORT, "temperature_max", (0, 24)),
    ],
)
def test_where_nothing_is_said_the_usual_hours_of_the_place_are_taken(tmp_path, station, element, expected):
    values = rows(tmp_path, *((station, f"{one},10,,,W,") for one in ("TMAX", "TMIN", "PRCP")))
    for clocks in (usual([station, AIRPORT]), told(values)):
        assert clocks.of(station, element) == Hours(*expected)
        assert clocks.of(AIRPORT, element) == DAY


@pytest.mark.parametrize(
    ("station", "times", "expected"),
    [
        (COOPERATIVE, ["0700"], (-17, 7)),
        (COOPERATIVE, ["0700", "1730"], (-17, 17.5)),
        (COOPERATIVE, ["1800", "1800"], (-6, 18)),
        (COOPERATIVE, ["2400"], (0, 24)),
        (COOPERATIVE, ["0000"], (0, 24)),
        (COOPERATIVE, ["1800", ""], (-17, 24)),
        (COOPERATIVE, ["2500"], (-17, 24)),
        (COOPERATIVE, ["1270"], (-17, 24)),
        (AIRPORT, ["0700", ""], (-17, 24)),
        (AUSTRALIAN, ["0900", "0600"], (-18, 9)),
    ],
)
def test_times_of_observation_give_the_hours_that_hold_all_values(tmp_path, station, times, expected):
    values = rows(tmp_path, *((station, f"PRCP,10,,,W,{time}") for time in times))
    assert told(values).of(station, "precipitation") == Hours(*expected)
    assert told(values).of(station, "wind") == DAY


def test_stations_of_the_day_itself_have_nothing_told(tmp_path):
    assert told(rows(tmp_path, (AIRPORT, "PRCP,10,,,W,2400"), (AIRPORT, "TMAX,10,,,W,"))) == NO_CLOCKS


def test_the_buckets_parquet_tells_the_time(tmp_path):
    columns = {"ID": COOPERATIVE, "DATE": "20170201", "ELEMENT": "PRCP", "M_FLAG": "", "Q_FLAG": "", "S_FLAG": "W"}
    frame = pl.DataFrame([columns | {"DATA_VALUE": 10, "OBS_TIME": "0700"}])
    frame.write_parquet(tmp_path / "part.parquet")
    values = read(tmp_path / "part.parquet")
    assert values.row(0) == (COOPERATIVE, date(2017, 2, 1), "PRCP", 1.0, "", "", "W", 7.0)
