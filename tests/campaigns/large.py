"""Large and odd files: what is made to fill the memory is refused at once, and a large table is read in bounded memory.

Each is read in a process of its own, which says the processor's seconds and the highest memory it took.
"""

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import polars as pl
from harness import Case, environment

READ = """
import json, re, sys, time
from stratus.data.daily_table import read_csv, select
from stratus.data.ghcn.daily import read_files
from stratus.data.ghcn.stations import read_inventory, read_stations
from stratus.errors import DataError
readers = {
    "csv": read_csv, "stations": read_stations, "inventory": read_inventory, "ghcn": lambda path: read_files([path])[0],
    "unknown": lambda path: select(read_csv(path), ["Atlantis"], path),
}
began, rows, said = time.process_time(), 0, ""
try:
    rows = readers[sys.argv[1]](sys.argv[2]).height
except DataError as error:
    said = str(error)
seconds, status = time.process_time() - began, open("/proc/self/status").read()
print(json.dumps([seconds, int(re.search(r"VmHWM:\\s+(\\d+)", status)[1]) / 1024, rows, said]))
"""
CSV = b"station,date,temperature_max,temperature_min,precipitation\n"
ROW = b"Oslo,2020-01-01,3.5,-1,0.2\n"
BY_YEAR = b"USW00013904,20170201,TMAX,239,,,W,2400\n"
ACCESS = b"STATION,DATE,TMAX,TMAX_ATTRIBUTES"
PLACE = b"USW00013904  30.1831  -97.6800  146.6 TX AUSTIN BERGSTROM AP\n"
MEGA = 1 << 20


@dataclass(frozen=True)
class Read:
    """What came of a file."""

    seconds: float
    mebibytes: float
    rows: int
    said: str


