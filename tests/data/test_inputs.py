"""Inputs as columns: those of neighbours are what stands in the neighbours' own rows."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from stratus.data.inputs import nearest
from stratus.data.recipe import Recipe
from stratus.data.samples import assemble
from stratus.errors import DataError

PLACES = {
    "Utrecht": (52.1, 5.1),
    "Amsterdam": (52.4, 4.9),
    "Berlin": (52.5, 13.4),
    "Suva": (-18.1, 178.4),
    "Apia": (-13.8, -171.8),
}
FIRST = date(2020, 1, 1)


@pytest.fixture
def table():
    """Five stations, a day less of each that follows; the pressure tells which row it is of."""
    rows = [
        {"station": name, "date": FIRST + timedelta(day), "pressure": 1000.0 + 10 * number + day, "precipitation": 0.0}
        for number, name in enumerate(PLACES)
        for day in range(8 - number)
    ]
    where = pl.DataFrame(
        [(name, *place) for name, place in PLACES.items()], ["station", "latitude", "longitude"], orient="row"
    )
    extremes = {"temperature_max": pl.lit(1.0), "temperature_min": pl.lit(0.0), "weather": pl.lit(None, pl.String)}
    return pl.DataFrame(rows).join(where, on="station").with_columns(**extremes).sort("station", "date")


def test_the_nearest_are_near_across_the_date_line_too(table):
    found = nearest(table, 2)
    assert found["Utrecht"] == ["Amsterdam", "Berlin"]
    assert found["Suva"][0] == "Apia"
    assert found["Apia"][0] == "Suva"
    assert {len(one) for one in nearest(table, 9).values()} == {4}


@pytest.mark.parametrize("lead", [1, 2])
def test_a_neighbour_s_input_is_its_value_of_the_last_known_day(table, lead):
    recipe = Recipe("rain", {"neighbours": {"elements": ["pressure"], "k": 2}}, lead, missing="mean")
    samples, inputs, _ = assemble(table, recipe)
    assert [one.name for one in inputs] == [f"pressure d-{lead} at neighbour {j}" for j in (1, 2)]
    known = {(row["station"], row["date"]): row["pressure"] for row in table.iter_rows(named=True)}
    for name, near in (("Utrecht", ["Amsterdam", "Berlin"]), ("Amsterdam", ["Utrecht", "Berlin"])):
        rows = samples.stations == name
        for day, x in zip(samples.dates[rows], samples.x[rows], strict=True):
            expected = [known.get((one, day.item() - timedelta(lead)), np.nan) for one in near]
            np.testing.assert_array_equal(x, expected)


def test_side_by_side_each_station_is_told_of_all_once(table):
    sets = {"station": {"elements": ["pressure"]}, "neighbours": {"elements": ["pressure"], "k": 3}}
    _, inputs, _ = assemble(table, Recipe("rain_by_station", sets, 1))
    assert sorted(one.name for one in inputs) == sorted(f"{name} pressure d-1" for name in PLACES)


def test_stations_of_unknown_places_are_told(table):
    recipe = Recipe("rain", {"neighbours": {"elements": ["pressure"]}}, 1)
    for broken in (
        table.drop("latitude"),
        table.with_columns(longitude=pl.when(pl.col("station") != "Suva").then("longitude")),
    ):
        with pytest.raises(DataError, match="give the table the columns latitude and longitude"):
            assemble(broken, recipe)
