"""Files of text, plain or gzipped, in blocks of whole lines: in bounded memory, whatever is in them."""

import gzip
import os
import re
import stat
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import IO, cast

import polars as pl

from stratus.errors import DataError
from stratus.progress import BYTES, working

SIZE = 1 << 22  # bytes of a block
LONGEST = 1 << 20  # bytes after which a line had to end
_RATIO = 200  # how many times its bytes an archive may unpack to: tables do to ten or twenty, at most a thousand can be
_UNSUSPECTED = 1 << 24  # bytes that any archive may unpack to
_BLANK = b"\n" * (1 << 18)
_WORKBOOK = b"PK\x03\x04"  # how .xlsx and .ods begin, and every zip archive
_SEPARATOR = re.compile(rb'"?sep=[;,]"?[;,]*\n', re.IGNORECASE)  # a first line for spreadsheets
_MARK = b"\xef\xbb\xbf"  # which some programs write before UTF-8


@dataclass(frozen=True)
class Block:
    """Whole lines of a file, each ended by a newline."""

    content: bytes
    line: int  # number of the first one

    def numbered(self, encoding: str) -> pl.DataFrame:
        """Columns `line` and `text`; what is not in the encoding becomes �."""
        text = pl.Series("text", [self.content[:-1].decode(encoding, "replace")])
        return text.str.split("\n").explode().to_frame().with_row_index("line", offset=self.line)


@contextmanager
def reading(path: str | Path) -> Iterator[None]:
    """Turns what goes wrong while a file is read into a DataError that names it; refuses what is no file."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # to read from a pipe or a device may never end
            raise DataError(f"{path}: not a file; expected a table's")
        yield
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error})") from None


def unpacked(path: str | Path, size: int = SIZE) -> Iterator[bytes]:
    """A file's bytes, or those of what a gzipped one holds, at most `size` at a time.

    Raises DataError if an archive unpacks to far more than a table does; OSError, EOFError or zlib.error if it is
    damaged.
    """
    with open(path, "rb") as raw:
        file = cast(IO[bytes], gzip.GzipFile(fileobj=raw)) if raw.peek(2)[:2] == b"\x1f\x8b" else raw
        total = 0
        with working(f"reading {Path(path).name}", os.fstat(raw.fileno()).st_size, BYTES) as work:
            while chunk := file.read(size):
                total += len(chunk)
                if total > _UNSUSPECTED + _RATIO * raw.tell():
                    raise DataError(f"{path}: unpacks to more than {_RATIO} times its size; no table does")
                work.at(raw.tell())
                yield chunk


def blocks(path: str | Path, size: int = SIZE, *, whole: bool = False) -> Iterator[Block]:
    """The lines of a file, or of what a gzipped one holds, in blocks of about `size` bytes.

    The line ends of every system become newlines, a byte order mark is dropped. `whole` is for files whose makers end
    every line: one whose last line is not ended was cut off. Raises DataError if the file cannot be read, is none of
    text, was cut off, or has a line (or blank ones) that does not seem to end: names file and line.
    """
    line, rest, returned = 1, b"", False
    with reading(path):
        for chunk in unpacked(path, size):
            if line == 1 and not rest and chunk.startswith(_WORKBOOK):
                raise DataError(f"{path}: a workbook, or another archive; save its table as CSV, in UTF-8")
            fresh = chunk[1:] if returned and chunk[:1] == b"\n" else chunk
            returned = chunk[-1:] == b"\r"
            text = rest + fresh.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
            if (found := text.find(b"\0")) >= 0:
                fault = "a NUL byte, as UTF-16, spreadsheets and archives have them; save the file as text in UTF-8"
                raise DataError(f"{path}, line {line + text.count(10, 0, found)}: {fault}")
            content, newline, rest = text.rpartition(b"\n")
            if _BLANK in content:
                raise DataError(f"{path}, from line {line} on: {len(_BLANK)} blank lines and more, as no table has")
            if len(rest) > LONGEST:
                begin = line + text.count(b"\n")
                raise DataError(f"{path}, from line {begin} on: {LONGEST} bytes without a row's end, as no table has")
            if newline:
                yield Block((content.removeprefix(_MARK) if line == 1 else content) + newline, line)
                line += content.count(b"\n") + 1
    if rest and whole:
        mend = "copy or fetch the file again, or end the line if it is whole"
        raise DataError(f"{path}, line {line}: the file breaks off within this line; {mend}")
    if rest:
        yield Block((rest.removeprefix(_MARK) if line == 1 else rest) + b"\n", line)


def with_commas(lines: Iterable[Block]) -> tuple[bool, Iterator[Block]]:
    """Whether semicolons separate the columns, by the first line, and the lines with commas and semicolons exchanged.

    As they are where commas do; exchanged once more, each value is what it was. A first line that only says which of
    them it is, as `sep=;`, is left away.
    """
    lines = iter(lines)
    begin = next(lines, Block(b"", 1))
    if said := _SEPARATOR.match(begin.content):
        begin = Block(begin.content[said.end() :], begin.line + 1)
    head = begin.content.lstrip(b"\n").partition(b"\n")[0]
    whole = chain([begin] if begin.content else [], lines)
    if head.count(b";") <= head.count(b","):
        return False, whole
    return True, (replace(one, content=one.content.translate(bytes.maketrans(b";,", b",;"))) for one in whole)
