"""A store that is not what was built is noticed: by the command, when it is opened, and before a part is read."""

import json
import os
import random
import shutil
from datetime import date

import polars as pl
import pytest

from stratus.cli import main
from stratus.data.store.build import build
from stratus.data.store.read import open_store
from stratus.errors import DataError


@pytest.fixture(scope="module")
def built(sources, tmp_path_factory):
    folder = tmp_path_factory.mktemp("built") / "network"
    build(sources[:2], folder)
    return folder


@pytest.fixture
def store(built, tmp_path):
    return shutil.copytree(built, tmp_path / "network")


def parts(store):
    return sorted(store.glob("year=*/*"))


def refused(store, capsys):
    assert main(["store", "check", str(store)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_a_store_as_it_was_built_is_said_to_be(built, capsys):
    assert main(["store", "check", str(built)]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert f"8,760 days of 12 stations, 2009 to 2010; all {len(parts(built))} parts are as they were built" in line


def test_the_manifest_counts_what_is_in_the_files(built):
    said = json.loads((built / "store.json").read_text())["parts"]
    counted = {str(file.relative_to(built)): len(pl.read_parquet(file)) for file in parts(built)}
    assert {f"year={one['year']}/bucket={one['bucket']:02}.parquet": one["rows"] for one in said} == counted
    assert sum(counted.values()) == 2 * 12 * 365


@pytest.mark.parametrize(
    "how",
    [
        "missing",
        "short",
        "long",
        "a terabyte",
        "a pipe",
        "a folder",
        "a link to nothing",
        "a link to itself",
        "a link to a device without end",
    ],
)
def test_a_part_that_is_not_there_is_noticed_when_a_store_is_opened(store, capsys, how):
    part = parts(store)[3]
    content = part.read_bytes()
    part.unlink()
    if how == "short":
        part.write_bytes(content[:-1])
    elif how == "long":
        part.write_bytes(content + b"x")
    elif how == "a terabyte":
        huge(part)()
    elif how == "a pipe":
        os.mkfifo(part)
    elif how == "a folder":
        part.mkdir()
    elif "link" in how:
        part.symlink_to({"nothing": "nowhere", "itself": part}.get(how.rpartition(" ")[2], "/dev/zero"))
    with pytest.raises(DataError, match=str(part.relative_to(store))):
        open_store(store)
    assert str(part) in refused(store, capsys)
    other = open_store(store, stations_without(store, part))  # what does not need it can be read
    assert other.table().height == 2 * 365 * len(other.stations)


def stations_without(store, part):
    bucket = int(part.stem.partition("=")[2])
    (file,) = store.glob("index-*.parquet")
    index = pl.read_parquet(file)
    return index.filter(pl.col("bucket") != bucket)["station"].unique().to_list()


@pytest.mark.parametrize("how", ["a bit", "noise"])
def test_a_part_with_another_content_is_noticed_before_it_is_read(store, capsys, how):
    part = parts(store)[0]
    content = bytearray(part.read_bytes())
    content[len(content) // 2] ^= 1
    part.write_bytes(content if how == "a bit" else random.Random(0).randbytes(len(content)))
    found = open_store(store)
    with pytest.raises(DataError, match="checksum"):
        found.table()
    assert str(part) in refused(store, capsys)


def test_a_part_in_the_place_of_another_is_noticed(store, capsys):
    first, second = parts(store)[:2]
    between = first.with_name("between")
    for source, target in ((first, between), (second, first), (between, second)):
        source.rename(target)
    with pytest.raises(DataError):
        open_store(store).table()
    assert str(first) in refused(store, capsys)


def test_a_file_that_belongs_to_no_store_is_told(store, capsys):
    shutil.copy(parts(store)[0], store / "year=2009" / "bucket=63.parquet")
    assert "bucket=63.parquet is no part of this store" in refused(store, capsys)
    assert open_store(store, first=date(2009, 1, 1)).days == 8760


@pytest.mark.parametrize("damage", ["missing", "other", "short"])
def test_an_index_that_was_not_built_is_noticed(store, damage, capsys):
    (index,) = store.glob("index-*.parquet")
    content = index.read_bytes()
    if damage == "missing":
        index.unlink()
    else:
        index.write_bytes(content[:40] if damage == "short" else content[:40] + b"x" + content[41:])
    with pytest.raises(DataError, match="index-"):
        open_store(store)
    assert "index-" in refused(store, capsys)


@pytest.mark.parametrize(
    "change",
    [
        lambda said: said.pop("parts"),
        lambda said: said.update(parts=[]),
        lambda said: said["parts"].pop(),
        lambda said: said.update(parts=said["parts"] * 2),
        lambda said: said["parts"][0].update(rows="many"),
        lambda said: said["parts"][0].update(year=10**30),
        lambda said: said["parts"][0].update(bucket=-1),
        lambda said: said.update(classes=None),
        lambda said: said.update(sources=[1]),
        lambda said: said.update(days=1e300),
        lambda said: said.update(index=[]),
    ],
)
def test_a_manifest_that_was_not_built_is_refused_in_a_line(store, capsys, change):
    said = json.loads((store / "store.json").read_text())
    change(said)
    (store / "store.json").write_text(json.dumps(said))
    assert "build the store anew" in refused(store, capsys)


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b"9" * 5000, b'{"a":NaN'])
def test_what_is_no_manifest_is_refused_in_a_line(store, capsys, content):
    (store / "store.json").write_bytes(content)
    assert "store.json" in refused(store, capsys)


def test_a_manifest_that_is_no_file_or_has_no_end_is_refused_in_a_line(store, capsys):
    manifest = store / "store.json"
    for make in (lambda: os.mkfifo(manifest), manifest.mkdir, lambda: manifest.symlink_to("/dev/zero"), huge(manifest)):
        manifest.unlink() if not manifest.is_dir() else manifest.rmdir()
        make()
        assert "store.json" in refused(store, capsys)


def huge(path):
    def make():
        with open(path, "wb") as file:
            file.truncate(1 << 40)

    return make
