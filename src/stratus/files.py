"""Files that are whole or absent, folders that one process has to itself, and checksums."""

import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform != "win32":
    import fcntl


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Gives the path of a temporary file beside `path`, which takes its place once the body has succeeded."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield beside
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def replace(path: Path, content: str | bytes | memoryview) -> None:
    """Writes a file whole or not at all; text in UTF-8."""
    with replacing(path) as beside:
        beside.write_bytes(content.encode() if isinstance(content, str) else content)


def lock(folder: Path) -> int:
    """Takes a folder for the caller alone, until the file descriptor that is returned is closed or the process ends.

    Raises BlockingIOError if the folder is taken. Where the file system has no locks, none is taken.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    if sys.platform != "win32":
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # of the folder itself: it leaves no file behind
        except BlockingIOError:
            os.close(descriptor)
            raise
        except OSError:
            pass
    return descriptor


def taken(folder: Path) -> bool:
    """Whether a living process has a folder to itself; True where the system cannot say."""
    if sys.platform == "win32":
        return True
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:  # it has been removed
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def sha256(path: str | Path) -> str:
    """A file's SHA-256 in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
