"""What a command prints: a terminal that is closed, a reader that has gone, a full disk break nothing off."""

import errno
import io
import logging
import os
import sys
from typing import Any

from stratus import progress
from stratus.errors import message


class Lenient(io.FileIO):
    """The file of standard output or error; what it cannot take is dropped."""

    lost: OSError | None = None  # why, at first

    def write(self, data: Any, /) -> int:
        """Says that all was written; a bar that stands on the terminal gives way."""
        progress.clear()
        try:
            return super().write(data)
        except OSError as error:
            self.lost = self.lost or error
            return memoryview(data).nbytes


def protect() -> None:
    """Has nothing that is printed raise, from now on; a character that the terminal lacks is shown as `?`.

    And has long work shown on a terminal, by the first of the processes that Lightning starts.
    """
    logging.raiseExceptions = False
    if sys.stdout is sys.__stdout__ and isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout = _protected(sys.stdout, "replace")
    if sys.stderr is sys.__stderr__ and isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr = _protected(sys.stderr, "backslashreplace")
    if os.environ.get("LOCAL_RANK", "0") == "0":
        progress.begin()


def _protected(stream: io.TextIOWrapper, errors: str) -> io.TextIOWrapper:
    buffer = io.BufferedWriter(Lenient(stream.fileno(), "w", closefd=False))
    return io.TextIOWrapper(
        buffer, stream.encoding, errors, line_buffering=stream.line_buffering, write_through=stream.write_through
    )


def say_what_was_lost() -> None:
    """One line on standard error where standard output could not take all; a reader that has gone knows."""
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    if isinstance(raw, Lenient):
        sys.stdout.flush()
        if raw.lost and raw.lost.errno not in (errno.EPIPE, errno.EIO):
            print(f"not all could be printed: {message(raw.lost)}", file=sys.stderr)
