"""TensorBoard event files of what is known as a whole.

TensorBoard's usual writer is made for points that come one by one and starts a thread for each file, which takes longer
and which Python 3.12 forbids once the interpreter is about to end.
"""

import io
import itertools
import os
import socket
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

_numbers = itertools.count()


def write(folder: Path, events: bytes) -> None:
    """A new event file in a folder, beside those of other writers."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"events.out.tfevents.{int(time.time())}.{socket.gethostname()}.{os.getpid()}.{next(_numbers)}.whole"
    (folder / name).write_bytes(events)


def scalars(points: Iterable[tuple[int, Mapping[str, float]]]) -> bytes:
    """An event file of scalars: steps with values by tag."""
    return _encoded(
        (step, Summary(value=[Summary.Value(tag=tag, simple_value=value) for tag, value in values.items()]))
        for step, values in points
    )


def images(drawn: Mapping[str, tuple[int, int, bytes]]) -> bytes:
    """An event file of images: by tag the width, the height and the PNG."""
    return _encoded(
        (
            0,
            Summary(
                value=[
                    Summary.Value(
                        tag=tag,
                        image=Summary.Image(width=width, height=height, colorspace=3, encoded_image_string=png),
                    )
                ]
            ),
        )
        for tag, (width, height, png) in drawn.items()
    )


def _encoded(summaries: Iterable[tuple[int, Summary]]) -> bytes:
    now, file = time.time(), io.BytesIO()
    records = RecordWriter(file)
    records.write(Event(wall_time=now, file_version="brain.Event:2").SerializeToString())
    for step, summary in summaries:
        records.write(Event(wall_time=now, step=step, summary=summary).SerializeToString())
    return file.getvalue()
