"""Which source a file is of, told by how it begins: for whoever has named another."""

import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice

from stratus.data.lines import unpacked
from stratus.errors import DataError

_BEGINNINGS = {
    "csv": rb'"?(station"?,"?date|date"?,"?(station|temperature_))',
    "knmi": rb"BRON|SOURCE|(.*\n){0,100}#? ?STN,YYYYMMDD",
    "australia": rb'"?Date"?,"?Location"?,"?MinTemp',
    "ghcn": rb"[A-Z]{2}[A-Z0-9_\-]{9}(\d{6}[A-Z]{3}|,\d{8},[A-Z]{4},)"  # .dly, rows by year
    rb'|"?STATION"?,("?DATE|"?(STATION_)?NAME"?,)|"?ID"?,"?(YEAR/|DATE)',
}  # of a file's bytes, by the name that `data=` has for it


def kind_of(path: str) -> str | None:
    """The name that `data=` has for such a file, plain or gzipped; None where its beginning does not tell."""
    try:
        (start,) = islice(unpacked(path, 1 << 15), 1)
    except (OSError, EOFError, ValueError, zlib.error, DataError):
        return None
    start = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    return next((name for name, pattern in _BEGINNINGS.items() if re.match(pattern, start)), None)


@contextmanager
def taken_for(kind: str, path: str) -> Iterator[None]:
    """Adds to a DataError about a file of a path, which is read as of one source, of which other it seems to be."""
    try:
        yield
    except DataError as error:
        other = kind_of(path)
        if other in (None, kind):
            raise
        raise DataError(f"{error}; it seems to be a file for data={other} data.path={path}") from None
