"""The long table becomes the daily table: flags, traces, spurious hail, and the weather's type."""

import math
from datetime import date, timedelta

import pandas as pd
import polars as pl
import pytest
import real

from stratus.data.daily_table import SCHEMA
from stratus.data.ghcn.daily import daily, read_files
from stratus.data.ghcn.values import LONG
from stratus.data.recipe import Recipe
from stratus.data.splits import split
from stratus.errors import DataError

AIRPORTS = ["USW00013904", "USW00012960", "USW00012921", "USW00012924", "USW00023044"]


def values(*rows, station="USW00013904"):
    """Rows of day, element, value and flags "mqs"."""
    full = [
        (station, day, element, float(value), *(flag.strip() for flag in flags), None)
        for day, element, value, flags in rows
    ]
    return pl.DataFrame(full, schema=LONG, orient="row")


def one_day(day=date(2017, 3, 1), prcp=0, snow=0, **weather):
    core = [(day, "TMAX", 20, "   "), (day, "TMIN", 10, "   "), (day, "PRCP", prcp, "   "), (day, "SNOW", snow, "   ")]
    return [*core, *((day, element, 1, flags) for element, flags in weather.items())]


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        (one_day(), "sun"),
        (one_day(prcp=0.3), "rain"),
        (one_day(prcp=0.3, snow=2), "snow"),
        (one_day(prcp=0.3, snow=2, WT05="  W"), "hail"),
        (one_day(WT04="  W"), "sun"),
        (one_day(WT16="  W", WT18="  W"), "sun"),
    ],
)
def test_the_type_is_the_first_of_hail_snow_rain_and_sun(day, kind):
    table, _ = daily(values(*day))
    assert table["weather"].to_list() == [kind]


def test_ice_pellets_count_as_hail_when_asked():
    table, _ = daily(values(*one_day(WT04="  W")), ice_pellets=True)
    assert table["weather"].to_list() == ["hail"]


@pytest.mark.parametrize(
    ("element", "value", "kept"),
    [
        ("TMAX", 61, (None, 10.0, 0.0)),
        ("TMIN", -91, (20.0, None, 0.0)),
        ("PRCP", -1, (20.0, 10.0, None)),
        ("TMAX", 9.9, (None, None, 0.0)),
        ("TMAX", 60, (60.0, 10.0, 0.0)),
    ],
)
def test_a_value_that_cannot_be_is_dropped_and_counted(element, value, kept):
    rows = [(day, e, value if e == element else v, flags) for day, e, v, flags in one_day()]
    table, dropped = daily(values(*rows))
    assert table.select("temperature_max", "temperature_min", "precipitation").row(0) == kept
    assert dropped["impossible"] == kept.count(None)


FURTHER = {  # in the units of the long table, and what a day of them is
    "TAVG": (14.5, {"temperature": 14.5}),
    "ADPT": (8.2, {"dew_point": 8.2}),
    "RHAV": (71, {"humidity": 71}),
    "RHMX": (94, {"humidity_max": 94}),
    "RHMN": (45, {"humidity_min": 45}),
    "ASLP": (1015.2, {"pressure": 1015.2}),
    "WSF2": (8.9, {"wind_max": 8.9}),
    "WDF2": (270, {"wind_u": 8.9, "wind_v": 0.0}),  # from the west
    "WSF5": (10.7, {"gust": 10.7}),
    "TSUN": (90, {"sunshine": 1.5}),
    "ACMH": (50, {"cloud": 4.0}),
    "EVAP": (3.1, {"evaporation": 3.1}),
    "SNWD": (25, {"snow_depth": 25}),
}


def test_each_further_element_becomes_its_column():
    day = date(2017, 3, 1)
    rows = [(day, element, value, "   ") for element, (value, _) in FURTHER.items()]
    table, dropped = daily(values(*one_day(), *rows, station="GME00102380"))
    expected = {name: value for _, columns in FURTHER.values() for name, value in columns.items()}
    assert {name: table[name].item() for name in table.columns if name not in SCHEMA} == pytest.approx(expected)
    assert dropped["impossible"] == 0


