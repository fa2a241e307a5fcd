"""The lists of stations, and finding one in them."""

import math

import polars as pl
import pytest

from stratus.data.ghcn.stations import EARTH_RADIUS, distance_km, read_inventory, read_stations, search
from stratus.errors import DataError

DEGREE = 2 * math.pi * EARTH_RADIUS / 360  # of a great circle, in km

# Laid out by the columns of NOAA's readme.txt, sections IV and VII.
STATIONS = """\
CA006158355  43.6667  -79.4000  112.5 ON TORONTO
GME00127786  52.4667   13.4000 -999.9    BERLIN TEMPELHOF                  10384
USW00012960  29.9800  -95.3600   29.0 TX HOUSTON INTERCONT AP              72243
USW00013904  30.1831  -97.6800  146.6 TX AUSTIN BERGSTROM AP               72254
USW00013958  30.3208  -97.7603  204.2 TX AUSTIN-CAMP MABRY                 72254
USC00410433  30.2500  -97.7000  138.1 TX AUSTIN MONTOPOLIS
"""
PERIODS = {
    "GME00127786": {"TMAX": (1876, 2025), "TMIN": (1876, 2025), "PRCP": (1948, 2020)},
    "USW00012960": {"TMAX": (1969, 2025), "TMIN": (1969, 2025), "PRCP": (1969, 2025), "WT05": (1970, 2018)},
    "USW00013904": {"TMAX": (1942, 2025), "TMIN": (1942, 2025), "PRCP": (1942, 2025), "SNOW": (1948, 1996)},
    "USW00013958": {"TMAX": (1938, 2025), "TMIN": (1938, 2025), "PRCP": (1938, 2025), "SNWD": (1948, 2025)},
    "USC00410433": {"PRCP": (1990, 2001), "DAPR": (1991, 1993)},
}
INVENTORY = "".join(
    f"{station}  30.0000  -97.0000 {element} {first} {last}\n"
    for station, periods in PERIODS.items()
    for element, (first, last) in periods.items()
)


def written(folder, content):
    path = folder / "list.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.fixture(name="lists")
def read_lists(tmp_path):
    return read_stations(written(tmp_path, STATIONS)), read_inventory(written(tmp_path, INVENTORY))


def ids(table):
    return table["id"].to_list()


# --- reading


def test_a_line_becomes_a_row_with_nothing_where_nothing_is_known(lists):
    stations, inventory = lists
    assert stations.columns == ["id", "latitude", "longitude", "elevation", "state", "name"]
    assert stations.rows()[1:4:2] == [
        ("GME00127786", 52.4667, 13.4, None, None, "BERLIN TEMPELHOF"),
        ("USW00013904", 30.1831, -97.68, 146.6, "TX", "AUSTIN BERGSTROM AP"),
    ]
    assert inventory.row(-1) == ("USC00410433", 30.0, -97.0, "DAPR", 1991, 1993)


def test_line_ends_of_windows_empty_lines_and_names_in_any_encoding_are_read(tmp_path):
    content = STATIONS.replace("\n", "\r\n\r\n").replace("BERLIN", "BÄRLIN").encode("latin-1")
    stations = read_stations(written(tmp_path, content))
    assert stations.height == 6
    assert stations["name"][1].endswith("RLIN TEMPELHOF")
    assert stations["name"][0] == "TORONTO"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("USW00012960", "USW0001296o", "line 3, id: 'USW0001296o'; expected a station's eleven characters"),
        ("29.9800", "99.9800", "line 3, latitude: '99.9800'; expected degrees between -90 and 90"),
        (" -95.3600", "-195.3600", "line 3, longitude: '-195.3600'; expected degrees between -180 and 180"),
        ("   29.0 TX", "        TX", "line 3, elevation: ''; expected metres, or -999.9"),
        (" TX HOUSTON", "TX HOUSTON", "line 3: columns out of place; expected blanks between them"),
        ("USW00012960  29.9800", "USW00012960,29.9800", "line 3: columns out of place; expected blanks between them"),
    ],
)
def test_a_broken_line_of_stations_is_named(tmp_path, old, new, message):
    path = written(tmp_path, STATIONS.replace(old, new))
    with pytest.raises(DataError) as caught:
        read_stations(path)
    assert str(caught.value).startswith(f"{path}, {message}")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("TMIN 1876", "Tmin 1876", "line 2, element: 'Tmin'; expected an element's four characters"),
        ("TMIN 1876", "TMIN 187.", "line 2, first: '187.'; expected a year"),
        ("PRCP 1948 2020", "PRCP 1948", "line 3, last: ''; expected a year"),
    ],
)
def test_a_broken_line_of_the_inventory_is_named(tmp_path, old, new, message):
    path = written(tmp_path, INVENTORY.replace(old, new))
    with pytest.raises(DataError) as caught:
        read_inventory(path)
    assert str(caught.value) == f"{path}, {message}"


