"""A store holds the network's daily table, whatever broke its building off on the way."""

import gzip
import json
import os
import re
import resource
import shlex
import shutil
from datetime import date, timedelta

import polars as pl
import pytest
from filelock import FileLock
from polars.testing import assert_frame_equal

from stratus.cli import main
from stratus.data.ghcn.daily import read_files
from stratus.data.store import build as building
from stratus.data.store.build import build
from stratus.data.store.manifest import Manifest
from stratus.data.store.read import open_store
from stratus.errors import DataError


def table(folder):
    return open_store(folder).table().drop("wind")


class BrokenOff(Exception):
    pass


def breaking(after):
    """Tells nobody, and breaks off after so many steps."""
    steps = iter(range(after))

    def tell(line):
        if next(steps, None) is None:
            raise BrokenOff

    return tell


def test_a_store_is_the_daily_table_of_its_sources(built, truth):
    manifest = Manifest.read(built)
    assert_frame_equal(table(built), truth)
    assert (manifest.days, manifest.stations) == (truth.height, 12)
    assert manifest.classes == ["rain", "snow", "sun"]
    assert manifest.years == [2009, 2010, 2011, 2012]
    assert not (built / "unfinished").exists()


def test_values_that_do_not_fit_memory_go_to_the_disk_in_turns(sources, truth, tmp_path, monkeypatch):
    monkeypatch.setattr(building, "HELD", 1000)
    build(sources, tmp_path / "store")
    assert_frame_equal(table(tmp_path / "store"), truth)


@pytest.mark.parametrize("after", range(0, 8, 2))
def test_a_building_broken_off_is_taken_up_where_it_was(sources, truth, tmp_path, after):
    with pytest.raises(BrokenOff):
        build(sources, tmp_path / "store", tell=breaking(after))
    with pytest.raises(DataError, match="broken off"):
        open_store(tmp_path / "store")
    told = []
    build(sources, tmp_path / "store", tell=told.append)
    assert_frame_equal(table(tmp_path / "store"), truth)
    assert sum("values" in line for line in told) == max(0, 8 - after - 1)  # those read before are not read again


@pytest.mark.parametrize("size", [300, 3000])
def test_a_disk_without_room_is_said_and_building_goes_on(sources, truth, tmp_path, size):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        with pytest.raises(DataError, match=r"cannot write the store .*File too large"):
            build(sources, tmp_path / "store")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    build(sources, tmp_path / "store")
    assert_frame_equal(table(tmp_path / "store"), truth)


@pytest.mark.parametrize("left", ["no plan", "a plan that is done"])
def test_what_a_build_left_that_was_killed_while_it_tidied_up_is_removed(sources, truth, tmp_path, left):
    store = tmp_path / "store"
    build(sources[:2], store)
    (store / "unfinished" / "2011" / "7").mkdir(parents=True)
    (store / "unfinished" / "0.done").write_text("")
    (store / ".123.store.json").write_text("{")
    if left != "no plan":
        said = {"sources": [{"file": str(sources[0].resolve())}], "ice_pellets": False}
        (store / "unfinished" / "plan.json").write_text(json.dumps(said))
    build(sources, store)
    assert_frame_equal(table(store), truth)
    assert not [path for path in store.iterdir() if path.name == "unfinished" or "123" in path.name]


