"""Files of text in blocks of whole lines: nothing is lost between them, and what is no text is said with its line."""

import gzip
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stratus.data.lines import LONGEST, blocks
from stratus.errors import DataError


def write(folder, content):
    path = folder / "file"
    path.write_bytes(content)
    return path


@settings(max_examples=200)
@given(content=st.text(st.sampled_from("ab,\r\n"), max_size=40), size=st.integers(1, 12), packed=st.booleans())
def test_the_blocks_are_the_files_lines_as_python_reads_them(tmp_path_factory, content, size, packed):
    octets = content.encode()
    path = write(tmp_path_factory.getbasetemp(), gzip.compress(octets, mtime=0) if packed else octets)
    with open(write(tmp_path_factory.mktemp("plain"), octets), encoding="utf-8") as file:
        lines = file.read().splitlines()
    found, number = [], 1
    for block in blocks(path, size):
        assert block.line == number
        here = block.content.decode().split("\n")[:-1]
        found, number = found + here, number + len(here)
    assert found == lines


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a\nb\nc\0\n", "line 3: a NUL byte"),
        (b"a\nb" * 2, "line 3: the file breaks off within this line"),
        (b"a\n" + b"b" * LONGEST * 5, "from line 2 on: 1048576 bytes without a row's end"),
        (b"\n" * (1 << 20), "from line 1 on: 262144 blank lines and more"),
        (gzip.compress(b"a\n" * (1 << 24), mtime=0), "unpacks to more than 200 times its size"),
        (gzip.compress(b"a\n" * 99, mtime=0)[:-9], "cannot be read"),
    ],
)
def test_what_is_no_text_is_said(tmp_path, content, said):
    with pytest.raises(DataError) as caught:
        list(blocks(write(tmp_path, content), whole=True))
    assert said in str(caught.value)


def test_what_is_no_file_is_not_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", "/dev/zero"):
        with pytest.raises(DataError, match="not a file"):
            list(blocks(path))
