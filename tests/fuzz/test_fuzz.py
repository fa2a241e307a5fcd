"""No damaged file is read with a wrong number or ends in anything but one line."""

import random

import pytest
from targets import READERS, content_of, failure

FIXED, FRESH, WHOLE = 25, 15, 10  # files a reader


@pytest.mark.parametrize("reader", READERS)
def test_a_whole_file_is_read(reader, tmp_path):
    for seed in range(WHOLE):
        content = content_of(reader, seed, damage=False)
        assert failure(reader, content, tmp_path / "file", damage=False) is None


@pytest.mark.parametrize("reader", READERS)
def test_a_damaged_file_is_refused_or_read_right(reader, tmp_path):
    fresh = random.SystemRandom().randrange(2**32)
    for seed in (*range(FIXED), *range(fresh, fresh + FRESH)):
        said = failure(reader, content_of(reader, seed), tmp_path / "file")
        assert said is None, f"python tests/fuzz {reader} --seed {seed}: {said}"
