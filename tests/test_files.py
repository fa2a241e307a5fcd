"""A file is whole or absent, whatever breaks its writing off; a folder is one process's until it ends."""

import os
import resource
import subprocess
import sys

import pytest

from stratus.files import lock, replace, sha256, taken


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
    assert list(tmp_path.iterdir()) == []
