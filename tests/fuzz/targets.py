"""The readers of tables, each fed with damaged files: `failure` says what a reader did that it must not do.

A reader may refuse a file in one line. What it reads has to be what the simple reader finds in the same bytes.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import examples
import simple
from damage import damaged

from stratus.data import australia
from stratus.data.daily_table import read_csv, read_table
from stratus.data.ghcn.layouts import read
from stratus.data.ghcn.stations import read_inventory, read_stations
from stratus.data.knmi import etmgeg
from stratus.data.layout import Layout
from stratus.errors import DataError

LONGEST = 700  # characters of a message


@dataclass(frozen=True)
class Target:
    """A reader, files for it, and the simple reader of the same."""

    example: Callable[[Random], bytes]
    read: Callable[[Path], Any]  # gives a data frame
    simple: Callable[[bytes], list[tuple]] | None  # None: what was damaged cannot be told from what was not


standard = partial(read, units="standard")
MAPPED = Layout(
    columns={"date": "DAY", "temperature_max": "hi", "temperature_min": "lo", "precipitation": "rain"},
    units={"temperature_max": "degF", "temperature_min": "degF", "precipitation": "inch"},
    date_format="%d/%m/%Y",
    station="Oslo",
)
BUREAU = ("station", "date", "temperature_max", "temperature_min", "precipitation", "pressure_3pm")
READERS = {
    "csv": Target(examples.csv, read_csv, simple.rows_of_csv),
    "by_year": Target(examples.by_row, standard, simple.rows_of_ghcn),
    "access": Target(examples.access, standard, simple.rows_of_ghcn),
    "export": Target(examples.export, standard, simple.rows_of_ghcn),
    "dly": Target(examples.dly, read, simple.rows_of_dly),
    "stations": Target(examples.places, read_stations, simple.rows_of_places),
    "inventory": Target(examples.inventory, read_inventory, simple.rows_of_inventory),
    "knmi": Target(examples.knmi, lambda path: etmgeg.read(path).drop("line"), simple.rows_of_knmi),
    "mapped": Target(examples.mapped, MAPPED.read, simple.rows_of_mapped),
    "bureau": Target(examples.bureau, lambda path: australia.read(path)[0].select(BUREAU), simple.rows_of_bureau),
    "daily_parquet": Target(examples.daily_parquet, read_table, None),
    "parquet": Target(examples.parquet, read, None),  # without checksums: a flipped bit is a value like any other
}


def content_of(reader: str, seed: int, *, damage: bool = True) -> bytes:
    """The file that a seed stands for."""
    chance = Random(f"{reader} {seed}")
    content = READERS[reader].example(chance)
    return damaged(chance, content) if damage else content


def failure(reader: str, content: bytes, path: Path, *, damage: bool = True) -> str | None:
    """What a reader does wrong with a file, if anything; `path` is where to put the file."""
    target = READERS[reader]
    path.write_bytes(content)
    try:
        rows = target.read(path).rows()
    except DataError as error:
        said = str(error)
        if not damage:
            return f"refuses a whole file: {said}"
        plain = said.isprintable() and len(said) < LONGEST + len(str(path)) and said.startswith(str(path))
        return None if plain else f"not one line that names the file: {said!r}"
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        return f"raises {type(error).__name__}: {error}"
    if target.simple is None:
        return None
    try:
        expected = target.simple(content)
    except (ValueError, IndexError, KeyError, OverflowError):
        return "reads what the simple reader is not sure of"
    return None if alike(rows, expected) else f"reads {wrong(rows, expected)}"


def alike(rows: list[tuple], expected: list[tuple]) -> bool:
    """Whether two tables hold the same rows, up to the last bit of a conversion."""
    if len(rows) != len(expected):
        return False
    order = partial(sorted, key=lambda row: tuple(map(str, row[:3])) + tuple(map(str, row)))
    return all(map(same, order(rows), order(expected)))


def same(row: tuple, other: tuple) -> bool:
    return all(one == two or close(one, two) for one, two in zip(row, other, strict=True))


def close(one: Any, two: Any) -> bool:
    return isinstance(one, float) and isinstance(two, float) and math.isclose(one, two, rel_tol=1e-12, abs_tol=1e-12)


def wrong(rows: list[tuple], expected: list[tuple]) -> str:
    more, less = set(rows) - set(expected), set(expected) - set(rows)
    return f"{list(more)[:2]} where there is {list(less)[:2]}; {len(rows)} rows of {len(expected)}"
