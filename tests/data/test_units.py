"""Tables whose numbers are in other units than is said: their climate tells, and real ones are never refused."""

from pathlib import Path

import polars as pl
import pytest

from stratus.data.daily_table import read_table
from stratus.data.units import CONVERSIONS, conversion, suspected
from stratus.errors import DataError
from stratus.settings.data import CsvData

DATA = Path(__file__).parents[2] / "data"
WEATHER = pl.read_csv(DATA / "weather.csv", try_parse_dates=True)


@pytest.mark.parametrize(
    ("unit", "to", "given", "expected"),
    [
        ("degF", "°C", 212, 100),
        ("K", "°C", 0, -273.15),
        ("°F", "°C", -40, -40),
        ("inch", "mm", 2, 50.8),
        ("cm", "mm", 1.5, 15),
        ("knots", "m/s", 3600, 1852),
        ("mph", "m/s", 3600, 1609.344),
        ("km/h", "m/s", 36, 10),
        ("inHg", "hPa", 29.921, 1013.25),
        ("mmHg", "hPa", 760, 1013.25),
        ("kPa", "hPa", 101.325, 1013.25),
        ("J/cm²", "MJ/m²", 100, 1),
        ("kWh/m2", "MJ/m²", 1, 3.6),
        ("%cloud", "octas", 100, 8),
        ("min", "h", 90, 1.5),
        ("mile", "km", 1, 1.609344),
    ],
)
def test_units_are_those_of_the_textbook(unit, to, given, expected):
    shift, factor = conversion(unit, to)
    assert (given - shift) * factor == pytest.approx(expected, rel=1e-5)


def test_the_daily_tables_own_unit_changes_nothing():
    for known in CONVERSIONS.values():
        assert next(iter(known.values())) == (0, 1)


@pytest.mark.parametrize("station", ["Seattle", "New York"])
@pytest.mark.parametrize(("element", "unit"), [("temperature", "degF"), ("precipitation", "inch")])
def test_a_table_in_american_units_is_refused_with_the_mend(station, element, unit, tmp_path):
    days = WEATHER.filter(pl.col("station") == station)
    heat = pl.col("temperature_max", "temperature_min")
    other = (heat * 1.8 + 32).round(1) if element == "temperature" else (pl.col(element) / 25.4).round(2)
    days.with_columns(other).write_csv(tmp_path / "file.csv")
    with pytest.raises(DataError, match=r"data\.units"):
        CsvData(path=f"{tmp_path / 'file.csv'}").load()
    units = {name: unit for name in days.columns if name.startswith(element)}
    found = CsvData(path=f"{tmp_path / 'file.csv'}", units=units).load().observations.table
    for name in units:
        assert (found[name] - days[name]).abs().max() < 0.13  # they were rounded


def test_a_cool_table_in_fahrenheit_is_seen_by_its_extremes():
    """All of it can be °C on earth, and the day's range cannot."""
    high = pl.Series([10 + 0.2 * day for day in range(200)])
    table = pl.DataFrame(
        {"station": "Peak", "temperature_max": high, "temperature_min": high - 26, "precipitation": 0.0}
    )
    assert "26 °C apart" in suspected(table)[0]
    assert not suspected(table, ["temperature_max"])
    assert not suspected(table.with_columns(temperature_min=high - 24))


def test_real_tables_are_not_suspected():
    for file in ("weather.csv", "netherlands.parquet"):
        assert suspected(read_table(DATA / file)) == []


@pytest.mark.parametrize(("mm", "share"), [(3.0, 0.05), (3.0, 0.9), (1.2, 0.3)])
def test_a_desert_and_a_drizzle_in_mm_are_not_suspected(mm, share):
    rain = [mm + 0.01 * (day % 7) if day % 100 < 100 * share else 0.0 for day in range(1000)]
    table = pl.DataFrame({"station": "A", "temperature_max": 25.0, "temperature_min": 15.0, "precipitation": rain})
    assert suspected(table) == []
    inches = table.with_columns((pl.col("precipitation") / 25.4).round(2))
    assert bool(suspected(inches)) == (share > 0.1)  # what is rarely wet may be a desert
