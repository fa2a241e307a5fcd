"""A file is whole or absent, whatever breaks its writing off."""

import resource

import pytest

from stratus.files import replace, sha256


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
