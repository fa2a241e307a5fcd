"""TensorBoard event files of curves that are known as a whole.

TensorBoard's own writer is made for points that come one by one: it starts a thread for each file, and takes the
checksum of each record byte by byte. Here those of all records of a file are had together.
"""

import itertools
import os
import socket
import time
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import numpy as np
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary

from stratus.samples import Array

_numbers = itertools.count()


def write(folder: Path, events: bytes) -> None:
    """A new event file in a folder, beside those of other writers."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"events.out.tfevents.{int(time.time())}.{socket.gethostname()}.{os.getpid()}.{next(_numbers)}.curves"
    (folder / name).write_bytes(events)


def encoded(points: Iterable[tuple[int, Mapping[str, float]]]) -> bytes:
    """An event file of scalars: steps with values by tag."""
    now = time.time()
    events = [Event(wall_time=now, file_version="brain.Event:2")]
    for step, values in points:
        summary = Summary(value=[Summary.Value(tag=tag, simple_value=value) for tag, value in values.items()])
        events.append(Event(wall_time=now, step=step, summary=summary))
    return _records([event.SerializeToString() for event in events])


def _records(payloads: list[bytes]) -> bytes:
    """TFRecord: of each payload its length, the length's checksum, the payload, its checksum; little-endian."""
    lengths = [np.array([len(one)], "<u8").tobytes() for one in payloads]
    parts = zip(lengths, _checksums(lengths), payloads, _checksums(payloads), strict=True)
    return b"".join(itertools.chain.from_iterable(parts))


def _checksums(texts: list[bytes]) -> list[bytes]:
    """Masked CRC-32C of each text: those of one length byte by byte side by side."""
    found = [b""] * len(texts)
    sizes = np.array([len(one) for one in texts])
    for size in np.unique(sizes):
        places = np.flatnonzero(sizes == size)
        rows = np.frombuffer(b"".join(texts[k] for k in places), np.uint8).reshape(len(places), size)
        sums = np.full(len(places), 0xFFFFFFFF, np.uint32)
        for column in np.ascontiguousarray(rows.T):
            sums = _table()[(sums ^ column) & 0xFF] ^ (sums >> np.uint32(8))
        sums = ~sums
        masked = ((sums >> np.uint32(15)) | (sums << np.uint32(17))) + np.uint32(0xA282EAD8)
        for k, one in zip(places, masked.astype("<u4"), strict=True):
            found[k] = one.tobytes()
    return found


@cache
def _table() -> Array:
    """CRC-32C of each byte, by the reversed polynomial 0x82F63B78 (Castagnoli et al., 1993)."""
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, (table >> 1) ^ np.uint32(0x82F63B78), table >> 1).astype(np.uint32)
    return table