def test_a_column_is_there_only_where_a_value_of_it_is():
    assert daily(values(*one_day()))[0].columns == [*SCHEMA]
    failed = daily(values(*one_day(), (date(2017, 3, 1), "ASLP", 1015, " X ")))
    assert (failed[0].columns, failed[1]["failed a quality check"]) == ([*SCHEMA], 1)


@pytest.mark.parametrize(
    ("given", "u", "v", "peak"),
    [
        ({"WDF2": 360, "WSF2": 5}, 0, -5, 5),
        ({"WDF2": 45, "WSF2": 10}, -7.07, -7.07, 10),
        ({"WDF2": 180, "WSF2": 3, "WDF1": 90, "WSF1": 9}, 0, 3, 3),  # the minute's serves where the two minutes' is not
        ({"WDF1": 90, "WSF1": 9}, -9, 0, 9),
        ({"WSF2": 5, "WDF1": 90}, None, None, 5),
        ({"WDF2": 361, "WSF2": 5}, None, None, 5),
    ],
)
def test_the_fastest_wind_is_a_vector_that_blows_from_its_direction(given, u, v, peak):
    day = date(2017, 3, 1)
    table, dropped = daily(values(*one_day(), *((day, element, value, "   ") for element, value in given.items())))
    found = [table[name].item() if name in table.columns else None for name in ("wind_u", "wind_v", "wind_max")]
    assert found == [u, v, peak]
    assert dropped["impossible"] == (2 if given.get("WDF2") == 361 else 0)


@pytest.mark.parametrize(
    ("station", "flags", "taken"),
    [
        ("GME00102380", "  E", True),
        ("GME00102380", "H S", False),  # the mean of hourly values is of the day in UTC
        ("USW00013904", "  W", False),  # the middle of both extremes, rounded
        ("RQW00011641", "  W", False),
        ("USW00013904", "   ", False),
    ],
)
def test_a_mean_temperature_is_taken_where_it_is_the_source_s_own(station, flags, taken):
    table, _ = daily(values(*one_day(), (date(2017, 3, 1), "TAVG", 12, flags), station=station))
    assert ("temperature" in table.columns) == taken


def test_a_day_of_further_elements_alone_is_none():
    table, _ = daily(values(*one_day(), (date(2017, 3, 2), "SNWD", 3, "   ")))
    assert table["date"].to_list() == [date(2017, 3, 1)]


def test_only_values_of_elements_that_are_used_are_counted():
    flagged = [(date(2017, 3, 2), element, 3, " I ") for element in ("TMAX", "WDF5", "WT16", "PSUN")]
    _, dropped = daily(values(*one_day(), *flagged))
    assert dropped["failed a quality check"] == 1


@pytest.mark.parametrize("units", ["metric", "standard"])
def test_an_export_in_fahrenheit_is_refused_as_celsius(tmp_path, units):
    days = [date(2017, 1, 1) + timedelta(days=k) for k in range(365)]
    rows = [f"USW00013904,AUSTIN,{day},{70 + k % 30},{50 + k % 30},0.1" for k, day in enumerate(days)]
    file = tmp_path / "export.csv"
    file.write_text("\n".join(["STATION,NAME,DATE,TMAX,TMIN,PRCP", *rows]) + "\n")
    if units == "standard":
        table, dropped, _ = read_files([file], units)
        assert (table.height, dropped["impossible"]) == (365, 0)
        return
    with pytest.raises(DataError, match=r"values cannot be °C, mm or m/s, read as data\.units=metric: .*standard"):
        read_files([file], units)


