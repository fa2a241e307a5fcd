"""Event files written at once: TensorBoard's own reader agrees with them."""

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from stratus import events


def test_tensorboard_reads_the_points_that_were_written(tmp_path):
    points = [(step, {"train/loss": 1 / (step + 1), "val/loss": float("nan")}) for step in (0, 22, 45, 100_000)]
    events.write(tmp_path, events.scalars(points))
    read = EventAccumulator(str(tmp_path)).Reload()
    found = [(one.step, one.value) for one in read.Scalars("train/loss")]
    assert found == [(step, pytest.approx(values["train/loss"])) for step, values in points]
    assert [one.value for one in read.Scalars("val/loss")] == [pytest.approx(float("nan"), nan_ok=True)] * 4


def test_tensorboard_reads_the_images_that_were_written(tmp_path):
    drawn = {"pictures/a": (30, 20, b"one"), "pictures/b": (3, 2, b"other")}
    events.write(tmp_path, events.images(drawn))
    read = EventAccumulator(str(tmp_path)).Reload()
    for tag, (width, height, png) in drawn.items():
        (found,) = read.Images(tag)
        assert (found.width, found.height, found.encoded_image_string) == (width, height, png)
