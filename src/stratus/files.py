"""Files that are whole or absent, folders that one process has to itself, and CSV that holds no formulas."""

import errno
import hashlib
import os
import re
import shutil
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import polars as pl
import polars.selectors as cs

from stratus.errors import CheckpointError

if sys.platform != "win32":
    import fcntl

FORMULA = r"('*[=+\-@\t\r\n])"  # how a cell begins that a spreadsheet may take for a formula


def name(text: str, most: int = 120) -> str:
    """A text as the name of a file on any system, of so many bytes at most."""
    return re.sub(r"[^\w .,+=()-]+", "_", text).encode()[:most].decode(errors="ignore").strip(" .")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Gives the path of a temporary file beside `path`, which takes its place once the body has succeeded."""
    beside = path.with_name(f".{os.getpid()}.{path.name}")  # its end says the format, to who writes a picture
    try:
        with naming(path, beside):
            yield beside
            beside.replace(path)
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


@contextmanager
def naming(path: Path, *others: Path) -> Iterator[None]:
    """An OSError of the body that names no file, or one of the others, names this."""
    try:
        yield
    except OSError as error:
        if error.filename is not None and Path(error.filename) not in others:
            raise
        # That of polars has words alone.
        raise OSError(error.errno or errno.EIO, error.strerror or str(error), str(path)) from None


def replace(path: Path, content: str | bytes) -> None:
    """Writes a file whole or not at all; text in UTF-8."""
    with replacing(path) as beside:
        beside.write_bytes(content.encode() if isinstance(content, str) else content)


def copy(source: Path, target: Path) -> None:
    """Copies a file whole or not at all."""
    replace(target, source.read_bytes())


def overwrite(path: Path, content: bytes) -> None:
    """Writes over a file, taking no more of a full disk than it has; raises OSError if it is shorter than `content`."""
    with open(path, "r+b", buffering=0) as file:
        room = os.fstat(file.fileno()).st_size
        if len(content) > room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        file.write(content.ljust(room))  # at once: a file cut first would be broken if the process was killed now
        file.truncate(len(content))


def lock(folder: Path) -> int:
    """Takes a folder for the caller alone, until the file descriptor that is returned is closed or the process ends.

    Raises BlockingIOError if the folder is taken. Where there are no locks, as on some file systems, none is taken.
    """
    if sys.platform == "win32":
        return os.open(os.devnull, os.O_RDONLY)
    descriptor = os.open(folder, os.O_RDONLY)
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


def folder(path: Path) -> None:
    """Makes a folder where a stranger may have put something. Raises OSError if a link stands in its place."""
    path.mkdir(parents=True, exist_ok=True)
    if path.is_symlink():
        raise OSError(errno.ELOOP, "it is a link: put the folder itself there", str(path))


def remove(path: Path) -> None:
    """Removes what is at a path: a folder with all that it holds, or a link, file or pipe itself; or nothing."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


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