def test_an_export_in_fahrenheit_of_a_cool_coast_is_refused_by_its_climate(tmp_path):
    days = [date(2021, 1, 1) + timedelta(days=k) for k in range(365)]
    rows = [f"USW00025333,SITKA,{day},{42 + k % 20},{35 + k % 7},0.1" for k, day in enumerate(days)]
    (file := tmp_path / "export.csv").write_text("\n".join(["STATION,NAME,DATE,TMAX,TMIN,PRCP", *rows]) + "\n")
    said = r"read as data\.units=metric: the median of temperature_max at 'USW00025333' is 51 °C.*data\.units=standard$"
    with pytest.raises(DataError, match=said):  # 18 of 1095 values are above 60
        read_files([file], "metric")
    table, dropped, _ = read_files([file], "standard")
    assert (table.height, dropped["impossible"]) == (365, 0)


def test_values_of_which_none_is_believed_are_an_empty_table_and_a_file_of_them_an_error(tmp_path):
    table, dropped = daily(values((date(2017, 3, 1), "TMAX", 20, " I ")))
    assert (table.height, table.schema, dropped["failed a quality check"]) == (0, pl.Schema(SCHEMA), 1)
    file = tmp_path / "flagged.csv"
    file.write_text("USW00013904,20170201,TMAX,239,,I,W,\n")
    with pytest.raises(DataError, match="to be believed"):
        read_files([file])


def test_a_trace_is_no_rain_and_a_flagged_value_is_dropped_and_counted():
    day = date(2017, 3, 1)
    rows = [(day, "TMAX", 20, "   "), (day, "TMIN", 99, " I "), (day, "PRCP", 0.3, "T  ")]
    table, dropped = daily(values(*rows))
    assert table.select("temperature_max", "temperature_min", "precipitation").rows() == [(20.0, None, 0.0)]
    assert table["weather"].to_list() == [None]
    assert dropped["failed a quality check"] == 1


@pytest.mark.parametrize(
    ("station", "year", "flags", "kind"),
    [
        ("USW00013904", 2009, "  0", "sun"),
        ("USW00013904", 2009, "   ", "sun"),
        ("USW00013904", 2009, "  X", "hail"),
        ("USW00013904", 2011, "  0", "hail"),
        ("USC00417079", 2009, "  0", "hail"),
    ],
)
def test_hail_of_2008_to_2010_at_first_order_stations_is_believed_from_other_sources_only(station, year, flags, kind):
    table, dropped = daily(values(*one_day(date(year, 3, 1), WT05=flags), station=station))
    assert table["weather"].to_list() == [kind]
    assert dropped["spurious hail of 2008 to 2010"] == (kind == "sun")


def test_the_same_value_twice_is_one_and_two_different_ones_are_refused():
    twice = values(*one_day(), *one_day())
    assert daily(twice)[0].height == 1
    with pytest.raises(DataError, match=r"USW00013904, 2017-03-01, TMAX: given as 20 and as 21"):
        daily(pl.concat([twice, values((date(2017, 3, 1), "TMAX", 21, "   "))]))


def test_no_file_is_an_error():
    with pytest.raises(DataError, match="no file"):
        read_files([])


COUNTS = {  # days, then sun, rain, snow and hail, and spurious hail dropped; 1999-01-01 to 2018-09-27
    "USW00013904": (7208, [5635, 1546, 7, 20], 246),
    "USW00012960": (7210, [5222, 1972, 5, 11], 276),
    "USW00012921": (7205, [5654, 1524, 9, 18], 253),
    "USW00012924": (7209, [5701, 1498, 2, 8], 241),
    "USW00023044": (7208, [6314, 843, 18, 33], 143),
    "USC00417079": (7195, [5954, 1091, 118, 32], 0),
}


@real.needed
@pytest.mark.parametrize("station", COUNTS)
def test_the_class_counts_of_six_stations_are_reproduced(station):
    days, counts, spurious = COUNTS[station]
    table, dropped, _ = read_files([real.FOLDER / f"dly/{station}.dly"])
    known = table.filter(
        pl.col("date").is_between(date(1999, 1, 1), date(2018, 9, 27)) & pl.col("weather").is_not_null()
    )
    assert known.height == days
    assert dict(known["weather"].value_counts().iter_rows()) == dict(
        zip(["sun", "rain", "snow", "hail"], counts, strict=True)
    )
    assert dropped["spurious hail of 2008 to 2010"] == spurious


