"""Text that a terminal shows and does not obey."""

import logging
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stratus.errors import LegibleFormatter, legible, message
from stratus.files import naming
from stratus.runs.report import show


@given(st.text())
def test_nothing_is_left_that_a_terminal_obeys_and_letters_stay(text):
    shown = legible(text)
    assert {unicodedata.category(one) for one in shown}.isdisjoint({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
    if "\\" not in text:
        assert shown.encode("ascii", "backslashreplace").decode("unicode_escape") == text
    if text.isprintable():
        assert shown == text


def test_what_is_spelled_out_is_named_as_python_does():
    assert legible("São\u00a0Paulo\x1b[31m\u202e\n\udcff") == "São\u00a0Paulo\\x1b[31m\\u202e\\n\\udcff"
    assert legible("one\ntwo", keep="\n") == "one\ntwo"


def test_what_is_printed_or_logged_is_legible_and_markup_is_text(capsys):
    show("[red]a[/] :sun: \x1b]0;b")
    assert capsys.readouterr().out == "[red]a[/] :sun: \\x1b]0;b\n"
    line = logging.LogRecord("x", logging.INFO, "", 0, "the input %s", ("\x1b[2J",), None)
    assert LegibleFormatter("%(message)s").format(line) == "the input \\x1b[2J"


def test_a_full_disk_is_told_with_its_place_and_mend():
    full = Path("/dev/full")
    with pytest.raises(OSError, match="space") as caught, naming(full):
        full.write_bytes(b"x")
    assert message(caught.value).startswith("/dev/full: No space left on device; make room there")