def test_a_file_that_is_empty_or_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match="the file is empty"):
        read_stations(written(tmp_path, "\n"))
    with pytest.raises(DataError, match="not a file"):
        read_inventory(tmp_path)


# --- distance


@pytest.mark.parametrize(
    ("here", "there", "km"),
    [
        ((0, 0), (1, 0), DEGREE),
        ((30, -97), (31, -97), DEGREE),
        ((0, 0), (0, 1), DEGREE),
        ((0, 179.5), (0, -179.5), DEGREE),
        ((60, 0), (60, 180), 60 * DEGREE),  # over the pole
        ((0, 10), (90, 0), 90 * DEGREE),
        ((30, 20), (-30, -160), 180 * DEGREE),
        ((30, 20), (30, 20), 0),
    ],
)
def test_distances_are_those_of_the_great_circle(here, there, km):
    table = pl.DataFrame({"latitude": [there[0]], "longitude": [there[1]]}, strict=False)
    assert table.select(distance_km(*here)).item() == pytest.approx(km, abs=1e-4)


def test_a_degree_is_111_kilometres_and_a_quarter_of_a_meridian_ten_thousand():
    assert pytest.approx(111.195, abs=5e-4) == DEGREE
    assert pytest.approx(10007.557, abs=5e-4) == 90 * DEGREE


# --- finding


def test_near_a_place_the_nearest_comes_first(lists):
    found = search(*lists, near=(30.27, -97.74), within_km=60)
    assert ids(found) == ["USC00410433", "USW00013958", "USW00013904"]
    north, east = 30.3208 - 30.27, (-97.7603 + 97.74) * math.cos(math.radians(30.295))  # on so short a way a plane
    assert found["distance_km"][1] == pytest.approx(DEGREE * math.hypot(north, east), rel=1e-4)
    assert found.columns == [
        "id", "name", "state", "latitude", "longitude", "elevation", "distance_km", "first", "last", "elements",
    ]  # fmt: skip


def test_without_a_place_the_order_is_that_of_the_names(lists):
    found = search(*lists)
    assert "distance_km" not in found.columns
    assert found["name"].to_list() == sorted(lists[0]["name"])


def test_all_words_of_a_name_are_looked_for_in_any_case(lists):
    assert ids(search(*lists, name="austin")) == ["USW00013904", "USC00410433", "USW00013958"]
    assert ids(search(*lists, name="ap Austin")) == ["USW00013904"]
    assert ids(search(*lists, name="(")) == []


def test_the_years_are_those_that_the_elements_have_in_common(lists):
    found = {row["id"]: (row["first"], row["last"]) for row in search(*lists).to_dicts()}
    assert found["GME00127786"] == (1948, 2020)
    assert found["USC00410433"] == (1990, 2001)  # of precipitation, all that it has
    assert found["CA006158355"] == (None, None)
    (snowy,) = search(*lists, elements=["tmax", "SNOW"]).to_dicts()
    assert (snowy["id"], snowy["first"], snowy["last"]) == ("USW00013904", 1948, 1996)


def test_elements_that_were_never_measured_together_are_no_record(lists):
    stations, inventory = lists
    apart = inventory.with_columns(pl.when(pl.col("element") == "SNOW").then(1941).otherwise("last").alias("last"))
    assert search(stations, apart, elements=["TMAX", "SNOW"]).is_empty()


def test_the_elements_of_use_and_those_asked_for_are_listed(lists):
    listed = dict(search(*lists).select("id", "elements").rows())
    assert listed["USW00012960"] == "TMAX TMIN PRCP WT05"
    assert listed["USC00410433"] == "PRCP"
    assert search(*lists, elements=["DAPR"])["elements"].to_list() == ["PRCP DAPR"]


def test_years_have_to_be_covered(lists):
    assert ids(search(*lists, years=(1950, 2020))) == ["USW00013904", "USW00013958", "GME00127786"]
    assert ids(search(*lists, years=(1940, 2025))) == ["USW00013958"]
    assert ids(search(*lists, years=(1950, 1990), elements=["SNOW"])) == ["USW00013904"]


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ({"near": (91, 0)}, "near 91,0: expected a latitude"),
        ({"near": (0, math.nan)}, "near 0,nan: expected a latitude"),
        ({"within_km": 60}, "within 60 km: expected a distance of at least 0 and a place"),
        ({"near": (0, 0), "within_km": -1}, "within -1 km"),
        ({"years": (2020, 1990)}, "years 2020 to 1990: expected the earlier one first"),
        ({"elements": ["HAIL"]}, "no station measured HAIL; expected elements such as TMAX, TMIN, PRCP"),
    ],
)
def test_a_condition_that_cannot_hold_is_refused(lists, condition, message):
    with pytest.raises(DataError) as caught:
        search(*lists, **condition)
    assert str(caught.value).startswith(message)
