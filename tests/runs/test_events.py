"""Event files written at once: TensorBoard's own reader agrees with them."""

from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
from tensorboard.compat.proto.event_pb2 import Event

from stratus.runs import events


def test_tensorboard_reads_the_points_that_were_written(tmp_path):
    points = [(step, {"train/loss": 1 / (step + 1), "val/loss": float("nan")}) for step in (0, 22, 45, 100_000)]
    with closing(events.EventFile(tmp_path)) as file:
        for step, values in points:
            file.add_summary(events.scalars(values), step)
    read = EventAccumulator(str(tmp_path)).Reload()
    found = [(one.step, one.value) for one in read.Scalars("train/loss")]
    assert found == [(step, pytest.approx(values["train/loss"])) for step, values in points]
    assert [one.value for one in read.Scalars("val/loss")] == [pytest.approx(float("nan"), nan_ok=True)] * 4


def test_tensorboard_reads_the_images_that_were_written(tmp_path):
    drawn = {"a": (30, 20, b"one"), "b": (3, 2, b"other")}
    with closing(events.EventFile(tmp_path)) as file:
        for tag, picture in drawn.items():
            file.add_summary(events.image(tag, *picture))
    read = EventAccumulator(str(tmp_path)).Reload()
    for tag, (width, height, png) in drawn.items():
        (found,) = read.Images(f"view/{tag}")
        assert (found.width, found.height, found.encoded_image_string) == (width, height, png)


@given(pictures=st.lists(st.binary(max_size=300), min_size=1, max_size=5))
def test_checksums_are_those_tensorboard_expects_whatever_the_data(tmp_path_factory, pictures):
    folder = tmp_path_factory.mktemp("events")
    with closing(events.EventFile(folder)) as file:
        for png in pictures:
            file.add_summary(events.image("a", 1, 1, png))
    (path,) = folder.iterdir()
    version, *read = map(Event.FromString, RawEventFileLoader(str(path)).Load())  # checks every record
    assert version.file_version == "brain.Event:2"
    assert [one.summary.value[0].image.encoded_image_string for one in read] == pictures


def test_two_files_in_one_folder_are_both_kept(tmp_path):
    for value in (1.0, 2.0):
        with closing(events.EventFile(tmp_path / "new" / "run")) as file:
            file.add_summary(events.scalars({"train/loss": value}), int(value))
    read = EventAccumulator(str(tmp_path / "new" / "run")).Reload()
    assert [(one.step, one.value) for one in read.Scalars("train/loss")] == [(1, 1.0), (2, 2.0)]


def test_where_nothing_is_written_there_is_no_file_and_no_folder(tmp_path):
    with closing(events.EventFile(tmp_path / "run")) as file:
        file.flush()
    assert not (tmp_path / "run").exists()


def test_what_is_flushed_can_be_read_while_the_file_is_open(tmp_path):
    with closing(events.EventFile(tmp_path)) as file:
        file.add_summary(events.scalars({"train/loss": 2.0}), 1)
        file.flush()
        assert EventAccumulator(str(tmp_path)).Reload().Scalars("train/loss")[0].value == 2
