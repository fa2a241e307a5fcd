"""The bucket's Parquet, damaged: one line, whatever polars prints; and never more rows than a file can hold."""

import os

import polars as pl
import pytest

from stratus.data.ghcn.layouts import read
from stratus.errors import DataError

COLUMNS = {"ID": "USW00013904", "DATE": "20170201", "ELEMENT": "TMAX", "M_FLAG": "", "Q_FLAG": "", "S_FLAG": "W"}


def written(path, values, **more):
    constant = [pl.lit(value).alias(name) for name, value in (COLUMNS | more).items()]
    pl.DataFrame({"DATA_VALUE": values}).with_columns(constant).write_parquet(path)
    return path


def test_a_file_cut_anywhere_is_refused_in_one_line(tmp_path, capfd):
    whole = written(tmp_path / "whole", list(range(99))).read_bytes()
    for end in range(4, len(whole), 41):
        (tmp_path / "cut").write_bytes(whole[:end])
        with pytest.raises(DataError) as caught:
            read(tmp_path / "cut")
        assert str(caught.value).startswith(f"{tmp_path}/cut: not a readable Parquet file (")
        assert str(caught.value).isprintable()
    os.write(2, b"heard again")
    assert capfd.readouterr().err == "heard again"


@pytest.mark.parametrize(
    ("values", "more", "said"),
    [
        ([1.5], {}, "line 1, value: '1.5'; expected a whole number"),
        ([None], {}, "line 1, value: ''; expected a whole number"),
        ([[1]], {}, "not a readable Parquet file"),
        ([1], {"DATE": "2017021"}, "line 1, date: '2017021'; expected a real day as YYYYMMDD"),
        ([1], {"Q_FLAG": "\x1b[31m"}, r"line 1, quality: '\x1b[31m'; expected one character"),
        ([1], {"DATE": 20170201}, None),
    ],
)
def test_a_broken_value_is_named(tmp_path, values, more, said):
    path = written(tmp_path / "file", values, **more)
    if said is None:
        assert read(path)["value"].to_list() == [0.1]
        return
    with pytest.raises(DataError) as caught:
        read(path)
    assert said in str(caught.value)


def test_a_file_of_more_rows_than_its_bytes_can_hold_is_refused(tmp_path):
    path = written(tmp_path / "file", pl.repeat(1, 3_000_000, eager=True))
    assert path.stat().st_size < 100_000
    with pytest.raises(DataError, match="3000000 rows in"):
        read(path)
