"""A file is whole or absent, whatever breaks its writing off."""

import os
import resource
import subprocess
import sys

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from stratus.errors import CheckpointError
from stratus.files import (
    inside,
    lock,
    naming,
    overwrite,
    replace,
    sha256,
    taken,
    with_formulas,
    without_formulas,
)


def test_a_write_that_fails_in_the_middle_leaves_the_old_file_whole(tmp_path):
    file = tmp_path / "some.txt"
    replace(file, "old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))  # a file beyond 1000 bytes is refused, as by a full disk
    try:
        with pytest.raises(OSError, match="too large"):
            replace(file, "new" * 1000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_checksum_is_the_published_one(tmp_path):
    replace(tmp_path / "abc", b"abc")
    # FIPS 180-2, appendix B.1
    assert sha256(tmp_path / "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_file_is_written_over_where_it_stands_if_it_has_the_room(tmp_path):
    file = tmp_path / "some.txt"
    file.write_bytes(b"old content")
    before = file.stat().st_ino
    overwrite(file, b"new")
    assert (file.read_bytes(), file.stat().st_ino) == (b"new", before)
    with pytest.raises(OSError, match=r"No space left on device: '.*some\.txt'"):
        overwrite(file, b"newer")
    assert file.read_bytes() == b"new"


def test_an_error_that_names_no_file_names_the_one_that_is_written(tmp_path):
    with pytest.raises(OSError, match="No space left") as caught, naming(tmp_path), open("/dev/full", "wb", 0) as full:
        full.write(b"more")
    assert caught.value.filename == str(tmp_path)


HOLD = """
import sys, time
from pathlib import Path
from stratus import files
files.lock(Path(sys.argv[1]))
print(flush=True)
time.sleep(60)
"""


def test_a_lock_keeps_others_out_until_its_holder_has_died_and_leaves_nothing(tmp_path):
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE) as holder:
        holder.stdout.readline()
        with pytest.raises(BlockingIOError):
            lock(tmp_path)
        holder.kill()
    os.close(lock(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_taken_until_it_is_given_back_or_its_process_is_killed(tmp_path):
    assert not taken(tmp_path)
    descriptor = lock(tmp_path)
    assert taken(tmp_path)
    os.close(descriptor)
    assert not taken(tmp_path)
    hold = "import sys, time; from stratus.files import lock; lock(sys.argv[1]); print(flush=True); time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", hold, tmp_path], stdout=subprocess.PIPE)
    with process:
        process.stdout.readline()
        assert taken(tmp_path)
        process.kill()
        process.wait()
        assert not taken(tmp_path)
    assert not taken(tmp_path / "nowhere")


# --- a folder that may be a stranger's


def test_a_file_of_a_folder_is_one_that_is_really_there(tmp_path):
    folder, outside = tmp_path / "run", tmp_path / "outside"
    (folder / "below").mkdir(parents=True)
    outside.mkdir()
    for file in (folder / "below" / "a", outside / "a"):
        file.write_text("abc")
    os.mkfifo(folder / "pipe")
    (folder / "link").symlink_to(outside / "a")
    (folder / "behind").symlink_to(outside)
    (tmp_path / "alias").symlink_to(folder)
    assert inside(folder, "below/a", 3).read_text() == "abc"
    assert inside(tmp_path / "alias", "below/a", 3).read_text() == "abc"  # the folder itself is the user's to name
    for name in ("link", "behind/a", "../outside/a", "pipe", "below", "/dev/zero", str(outside / "a"), "a\0b"):
        with pytest.raises(CheckpointError):
            inside(folder, name, 3)
    with pytest.raises(CheckpointError, match="expected at most 2"):
        inside(folder, "below/a", 2)
    with pytest.raises(FileNotFoundError):
        inside(folder, "none", 3)


# --- CSV without formulas


@given(st.lists(st.text(alphabet="'=+-@\t\r\na1 ", max_size=5), min_size=1))
def test_no_cell_of_text_begins_as_a_formula_and_each_is_read_as_it_was(cells):
    table = pl.DataFrame({"name": cells, "number": [-1.5] * len(cells)})
    written = without_formulas(table)
    assert all(cell[:1] not in set("=+-@\t\r\n") for cell in written["name"])
    assert written["number"].equals(table["number"])
    assert_frame_equal(with_formulas(written), table)
