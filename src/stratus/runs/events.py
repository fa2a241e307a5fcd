"""TensorBoard event files that are written at once.

TensorBoard's usual writer is made for points that come one by one and starts a thread for each file, which takes longer
and which Python 3.12 forbids once the interpreter is about to end.
"""

import itertools
import os
import socket
import struct
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import google_crc32c
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary

_numbers = itertools.count()


class Sink(Protocol):
    """What takes a run's events: a `File`, or the logger of Lightning's trainer."""

    def add_summary(self, summary: Summary, global_step: int | None = None) -> None:
        """Takes what belongs to a step, 0 where none is given."""

    def close(self) -> None:
        """Has all in the file."""


class File:
    """A new event file in a folder, beside those of other writers: kept in memory, written whole when it is closed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._records = [_record(Event(wall_time=time.time(), file_version="brain.Event:2"))]

    def add_summary(self, summary: Summary, global_step: int | None = None) -> None:
        """Takes what belongs to a step, 0 where none is given."""
        self._records.append(_record(Event(wall_time=time.time(), step=global_step, summary=summary)))

    def close(self) -> None:
        """Writes the file; makes its folder where it is missing."""
        self.folder.mkdir(parents=True, exist_ok=True)
        name = f"events.out.tfevents.{int(time.time())}.{socket.gethostname()}.{os.getpid()}.{next(_numbers)}.whole"
        (self.folder / name).write_bytes(b"".join(self._records))


def scalars(values: Mapping[str, float]) -> Summary:
    """A point of each of several curves, by tag."""
    summary = Summary()
    for tag, value in values.items():
        summary.value.add(tag=tag, simple_value=value)
    return summary


def image(tag: str, width: int, height: int, png: bytes) -> Summary:
    """A picture."""
    drawn = Summary.Image(width=width, height=height, colorspace=4, encoded_image_string=png)
    return Summary(value=[Summary.Value(tag=tag, image=drawn)])


def _record(event: Event) -> bytes:
    """A TFRecord: the length as uint64, its checksum, the data, their checksum, all little-endian.

    https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details. TensorBoard's own writer has a
    checksum in Python, which takes twice as long as all else that is done for a run's events.
    """
    data: bytes = event.SerializeToString()
    length = struct.pack("<Q", len(data))
    return b"".join((length, _checksum(length), data, _checksum(data)))


def _checksum(data: bytes) -> bytes:
    """CRC-32C, rotated right by 15 bits, plus a constant: a checksum of data with checksums in them says little."""
    crc = google_crc32c.value(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)
