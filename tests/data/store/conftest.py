"""A small network of stations as by-year files, written by hand from the format's description."""

import gzip
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from stratus.data.store.build import build

YEARS = (2009, 2010, 2011, 2012)
STATIONS = [f"{country}W000{number:05}" for country in ("US", "GM", "AS") for number in (7, 113, 2904, 31415)]


def network():
    """What was measured: station, day, element and value in the file's own units; Austin's winter is wet."""
    chance = np.random.default_rng(0)
    for place, station in enumerate(STATIONS):
        wet = False
        for year in YEARS:
            for number in range(366 if year == 2012 else 365):
                day = date(year, 1, 1) + timedelta(days=number)
                season = 100 * np.cos(2 * np.pi * (number - 200) / 365)
                low = round(float(season + 20 * place + 40 * chance.normal()))
                wet = chance.random() < (0.6 if wet else 0.2)
                yield station, day, "TMAX", low + int(chance.integers(1, 120))
                yield station, day, "TMIN", low
                yield station, day, "PRCP", int(chance.integers(3, 300)) if wet else 0
                if wet and low < -40:
                    yield station, day, "SNOW", 20
                if chance.random() < 0.02:
                    yield station, day, "SNWD", 5
                if year == 2011 and place < 2:  # so that parts differ in their columns
                    yield station, day, "ASLP", 10132 + number
                yield station, day, "PSUN", 50  # of no use to the daily table


VALUES = list(network())


def write(folder):
    """Writes 2009.csv to 2012.csv, the second one gzipped and the last one as the bucket's Parquet."""
    folder.mkdir()
    for year in YEARS:
        here = [one for one in VALUES if one[1].year == year]
        here.sort(key=lambda one: (one[1], one[0]))  # as published: day by day
        text = "".join(f"{station},{day:%Y%m%d},{element},{value},,,S,\n" for station, day, element, value in here)
        if year == 2010:
            (folder / f"{year}.csv.gz").write_bytes(gzip.compress(text.encode()))
        elif year < 2012:
            (folder / f"{year}.csv").write_text(text)
        else:
            for element in ("TMAX", "TMIN", "PRCP", "SNOW", "SNWD"):
                place = folder / f"YEAR={year}" / f"ELEMENT={element}"
                place.mkdir(parents=True)
                rows = [(s, f"{day:%Y%m%d}", v, None, None, "S", None) for s, day, e, v in here if e == element]
                names = ["ID", "DATE", "DATA_VALUE", "M_FLAG", "Q_FLAG", "S_FLAG", "OBS_TIME"]
                schema = {name: pl.Int64 if name == "DATA_VALUE" else pl.String for name in names}
                pl.DataFrame(rows, schema, orient="row").write_parquet(place / "part-0.snappy.parquet")


@pytest.fixture(scope="session")
def sources(once):
    """The network's four sources, a year each."""
    by_year = once("by_year", write)
    return [by_year / "2009.csv", by_year / "2010.csv.gz", by_year / "2011.csv", by_year / "YEAR=2012"]


@pytest.fixture(scope="session")
def built(once, sources):
    """The store of all four; to be changed in a copy only."""
    return once("store", lambda folder: build(sources, folder))


@pytest.fixture(scope="session")
def truth():
    """The daily table, counted from the values themselves."""
    days = {}
    for station, day, element, value in VALUES:
        days.setdefault((station, day), {})[element] = value
    rows = [
        (
            *key,
            day["TMAX"] / 10,
            day["TMIN"] / 10,
            day["PRCP"] / 10,
            float(day["SNOW"]) if "SNOW" in day else None,
            day["ASLP"] / 10 if "ASLP" in day else None,
            float(day["SNWD"]) if "SNWD" in day else None,
            "snow" if day.get("SNOW") else "rain" if day["PRCP"] else "sun",
        )
        for key, day in days.items()
    ]
    names = ["station", "date", "temperature_max", "temperature_min", "precipitation", "snowfall"]
    names += ["pressure", "snow_depth", "weather"]
    table = pl.DataFrame(rows, names, orient="row", infer_schema_length=None).sort("station", "date")
    return table.select(*names[:6], "weather", "pressure", "snow_depth")
