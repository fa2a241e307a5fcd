"""Event files written at once: TensorBoard's own reader and checksum agree with them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c

from stratus import events


@settings(max_examples=30, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=8))
def test_the_checksums_are_tensorboards(texts):
    assert events._checksums(texts) == [masked_crc32c(one).to_bytes(4, "little") for one in texts]


def test_tensorboard_reads_the_points_that_were_written(tmp_path):
    points = [(step, {"train/loss": 1 / (step + 1), "val/loss": float("nan")}) for step in (0, 22, 45, 100_000)]
    events.write(tmp_path, events.encoded(points))
    read = EventAccumulator(str(tmp_path)).Reload()
    found = [(one.step, one.value) for one in read.Scalars("train/loss")]
    assert found == [(step, pytest.approx(values["train/loss"])) for step, values in points]
    assert [one.value for one in read.Scalars("val/loss")] == [pytest.approx(float("nan"), nan_ok=True)] * 4
