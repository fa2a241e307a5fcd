"""Files of fixed width: a line a station, month and element; 31 days of a value and three flags; -9999 is missing."""

from itertools import pairwise

import numpy as np
import polars as pl

from stratus.data.ghcn.values import ELEMENTS, FLAGS, converted
from stratus.errors import DataError

_WIDTH = 269  # characters of a line: 21 and 31 days of 8


def read_dly(content: bytes, name: str, start: int) -> pl.DataFrame:
    """The long table of some lines of a .dly file.

    Args:
        content: The lines.
        name: What messages call the file.
        start: The number of the first line.

    Raises:
        DataError: A line is broken: names file and line.
    """
    lines = content.splitlines()
    widths = np.fromiter(map(len, lines), int, len(lines))
    # Copies have lost the blanks at the line's end: at most the last day's three flags.
    if (wrong := np.flatnonzero((widths < _WIDTH - 3) | (widths > _WIDTH))).size:
        width = widths[wrong[0]]
        raise DataError(f"{name}, line {wrong[0] + start}: {width} characters; a line of a .dly file has {_WIDTH}")
    table = np.frombuffer(b"".join(line.ljust(_WIDTH) for line in lines), dtype=np.uint8).reshape(-1, _WIDTH)
    printable = ((table >= ord(" ")) & (table <= ord("~"))).all(axis=1)
    heads = pl.DataFrame({"head": [line[:21].decode("ascii", "replace") for line in lines]}).select(
        pl.col("head").str.extract_groups(_HEAD).struct.unnest()
    )
    if (wrong := np.flatnonzero(~printable | heads["station"].is_null().to_numpy())).size:
        raise DataError(f"{name}, line {wrong[0] + start}: {lines[wrong[0]][:40]!r} is not a line of a .dly file")
    days = np.ascontiguousarray(table[:, 21:]).reshape(-1, 31, 8)
    values = _integers(days[:, :, :5], name, start)
    row, day = np.nonzero(values != -9999)
    months = heads["month"].str.to_date("%Y%m", strict=False).to_numpy().astype("datetime64[M]")[row]
    dates = months.astype("datetime64[D]") + day
    if (wrong := np.flatnonzero(np.isnat(dates) | (dates.astype("datetime64[M]") != months))).size:
        line, number = row[wrong[0]] + start, day[wrong[0]] + 1
        raise DataError(f"{name}, line {line}: a value for day {number} of a month without it")
    flags = days[row, day, 5:]
    long = heads.select("station", "element")[row].with_columns(
        pl.Series("date", dates),
        pl.Series("number", values[row, day]),
        *(_CHARACTERS.gather(flags[:, k]).alias(flag) for k, flag in enumerate(FLAGS)),
    )
    kept = long.filter(pl.col("element").is_in(ELEMENTS))
    return kept.select("station", "date", "element", converted(None), *FLAGS)


_HEAD = r"^(?<station>[A-Z]{2}[A-Z0-9_\-]{9})(?<month>\d{6})(?<element>[A-Z0-9]{4})$"
_CHARACTERS = pl.Series([chr(k) if chr(k) != " " else "" for k in range(128)])


_RANK = np.full(256, 3, np.uint8)  # in a number come blanks, then a sign perhaps, then digits; 3 is none of them
_RANK[ord(" ")], _RANK[ord("-")], _RANK[ord("0") : ord("9") + 1] = 0, 1, 2


def _integers(characters: np.ndarray, name: str, start: int) -> np.ndarray:
    """Right-aligned whole numbers of five characters [lines, days, 5]."""
    columns = [np.ascontiguousarray(characters[:, :, k]) for k in range(5)]
    ranks = [_RANK[column] for column in columns]
    signs = sum((rank == 1).astype(np.int8) for rank in ranks)
    fine = (ranks[-1] == 2) & (signs < 2)
    for rank, following in pairwise(ranks):
        fine &= rank <= following
    if not fine.all():
        line, day = np.argwhere(~fine)[0]
        text = characters[line, day].tobytes().decode("ascii", "replace")
        raise DataError(f"{name}, line {line + start}: {text!r} for day {day + 1}; expected a whole number")
    whole = np.zeros(fine.shape, np.int32)
    for column, rank in zip(columns, ranks, strict=True):
        whole = 10 * whole + np.where(rank == 2, column, ord("0")) - ord("0")
    return np.where(signs, -whole, whole)
