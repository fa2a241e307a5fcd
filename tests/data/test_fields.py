"""Comma-separated values: the rows are those of Python's csv module, or an error names the line."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stratus.data.fields import MOST, open_table
from stratus.data.lines import blocks
from stratus.errors import DataError


def rows_of(path, size=1 << 22, *, header=True):
    table = open_table(blocks(path, size), "file", header=header)
    every = {f"{place}": place for place in range(len(table.first))}
    return table.first, [row for part in table.parts(every) for row in part.rows()]


def write(folder, text):
    path = folder / "file"
    path.write_bytes(text.encode())
    return path


cells = st.lists(st.sampled_from(['"', "a", ",", "\n", '""', '"a"', "é", " "]), max_size=14).map("".join)


@settings(max_examples=400)
@given(text=cells, size=st.integers(1, 9), header=st.booleans())
def test_rows_are_those_of_the_csv_module_or_refused(tmp_path_factory, text, size, header):
    path = write(tmp_path_factory.getbasetemp(), text)
    try:
        first, rows = rows_of(path, size, header=header)
    except DataError:
        return
    reader, expected, line = csv.reader(io.StringIO(text, newline=""), strict=True), [], 1
    for row in reader:
        if row:
            expected.append((line, *(cell.strip() for cell in row)))
        line = reader.line_num + 1
    assert first == list(expected[0][1:])
    assert rows == expected[header:]


written = st.lists(st.lists(st.sampled_from(["a", 'b"', "c,d", "e\nf", "", "\n", "g" * 30]), min_size=3, max_size=3))


@settings(max_examples=200)
@given(rows=written.filter(bool), size=st.integers(1, 90))
def test_what_the_csv_module_writes_is_read_again(tmp_path_factory, rows, size):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    _, found = rows_of(write(tmp_path_factory.getbasetemp(), text.getvalue()), size, header=False)
    assert [list(row[1:]) for row in found] == [[cell.strip() for cell in row] for row in rows]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n3\n", "line 3: 1 values; expected 2, one a column"),
        ("a,b\n1,2\n3,4,5\n", "line 3: 3 values; expected 2"),
        ("a,b\n\n1,2\n3,4", None),
        ('a,b\n1,"2\n3,4\n', "line 2: the row that begins here is not CSV: a quote in it is never closed"),
        ('a,b\n1,2"\n3,4\n', "line 2: the row that begins here is not CSV: a quote stands within a value"),
        ('a,b\n"x\ny",2\n"1"2,3\n', "line 4: the row that begins here is not CSV: a quote stands within"),
        ("a,b\n" + "1," * MOST, f"line 2: {MOST + 1} values; expected 2"),
        ("a," * MOST, f"line 1: {MOST + 1} columns; expected at most {MOST}"),
        ("\n\n", "file is empty"),
    ],
)
def test_a_row_that_is_none_is_named_by_its_line(tmp_path, text, said):
    path = write(tmp_path, text)
    if said is None:
        assert rows_of(path)[1] == [(3, "1", "2"), (4, "3", "4")]
        return
    with pytest.raises(DataError) as caught:
        rows_of(path)
    assert said in str(caught.value)
