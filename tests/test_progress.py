"""Long work is shown on a terminal, what is printed stands above it, and nothing is left of it."""

import os
import sys

import pytest

from stratus import progress
from stratus.progress import BYTES, Work, each, working


@pytest.fixture
def terminal(monkeypatch):
    """What a terminal is given once `progress.begin` was called, when asked for."""
    far, near = os.openpty()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr(progress, "AFTER", 0)
    monkeypatch.setattr(progress, "EVERY", 0)
    monkeypatch.setattr(Work, "terminal", None)
    with open(near, "w") as stderr:
        monkeypatch.setattr(sys, "stderr", stderr)
        progress.begin()

        def shown():
            stderr.write(chr(4))  # so that the terminal's other end knows when to stop reading
            stderr.flush()
            given = b""
            while not given.endswith(bytes([4])):
                given += os.read(far, 10_000)
            return given.decode()

        yield shown
    os.close(far)


def test_work_says_how_much_is_done_of_how_much_and_leaves_nothing(terminal):
    with working("reading x.csv", 4e6, BYTES) as work:
        work.at(1e6)
        work.at(3e6, lambda: "loss 0.5")
    shown = terminal()
    assert "reading x.csv" in shown
    assert "1.0 of 4.0 MB" in shown
    assert "3.0 of 4.0 MB, 0:00:00 left loss 0.5" in shown
    assert shown.endswith("\x1b[1A\x1b[2K\x04")  # back in the line where it began, which is cleared
    assert Work.shown == []


def test_short_work_and_what_has_no_terminal_show_nothing(terminal, monkeypatch, capsys):
    monkeypatch.setattr(progress, "AFTER", 60)
    assert [*each(range(3), "reading", "files")] == [0, 1, 2]
    assert terminal() == "\x04"
    monkeypatch.setattr(Work, "terminal", None)
    monkeypatch.setattr(progress, "AFTER", 0)
    assert [*each("abc", "reading", "files")] == ["a", "b", "c"]
    assert capsys.readouterr() == ("", "")


def broken_off():
    with working("outer", 3, "files") as outer:
        outer.at(1)
        for _ in each("ab", "inner", "parts"):
            pass
        raise ValueError("broken")


def test_work_within_work_is_a_line_below_it_and_ends_where_it_breaks_off(terminal):
    with pytest.raises(ValueError, match="broken"):
        broken_off()
    shown = terminal()
    above, below = shown.partition("inner")[0], shown.partition("inner")[2]
    assert "1 of 3 files" in above.rpartition("outer")[2]
    assert "1 of 2 parts" in below
    assert Work.shown == []
    assert Work.bars is None
