"""Files that are whole or absent, and their checksums."""

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


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


def size(path: Path) -> int:
    """A file's size in bytes. Raises OSError if it is missing, or a folder, pipe or device, which might never end."""
    facts = path.stat()
    if not stat.S_ISREG(facts.st_mode):
        raise OSError("not a file")
    return facts.st_size


def read(path: Path, most: int = 1 << 28) -> bytes:
    """A file's content. Raises OSError as `size` does, and if it has more than `most` bytes."""
    if size(path) > most:
        raise OSError(f"larger than {most >> 20} MiB")
    return path.read_bytes()


def sha256(path: str | Path) -> str:
    """A file's SHA-256 in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
