"""Files that are whole or absent, and what tells one version of a file from another."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def whole(path: Path) -> Iterator[BinaryIO]:
    """A file to write to, which takes its place at `path` once the body has ended well."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(beside, "wb") as file:
            yield file
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def replace(path: Path, content: str | bytes) -> None:
    """Writes a file whole or not at all, in place of the one before it."""
    with whole(path) as file:
        file.write(content.encode() if isinstance(content, str) else content)


def sha256(path: str | Path) -> str:
    """A file's SHA-256 in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