def test_parts_of_an_abandoned_build_are_not_taken_for_one_s_own(sources, truth, tmp_path):
    store, other = tmp_path / "store", tmp_path / "2009.csv"
    first = sources[0].read_text().splitlines(keepends=True)
    other.write_text("".join(first[: len(first) // 2]))
    with pytest.raises(BrokenOff):
        build([other, sources[1]], store, tell=breaking(3))
    assert list(store.glob("year=2009/*"))
    shutil.rmtree(store / "unfinished")
    build(sources, store)
    assert_frame_equal(table(store), truth)


def test_a_second_build_waits_for_the_first(sources, truth, tmp_path):
    store, told = tmp_path / "store", []
    store.mkdir()
    first = FileLock(store / ".lock", thread_local=False)
    first.acquire()

    def tell(line):
        told.append(line)
        if "waiting" in line:
            first.release()

    build(sources, store, tell=tell)
    assert "waiting for another build to end" in told[0]
    assert_frame_equal(table(store), truth)


def test_years_are_added(sources, truth, tmp_path):
    build(sources[:2], tmp_path / "store")
    assert_frame_equal(table(tmp_path / "store"), truth.filter(pl.col("date").dt.year() < 2011).drop("pressure"))
    build(sources, tmp_path / "store")
    assert_frame_equal(table(tmp_path / "store"), truth)


def test_building_again_changes_nothing(built, sources, tmp_path):
    shutil.copytree(built, tmp_path / "store")
    files = {file: file.stat().st_mtime_ns for file in (tmp_path / "store").rglob("*.parquet")}
    assert build(sources, tmp_path / "store") == Manifest.read(built)
    assert {file: file.stat().st_mtime_ns for file in (tmp_path / "store").rglob("*.parquet")} == files


def test_a_source_that_has_changed_since_is_refused_and_one_only_written_again_is_not(sources, tmp_path):
    source, store = tmp_path / "2009.csv", tmp_path / "store"
    shutil.copy(sources[0], source)
    before = build([source], store)
    source.write_bytes(source.read_bytes())
    os.utime(source, ns=(1, 1))
    assert build([source], store) == before
    for text in (source.read_text().replace("TMAX,1", "TMAX,2", 1), source.read_text() + "\n"):
        source.write_text(text)
        with pytest.raises(DataError, match=r"2009\.csv is not the file that .* was built from: build another store"):
            build([source], store)
    assert Manifest.read(store) == before


def test_a_year_given_twice_is_refused_and_the_store_stays(built, sources, truth, tmp_path):
    shutil.copytree(built, tmp_path / "store")
    again = tmp_path / "again.csv"
    shutil.copy(sources[0], again)
    with pytest.raises(DataError, match="holds 2009 already"):
        build([again], tmp_path / "store")
    assert_frame_equal(table(tmp_path / "store"), truth)


def faulty(folder, shift):
    """A year of by-year values in two files, with quality flags, impossible values, traces and a shift of TMAX."""
    files = [folder / "2010.csv", folder / "2011.csv"]
    for file in files:
        rows = []
        for k in range(365):
            day = f"{date(int(file.stem), 1, 1) + timedelta(days=k):%Y%m%d}"
            for station in ("USW00013904", "GME00102380"):
                high = 9000 if k == 7 else 200 + k % 30 + shift
                rows += [f"{station},{day},TMAX,{high},,{'I' * (k % 50 == 3)},S,", f"{station},{day},TMIN,100,,,S,"]
                rows += [f"{station},{day},PRCP,0,T,{'X' * (k % 100 == 5)},S,", f"{station},{day},WT16,1,,I,X,"]
        file.write_text("\n".join(rows) + "\n")
    return files


def test_what_is_dropped_is_counted_as_it_is_of_files(tmp_path):
    files = faulty(tmp_path, 0)
    table, dropped, _ = read_files(files)
    for held in (files, files[:1]):  # in one go, or a year after the other
        build(held, tmp_path / f"{len(held)}")
    assert build(files, tmp_path / "1").dropped == build(files, tmp_path / "2").dropped == dropped
    assert dropped["failed a quality check"] == 2 * 2 * (8 + 4)
    assert dropped["impossible"] == 2 * 2
    assert_frame_equal(open_store(tmp_path / "1").table(), table)


def test_a_table_in_other_units_is_refused_as_files_are_and_nothing_of_it_is_left(sources, truth, tmp_path):
    other = faulty(tmp_path, 500)  # as if 68 °F and more were °C
    with pytest.raises(DataError) as of_files:
        read_files(other)
    said = r".*2010\.csv, .*2011\.csv: 14\d\d of \d+ values cannot be °C, .*; give .*"
    assert re.fullmatch(said, str(of_files.value))
    store = tmp_path / "store"
    for added in (True, False):
        if added:
            build([sources[0], sources[3]], store)
        with pytest.raises(DataError) as of_store:
            build(other, store)
        assert str(of_store.value) == str(of_files.value)
        assert not list(store.glob("year=201[01]/*"))
        assert not (store / "unfinished").exists()
        if added:
            assert_frame_equal(
                table(store), truth.filter(pl.col("date").dt.year().is_in([2009, 2012])).drop("pressure")
            )
            shutil.rmtree(store)


def test_an_unfinished_store_of_other_sources_is_refused(sources, tmp_path):
    with pytest.raises(BrokenOff):
        build(sources, tmp_path / "store", tell=breaking(1))
    with pytest.raises(DataError, match="other sources"):
        build(sources[:1], tmp_path / "store")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"USW00013904,20170201,TMAX,239,,,W,\nUSW00013904,20170202,TMAX,x,,,W,\n", "line 2, value: 'x'"),
        (b"USW00013904,20170201,TMAX,239,,,W,\nUSW00013904,2017020", "line 2"),
        (gzip.compress(b"USW00013904,20170201,TMAX,239,,,W,\n" * 900)[:-9], "cannot be read"),
        (b"hello\n", "no known layout"),
        (b"PAR1 and no more", "not a readable Parquet file"),
    ],
)
def test_a_broken_source_is_said_in_one_line(tmp_path, capsys, content, said):
    (tmp_path / "2017.csv").write_bytes(content)
    assert main(["store", "build", str(tmp_path / "2017.csv"), "--to", str(tmp_path / "store")]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "2017.csv" in line
    assert said in line


def test_a_missing_source_and_an_empty_folder_are_said(tmp_path):
    for source, said in ((tmp_path / "none.csv", "no such file"), (tmp_path, "no Parquet file")):
        with pytest.raises(DataError, match=said):
            build([source], tmp_path / "store")


def test_the_command_says_what_the_store_holds(sources, tmp_path, capsys):
    assert main(["store", "build", *map(str, sources), "--to", str(tmp_path / "store")]) == 0
    assert "17,532 days of 12 stations, 2009 to 2012" in capsys.readouterr().out


def test_ctrl_c_says_what_is_kept_of_a_building_and_it_is_taken_up_again(sources, truth, tmp_path, capsys, monkeypatch):
    def interrupted(*given, **named):
        raise KeyboardInterrupt

    ask = ["store", "build", *map(str, sources), "--to", str(tmp_path / "store")]
    with monkeypatch.context() as keys:
        keys.setattr(building, "daily", interrupted)
        assert main(ask) == 130
    kept, mend = capsys.readouterr().err.splitlines()
    files = sum(len([*one.rglob("*.parquet")]) if one.is_dir() else 1 for one in sources)
    assert kept == f"stopped: {files} of {files} files read, kept in {tmp_path / 'store'}"
    assert mend.startswith("this goes on: ")
    assert mend.endswith(shlex.join(ask))
    assert main(ask) == 0
    assert_frame_equal(table(tmp_path / "store"), truth)
