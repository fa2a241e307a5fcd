"""The bucket's Parquet files of GHCN-Daily, read into the long table (see `values`)."""

import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from stratus.data.ghcn.values import checked
from stratus.data.parquet import Parquet
from stratus.errors import DataError

_FLAGS = {"M_FLAG": "measurement", "Q_FLAG": "quality", "S_FLAG": "source"}
_COLUMNS = {"ID": "station", "DATE": "date", "DATA_VALUE": "value"} | _FLAGS


def pieces(path: Path, size: int) -> Iterator[pl.DataFrame]:
    """Long tables of `size` rows: ID, DATE, DATA_VALUE and flags are columns, the element ELEMENT=… in the path.

    So is OBS_TIME, if it is there.

    Raises DataError if the file is damaged, has not these columns, or a value in it is broken: names file and row.
    """
    file, element = Parquet(path), re.search(r"ELEMENT=([A-Z0-9]{4})(?:/|$)", path.as_posix())
    if missing := [column for column in _COLUMNS if column not in file.columns]:
        raise DataError(f"{path}: no column {', '.join(missing)}; expected {', '.join(_COLUMNS)}")
    if "ELEMENT" not in file.columns and not element:
        raise DataError(f"{path}: no element; expected a folder ELEMENT=TMAX or the like above the file")
    named = pl.col("ELEMENT") if "ELEMENT" in file.columns else pl.lit(element[1] if element else "").alias("ELEMENT")
    given = [*_COLUMNS, *({"OBS_TIME"} & {*file.columns})]
    text = [one.cast(pl.String).fill_null("") for one in (pl.col(given), named)]
    for above, part in file.parts(size, *text):
        table = part.rename(_COLUMNS | {"ELEMENT": "element", "OBS_TIME": "time"}, strict=False).with_row_index(
            "line", offset=above + 1
        )
        yield checked(table, str(path), compact=True)
