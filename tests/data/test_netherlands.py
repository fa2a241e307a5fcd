"""The Dutch table that ships: what the README says of it, and what its makers' files hold."""

import importlib.util
from datetime import date
from pathlib import Path

import knmi
import polars as pl
import pytest
from omegaconf import OmegaConf
from polars.testing import assert_frame_equal

from stratus.data.daily_table import read_table
from stratus.files import sha256

ROOT = Path(__file__).parents[2]
FILE = ROOT / "data/netherlands.parquet"
README = (
    (ROOT / "data/README.md").read_text(encoding="utf-8").partition("## The Netherlands\n")[2].partition("\n## ")[0]
)


@pytest.fixture(scope="module")
def table():
    return read_table(FILE)


def rows(first):
    """The README's table whose header begins with some words, as cells."""
    lines = README[README.index(f"| {first} |") :].split("\n\n")[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in (lines[0], *lines[2:])]


def test_the_readme_names_its_hash_and_it_is_small():
    assert sha256(FILE) in README
    assert FILE.stat().st_size < 5_000_000


def test_the_readme_counts_its_days_and_classes(table):
    (_, *classes), *counted = rows("station")
    kinds = {
        (key["station"], key["weather"]): count
        for key, count in table.group_by("station", "weather")
        .len()
        .select(pl.struct("station", "weather"), "len")
        .iter_rows()
    }
    days = dict(table.group_by("station").len().iter_rows())
    assert {name for name, *_ in counted} == set(days)
    for name, *said in counted:
        given = dict(zip(classes, (int(one.replace(",", "")) for one in said), strict=True))
        assert given.pop("days") == days[name]
        assert given == {kind: kinds.get((name, kind), 0) for kind in ("rain", "fog", "sun", "cloud")}


def test_the_readme_counts_its_missing_values(table):
    (_, *stations), *counted = rows("missing")
    elements = {name for name in table.columns if name not in ("station", "date", "weather", "snowfall")}
    missing = {row["station"]: row for row in table.group_by("station").agg(pl.all().null_count()).to_dicts()}
    said = {name: values for names, *values in counted for name in names.replace("`", "").split(", ")}
    assert said.keys() == {name for name in elements if any(missing[station][name] for station in missing)}
    for name, values in said.items():
        given = [int(one.replace(",", "") or 0) for one in values]
        assert given == [missing[station][name] for station in stations]


@pytest.mark.parametrize("name", ["netherlands", "hoogeveen"])
def test_its_choices_name_stations_that_reach_to_its_end(table, name):
    file = OmegaConf.load(ROOT / f"conf/data/{name}.yaml")
    chosen = file.get("data", file)
    last = table.group_by("station").agg(pl.col("date").max(), pl.col("precipitation", "wind").null_count())
    kept = last.filter(pl.col("station").is_in(list(chosen.stations)))
    assert kept.height == len(chosen.stations)
    assert kept["date"].to_list() == [date(2026, 6, 25)] * kept.height
    assert kept["precipitation"].max() <= 4
    assert kept["wind"].max() <= 22


@knmi.needed
def test_building_from_the_makers_files_gives_the_shipped_table(table):
    spec = importlib.util.spec_from_file_location("build_netherlands", ROOT / "data/build_netherlands.py")
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    assert_frame_equal(
        build.netherlands(knmi.FILES), table.drop("snowfall"), check_exact=True, check_column_order=False
    )
