"""Files that are whole or absent; their checksums; what is read of a folder; and CSV that holds no formulas."""

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import polars.selectors as cs

from stratus.errors import CheckpointError

FORMULA = r"('*[=+\-@\t\r\n])"  # how a cell begins that a spreadsheet may take for a formula


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


def sha256(path: str | Path) -> str:
    """A file's SHA-256 in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def inside(folder: Path, name: str | Path, most: int) -> Path:
    """A file of a run's folder, which a stranger may have made, if it is really there.

    Raises CheckpointError where it is a link or behind one, no regular file, or larger than `most` bytes, and
    FileNotFoundError where there is nothing.
    """
    path = folder / name
    try:
        facts = os.lstat(path)
    except ValueError:  # a name with a zero byte
        raise CheckpointError(f"{path} is no file's name") from None
    if os.path.realpath(path) != f"{os.path.realpath(folder)}{os.sep}{name}":
        raise CheckpointError(f"{path} is a link, or behind one: put the file itself into the folder")
    if not stat.S_ISREG(facts.st_mode):
        raise CheckpointError(f"{path} is not a file")
    if facts.st_size > most:
        raise CheckpointError(f"{path} has {facts.st_size:,} bytes; expected at most {most:,}")
    return path


def without_formulas(table: pl.DataFrame) -> pl.DataFrame:
    """A table for a CSV file: where a text may be taken for a formula, an apostrophe goes before it."""
    return table.with_columns(cs.string().str.replace(f"^{FORMULA}", "'$1"))


def with_formulas(table: pl.DataFrame) -> pl.DataFrame:
    """The table that `without_formulas` was given."""
    return table.with_columns(cs.string().str.replace(f"^'{FORMULA}", "$1"))
