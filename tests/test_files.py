"""A file is whole or absent, whatever breaks its writing off."""

import os
import resource

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from stratus.errors import CheckpointError
from stratus.files import inside, replace, sha256, with_formulas, without_formulas


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


@settings(deadline=None)
@given(st.lists(st.text(alphabet="'=+-@\t\r\na1 ", max_size=5), min_size=1))
def test_no_cell_of_text_begins_as_a_formula_and_each_is_read_as_it_was(cells):
    table = pl.DataFrame({"name": cells, "number": [-1.5] * len(cells)})
    written = without_formulas(table)
    assert all(cell[:1] not in set("=+-@\t\r\n") for cell in written["name"])
    assert written["number"].equals(table["number"])
    assert_frame_equal(with_formulas(written), table)
