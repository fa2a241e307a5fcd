"""TensorBoard event files.

Of TensorBoard's own writers one starts a thread for each file, which a sweep of hundreds of runs pays for and Python
3.12 forbids as the interpreter ends. The other has its checksums in Python: 0.08 ms an event, half of recording a run.
"""

import itertools
import os
import socket
import struct
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import BinaryIO

import google_crc32c
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary

from stratus import files

_numbers = itertools.count()


class EventFile:
    """An event file in a folder, beside those of other writers; both are made once there is an event.

    Without a folder it takes events and keeps none.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self._file: BinaryIO | None = None

    def add_summary(self, summary: Summary, global_step: int | None = None) -> None:
        """Takes what belongs to a step, 0 where none is given."""
        if self.folder is None:
            return
        if self._file is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            name = f"events.out.tfevents.{int(time.time())}.{socket.gethostname()}.{os.getpid()}.{next(_numbers)}"
            self._file = open(self.folder / name, "wb", buffering=1 << 20)  # noqa: SIM115 - open until `close`
            self._file.write(_record(_version()))
        with files.naming(Path(self._file.name)):
            self._file.write(_record(Event(wall_time=time.time(), step=global_step, summary=summary)))

    def flush(self) -> None:
        """Has all in the file."""
        if self._file:
            with files.naming(Path(self._file.name)):
                self._file.flush()

    def close(self) -> None:
        """Has all in the file and closes it."""
        if self._file:
            with files.naming(Path(self._file.name)):
                self._file.close()


def write_new(path: Path, points: Iterable[tuple[int, Mapping[str, float]]]) -> None:
    """Writes a whole event file of curves, steps with values by tag; raises FileExistsError if there is one."""
    events = [Event(wall_time=time.time(), step=step, summary=scalars(values)) for step, values in points]
    files.folder(path.parent)
    with files.naming(path), open(path, "xb") as file:
        file.write(b"".join(map(_record, [_version(), *events])))


def scalars(values: Mapping[str, float]) -> Summary:
    """A point of each of several curves, by tag."""
    summary = Summary()
    for tag, value in values.items():
        summary.value.add(tag=tag, simple_value=value)
    return summary


def image(name: str, width: int, height: int, png: bytes) -> Summary:
    """A picture, as `view/<name>`: TensorBoard sorts by the alphabet, and train and val are to stand above pictures."""
    drawn = Summary.Image(width=width, height=height, colorspace=4, encoded_image_string=png)
    return Summary(value=[Summary.Value(tag=f"view/{name}", image=drawn)])


def _version() -> Event:
    """With what an event file begins."""
    return Event(wall_time=time.time(), file_version="brain.Event:2")


def _record(event: Event) -> bytes:
    """A TFRecord: the length as uint64, its checksum, the data, their checksum, all little-endian.

    https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details.
    """
    data: bytes = event.SerializeToString()
    length = struct.pack("<Q", len(data))
    return length + _checksum(length) + data + _checksum(data)


def _checksum(data: bytes) -> bytes:
    """CRC-32C, rotated right by 15 bits, plus a constant: a checksum of data with checksums in them says little."""
    crc = google_crc32c.value(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)
