"""KNMI's files: both forms of the header, several stations, gaps; and how a broken line is said."""

import gzip
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from knmi import ABOVE, COLUMNS, line, text

from stratus.data.knmi.etmgeg import USED, read
from stratus.errors import DataError


def write(folder, content):
    path = folder / "etmgeg_260.txt"
    path.write_bytes(content)
    return path


def refusal(folder, content):
    with pytest.raises(DataError) as caught:
        read(write(folder, content))
    assert str(caught.value).isprintable()
    return str(caught.value).replace(f"{folder}/", "")


ROWS = [line(TX=81, RH=-1), line(day=20200102, TX=-5), line(279, 20200101, TN=0)]


@pytest.mark.parametrize(
    "content",
    [
        text(*ROWS),
        text(*ROWS, above="", header="STN,YYYYMMDD,", blank=False, end="\n"),
        text(*ROWS, above="", header="#STN,YYYYMMDD,", end="\r"),
        text(*ROWS, above="# " + ABOVE.replace("\r\n", "\r\n# ") + "\r\n"),
        gzip.compress(text(*ROWS)),
    ],
)
def test_every_form_of_a_file_gives_the_same_days(tmp_path, content):
    table = read(write(tmp_path, content))
    assert table.columns == ["line", "station", "date", *(name for name in COLUMNS if name in USED)]
    found = table.select("station", "date", "TX", "TN", "RH").rows()
    assert found == [
        ("260", date(2020, 1, 1), 81, None, -1),
        ("260", date(2020, 1, 2), -5, None, None),
        ("279", date(2020, 1, 1), None, 0, None),
    ]


def test_columns_may_be_few_and_in_any_order_after_the_first_two(tmp_path):
    table = read(write(tmp_path, b"# STN,YYYYMMDD, RH, TXH, TX\n260,20200101,5,13,-7\n"))
    assert table.columns == ["line", "station", "date", "RH", "TX"]
    assert table.row(0) == (2, "260", date(2020, 1, 1), 5, -7)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (line(TX="8.1"), "line 9, TX: '8.1'; expected a whole number, or nothing where it was not measured"),
        (line(RH="x"), "line 9, RH: 'x'; expected a whole number"),
        (line(Q="9" * 12), "line 9, Q: '999999999999'; expected a whole number"),
        (line(day=20200230), "line 9, date: '20200230'; expected a real day as YYYYMMDD"),
        (line(day="2020-1-1"), "line 9, date: '2020-1-1'; expected a real day as YYYYMMDD"),
        (line("De Bilt"), "line 9, station: 'De Bilt'; expected a station's three digits"),
        (line() + ",5", "line 9: 42 values; expected 41, one a column"),
        (line()[:-6], "line 9: 40 values; expected 41, one a column"),
    ],
)
def test_a_broken_line_is_named_with_column_value_and_what_was_expected(tmp_path, row, said):
    assert refusal(tmp_path, text(line(), row)).startswith(f"etmgeg_260.txt, {said}")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no line '# STN,YYYYMMDD,…' names the columns"),
        (b"station,date,temperature_max\n", "no line '# STN,YYYYMMDD,…' names the columns"),
        (text(*ROWS)[:-9], "line 10: the file breaks off within this line"),
        (b"STN,YYYYMMDD,TX,RD\n260,20200101,1,1\n", "line 1: unknown column 'RD'; expected STN, YYYYMMDD, DDVEC"),
        (b"STN,YYYYMMDD,TX,TX\n260,20200101,1,1\n", "line 1: the column TX stands there more than once"),
        (b"STN,YYYYMMDD,TXH\n260,20200101,1\n", "line 1: no column of use; expected some of DDVEC"),
        (b"STN,YYYYMMDD,TX\n260,20200101,\xb0\n", "line 2: not UTF-8 text"),
    ],
)
def test_what_is_no_such_file_is_refused(tmp_path, content, said):
    message = refusal(tmp_path, content)
    assert message.startswith("etmgeg_260.txt")
    assert said in message


days = st.dates(date(1900, 1, 1), date(2100, 1, 1))
numbers = st.none() | st.integers(-(2**31), 2**31 - 1)


@given(rows=st.lists(st.tuples(st.integers(100, 999), days, st.lists(numbers, min_size=39, max_size=39)), max_size=5))
@settings(max_examples=30)
def test_any_whole_numbers_are_read_as_they_were_written(tmp_path_factory, rows):
    named = [dict(zip(COLUMNS, values, strict=True)) for *_, values in rows]
    written = [{name: one for name, one in row.items() if one is not None} for row in named]
    lines = [line(row[0], f"{row[1]:%Y%m%d}", **one) for row, one in zip(rows, written, strict=True)]
    found = read(write(tmp_path_factory.mktemp("knmi"), text(*lines))).rows()
    kept = [[row[name] for name in COLUMNS if name in USED] for row in named]
    assert found == [
        (number + 8, f"{station}", day, *values)
        for number, ((station, day, _), values) in enumerate(zip(rows, kept, strict=True))
    ]
