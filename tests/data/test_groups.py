"""Which inputs belong together, said here by hand."""

import pytest

from stratus.data.elements import ELEMENTS
from stratus.data.groups import groups
from stratus.data.recipe import Recipe

EXPECTED = {
    "temperature": {"temperature_max d-1", "temperature_max d-1 × cos 1/year", "temperature_max d-1 × sin 1/year"},
    "rain and snow": {
        f"{one} d-1{turn}" for one in ("precipitation", "wet") for turn in ("", " × cos 1/year", " × sin 1/year")
    },
    "soil": {"soil d-1", "soil d-1 × cos 1/year", "soil d-1 × sin 1/year"},
    "season": {"cos 1/year", "sin 1/year"},
}
EXPECTED["seasonal turning"] = {name for names in EXPECTED.values() for name in names if "×" in name}
ELEMENTS_ASKED = ["temperature_max", "precipitation", "soil"]


def recipe(target, *sets):
    features = {one: {"elements": ELEMENTS_ASKED} for one in sets} | {"harmonics": {"k": 1}}
    return Recipe(target, features, 1, seasonal=True, own={"soil": "%"})


def named(asked, outputs):
    names = [one.name for one in asked.inputs_for(outputs)]
    return {
        group: [{name for name, so in zip(names, row, strict=True) if so} for row in mask]
        for group, mask in groups(asked, outputs).items()
    }


def test_elements_go_by_what_they_tell_an_own_one_by_its_name_and_turning_weights_by_both():
    assert named(recipe("rain", "station"), ["rain"]) == {name: [inputs] for name, inputs in EXPECTED.items()}


def test_what_neighbours_measured_is_theirs_and_of_its_element():
    found = named(recipe("rain", "station", "neighbours"), ["rain"])
    (theirs,) = found["the neighbours"]
    assert len(theirs) == 5 * (3 + 1) * 3  # stations, elements and wet, and each turned twice
    assert all("neighbour" in name for name in theirs)
    assert {name for name in found["soil"][0] if name not in theirs} == EXPECTED["soil"]


def test_of_each_station_all_that_others_measured_is_elsewhere():
    found = named(recipe("rain_by_station", "station"), ["Oslo", "Bergen"])
    assert all(name.startswith("Bergen") for name in found["the other stations"][0])
    assert [len(row) for row in found["the other stations"]] == [12, 12]
    assert found["season"] == [EXPECTED["season"]] * 2
    assert found["soil"][0] == {f"{at} {name}" for at in ("Oslo", "Bergen") for name in EXPECTED["soil"]}


@pytest.mark.parametrize("name", ELEMENTS)
def test_every_element_s_unit_is_one_that_its_group_can_have(name):
    units = {
        "temperature": {"°C"}, "humidity": {"°C", "%", "km"}, "pressure": {"hPa"}, "wind": {"m/s"},
        "rain and snow": {"mm", "h"}, "sun and cloud": {"h", "MJ/m²", "octas", "%", "mm"}, "place": {"°"},
    }  # fmt: skip
    assert ELEMENTS[name].unit in units[ELEMENTS[name].group]