def read(reader: str, path: Path) -> Read:
    given = [sys.executable, "-c", READ, reader, str(path)]
    done = subprocess.run(given, env=environment(), capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr or f"ended by signal {-done.returncode}"
    return Read(*json.loads(done.stdout))


def refused(
    reader: str, write: Callable[[Path], object], words: str = "", seconds: float = 1, most: float = 200
) -> Callable[[Path], None]:
    """It is refused in one line with these words, within a second and 200 MB."""

    def check(folder: Path) -> None:
        path = folder / "file"
        write(path)
        found = read(reader, path)
        assert found.said, f"{found.rows} rows were read"
        assert found.said.isprintable(), repr(found.said)
        assert len(found.said) < 700, f"{len(found.said)} characters"
        assert words in found.said, f"{words!r} is not in: {found.said}"
        assert str(path) in found.said, found.said
        assert found.seconds <= seconds, f"{found.seconds:.1f} s"
        assert found.mebibytes <= most, f"{found.mebibytes:.0f} MiB"

    return check


def accepted(
    reader: str, write: Callable[[Path], object], rows: int, seconds: float, most: float
) -> Callable[[Path], None]:
    """It is read, in so many seconds of the processor and MiB."""

    def check(folder: Path) -> None:
        write(folder / "file")
        found = read(reader, folder / "file")
        assert found.said == "", found.said
        assert found.rows == rows, found.rows
        assert found.seconds <= seconds, f"{found.seconds:.1f} s"
        assert found.mebibytes <= most, f"{found.mebibytes:.0f} MiB"

    return check


def plain(*pieces: bytes | Iterable[bytes]) -> Callable[[Path], None]:
    """A file of these pieces."""

    def write(path: Path) -> None:
        with path.open("wb") as file:
            for piece in pieces:
                file.writelines([piece] if isinstance(piece, bytes) else piece)

    return write


def bomb(head: bytes, unit: bytes, times: int = 1024) -> Callable[[Path], None]:
    """A small archive that unpacks to a gibibyte: a head, and a mebibyte many times."""
    packed = gzip.compress(unit * (MEGA // len(unit)))
    return plain((gzip.compress(head) if head else b"") + packed * times)


def daily(rows: int, stations: int, change: dict[int, bytes] | None = None) -> Callable[[Path], None]:
    """A daily table of so many rows over stations, with some lines replaced."""

    def write(path: Path) -> None:
        first, changed = pl.date(1950, 1, 1), change or {}
        days = (
            pl.select(pl.date_range(first, first + pl.duration(days=rows // stations - 1)))
            .to_series()
            .cast(pl.String)
            .to_list()
        )
        with path.open("wb") as file:
            file.write(CSV)
            line = 2
            for station in range(stations):
                for number, day in enumerate(days):
                    values = f"{number % 300 / 10},{-(number % 90) / 10},{number % 7 * 1.5}"
                    file.write(changed.get(line, f"Station {station},{day},{values}\n".encode()))
                    line += 1

    return write


def by_year(rows: int, last: bytes = b"") -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with path.open("wb") as file:
            for row in range(rows):
                station, element = row // 1000, ("TMAX", "PRCP", "WT16", "WDF2")[row % 4]
                day = f"2017{row // 4 % 250 // 25 + 1:02}{row // 4 % 250 % 25 + 1:02}"
                file.write(f"USC{station:08},{day},{element},{row % 200},,,S,0700\n".encode())
            file.write(last)

    return write


def dense(path: Path) -> None:
    """Parquet of thirty million equal rows, in a megabyte."""
    names = {"ID": "USW00013904", "DATE": "20170101", "ELEMENT": "TMAX", "M_FLAG": "", "Q_FLAG": "", "S_FLAG": "W"}
    constant = [pl.lit(value).alias(name) for name, value in names.items()]
    pl.LazyFrame({"DATA_VALUE": [1]}).select(
        pl.repeat(1, 30_000_000, eager=False).alias("DATA_VALUE"), *constant
    ).sink_parquet(path)


def bombs(quick: bool) -> Iterator[Case]:
    kinds = {
        "newlines": b"\n",
        "one line": b"a",
        "returns": b"\r",
        "blanks": b" ",
        "commas": b",",
        "quotes": b'"',
        "NULs": b"\0",
    }
    heads = {"csv": CSV + ROW, "ghcn": BY_YEAR, "stations": PLACE}
    for kind, unit in kinds.items():
        for reader, head in heads.items():
            if not quick or (kind, reader) == ("one line", "csv"):
                yield Case(f"an archive of {kind} for {reader}", refused(reader, bomb(b"", unit)))
                if not quick:
                    yield Case(f"an archive of rows and {kind} for {reader}", refused(reader, bomb(head, unit)))
    if quick:
        return
    for reader, head in heads.items():
        yield Case(
            f"an archive of one row for ever for {reader}", refused(reader, bomb(b"", head[-27:]), seconds=3, most=400)
        )
        yield Case(f"a quote that never closes for {reader}", refused(reader, bomb(head + b'"', b"a,\n" * 9 + b"b")))
    value = partial(map, lambda _: b"1" * MEGA, range(1024))
    yield Case("a field of a gigabyte in a table", refused("csv", plain(CSV, ROW, b"Oslo,2020-01-02,", value())))
    yield Case(
        "a field of a gigabyte in a by-year file",
        refused("ghcn", plain(BY_YEAR, b"USW00013904,20170202,TMAX,", value())),
    )
    yield Case("a quoted field of a gigabyte", refused("csv", plain(CSV, ROW, b'"Oslo', value())))
    yield Case("Parquet of more rows than bytes", refused("ghcn", dense, "rows in"))


def odd() -> Iterator[Case]:
    for reader in ("csv", "ghcn", "stations", "inventory"):
        yield Case(f"a folder for {reader}", refused(reader, Path.mkdir, "not a file"))
        yield Case(f"a pipe for {reader}", refused(reader, os.mkfifo, "not a file"))
        yield Case(f"a device for {reader}", refused(reader, lambda path: path.symlink_to("/dev/zero"), "not a file"))
        yield Case(
            f"a link to itself for {reader}", refused(reader, lambda path: path.symlink_to(path), "symbolic links")
        )
        yield Case(f"nothing for {reader}", refused(reader, lambda path: None, "No such file"))
        yield Case(f"an empty file for {reader}", refused(reader, plain(b""), "empty"))
        yield Case(f"an archive of nothing for {reader}", refused(reader, plain(gzip.compress(b"")), "empty"))
        yield Case(f"an archive within one for {reader}", refused(reader, plain(gzip.compress(gzip.compress(BY_YEAR)))))
        yield Case(f"a program for {reader}", refused(reader, plain(Path(sys.executable).read_bytes()[:MEGA])))
    text = CSV + ROW * 1000
    for coding in ("utf-16", "utf-16-le", "utf-32", "cp037"):
        yield Case(f"a table in {coding}", refused("csv", plain(text.decode().encode(coding))))
    wide = b",".join(b"x%d" % number for number in range(9000))
    yield Case(
        "a header of 9,000 unknown columns", refused("csv", plain(CSV.strip(), b",", wide, b"\n"), "more; expected")
    )
    yield Case("a header of 400,000 columns", refused("csv", plain(b"a," * 400_000, b"\n"), "at most 10000"))
    yield Case(
        "a header of 400,000 columns of NOAA", refused("ghcn", plain(ACCESS, b",a" * 400_000, b"\n"), "at most 10000")
    )
    pairs = b"".join(b",X%03d,X%03d_ATTRIBUTES" % (one, one) for one in range(1000))
    days = [b'USW00013904,2017-01-%02d,239,",,W"%s\n' % (day, b',1,",,W"' * 1000) for day in range(1, 31)]
    yield Case("an access file of 1,000 elements", accepted("ghcn", plain(ACCESS, pairs, b"\n", days), 30, 1, 200))
    long = CSV + b"\x1b[31m" + b"N" * 900_000 + b",2020-01-01,1,2,0\n"
    yield Case("a long name in an error", refused("csv", plain(long), "below temperature_min"))
    yield Case(
        "a long value in an error",
        refused("csv", plain(CSV, b"Oslo,2020-01-01,", b"\xf0\x9f\x8c\xa7" * 9000, b",,\n"), "…"),
    )
    blank = plain(CSV, [ROW.replace(b"01-01", b"01-%02d" % day) + b"\n" * 30_000 for day in range(1, 32)])
    yield Case("a table with many blank lines", accepted("csv", blank, 31, 1, 300))


def tables() -> Iterator[Case]:
    million, middle = 1_000_000, 777_777
    yield Case("a million rows", accepted("csv", daily(million, 50), million, 5, 600))
    yield Case("a million rows of 10,000 stations", accepted("csv", daily(million, 10_000), million, 5, 600))
    for name, row, said in (
        ("a word", b"Station 1,2000-01-01,warm,1,0\n", f"line {middle}, column temperature_max: 'warm'"),
        ("a short row", b"Station 1,2000-01-01,9\n", f"line {middle}: 3 values; expected 5"),
        ("a quote", b'Station "1",2000-01-01,9,1,0\n', f"line {middle}: the row that begins here is not CSV"),
        ("Latin-1", b"Z\xfcrich,2000-01-01,9,1,0\n", f"line {middle}: not UTF-8 text (byte 0xfc)"),
        ("a NUL", b"Station\0,2000-01-01,9,1,0\n", f"line {middle}: a NUL byte"),
        ("a day again", b"Station 0,1950-01-01,9,1,0\n", f"line {middle}, column date: 1950-01-01"),
    ):
        write = daily(million, 50, {middle: row})
        yield Case(f"a million rows with {name}", refused("csv", write, said, seconds=5, most=600))
    yield Case(
        "a station that is not among 10,000", refused("unknown", daily(million, 10_000), "and 9995 more", 5, 600)
    )
    yield Case("a million values of NOAA", accepted("ghcn", by_year(million), 250_000, 5, 600))
    broken = by_year(million, b"USC00000001,20170101,TMAX,1x,,,S,0700\n")
    yield Case(
        "a million values of NOAA, and a broken one", refused("ghcn", broken, "line 1000001, value: '1x'", 5, 600)
    )
    cut = by_year(million, b"USC00000001,20170101,TMAX,1")
    yield Case("a million values of NOAA, cut off", refused("ghcn", cut, "line 1000001: the file breaks off", 5, 600))
    places = [PLACE.replace(b"W00013904", b"W%08d" % number) for number in range(130_000)]
    yield Case("as many stations as there are", accepted("stations", plain(places), 130_000, 3, 400))
    spans = [b"USW%08d  30.0000  -97.0000 TMAX 1950 2020\n" % number for number in range(750_000)]
    yield Case("as large an inventory as there is", accepted("inventory", plain(spans), 750_000, 5, 600))
    yield Case("an inventory broken at its end", refused("inventory", plain(spans, b"USW"), "line 750001", 5, 600))


def cases(quick: bool) -> Iterator[Case]:
    yield from bombs(quick)
    if not quick:
        yield from tables()
        yield from odd()