@real.needed
def test_texas_has_7177_complete_days_and_its_five_rain_rates():
    names = dict(zip(AIRPORTS, ["Austin", "Houston", "San Antonio", "Corpus Christi", "El Paso"], strict=True))
    table, *_ = read_files([real.FOLDER / f"dly/{station}.dly" for station in AIRPORTS])
    period = pl.col("date").is_between(date(1999, 1, 1), date(2018, 8, 31))
    complete = pl.all_horizontal(pl.col("temperature_max", "temperature_min", "precipitation").is_not_null())
    everywhere = table.filter(period & complete).filter(pl.len().over("date") == 5)
    assert everywhere["date"].n_unique() == 7177
    rates = everywhere.group_by("station").agg((pl.col("precipitation") > 0).mean()).rows()
    expected = {"Austin": 0.217, "Houston": 0.274, "San Antonio": 0.214, "Corpus Christi": 0.208, "El Paso": 0.124}
    assert {names[station]: round(rate, 3) for station, rate in rates} == expected


@real.needed
def test_the_days_of_2017_are_the_same_from_two_layouts():
    fixed, *_ = read_files([real.FOLDER / f"dly/{station}.dly" for station in AIRPORTS])
    rows, *_ = read_files([real.FOLDER / "by_year/2017.tx5.derived-from-dly.csv"])
    assert rows.height == 5 * 365
    same = fixed.filter(pl.col("date").dt.year() == 2017)
    assert rows.equals(same.select(rows.columns))
    assert same.drop(rows.columns).null_count().row(0) == (same.height,) * 2  # sunshine and cloud, of other years


@real.needed
def test_columns_of_a_real_file_are_those_that_pandas_finds():
    """Fixed width by pandas; each value with a blank quality flag, its unit as NOAA's description has it."""
    path = real.FOLDER / "dly/USW00012960.dly"
    widths = [11, 4, 2, 4, *[5, 1, 1, 1] * 31]
    lines = pd.read_fwf(path, widths=widths, header=None, keep_default_na=False, dtype=str, delimiter="\n")
    found = {}
    for _, year, month, element, *days in lines.itertuples(index=False):
        for k, (value, flag) in enumerate(zip(days[::4], days[2::4], strict=True)):
            if element in ("TMAX", "PRCP", "AWND", "WSF2", "WDF2", "ASLP", "SNWD") and flag == " " and value != "-9999":
                found.setdefault((int(year), int(month), k + 1), {})[element] = int(value)
    table, *_ = read_files([path])
    for day, *row in table.select(
        "date", "temperature_max", "precipitation", "wind", "pressure", "snow_depth", "wind_u"
    ).rows():
        one = found.get((day.year, day.month, day.day), {})
        tenths = [one[name] / 10 if name in one else None for name in ("TMAX", "PRCP", "AWND", "ASLP")]
        u = -one["WSF2"] / 10 * math.sin(math.radians(one["WDF2"])) if "WSF2" in one and "WDF2" in one else row[-1]
        assert row == pytest.approx([*tenths, one.get("SNWD"), u], abs=0.00501), day


@real.needed
@pytest.mark.parametrize("path", real.FILES, ids=lambda path: path.name)
def test_every_real_file_is_read(path):
    table, *_ = read_files([path], units="standard")
    assert table.height > 0
    assert table["station"].str.len_bytes().eq(11).all()


@real.needed
def test_stations_are_told_apart_in_a_file_that_holds_several():
    table, *_ = read_files([real.FOLDER / "by_year/1800.csv"])
    assert table["station"].n_unique() > 1
    assert table.select("station", "date").is_unique().all()


@real.needed
def test_rain_in_austin_can_be_asked_of_its_file():
    table, *_ = read_files([real.FOLDER / "dly/USW00013904.dly"])
    days = split(table, Recipe("weather", {"two_days": {}}), train_from=date(1999, 1, 1), test_from=date(2015, 1, 1))
    assert days.outputs == ["hail", "rain", "snow", "sun"]
