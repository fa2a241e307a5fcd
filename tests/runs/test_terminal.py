"""What is printed to a place that takes it no longer breaks nothing off."""

import subprocess
import sys

import pytest

PRINT = """
import sys
from stratus.runs import terminal
terminal.protect()
for _ in range(3):
    print("20 °C – snow", flush=True)
terminal.say_what_was_lost()
sys.exit(7)
"""


def printed(stdout, **environment):
    return subprocess.run(
        [sys.executable, "-c", PRINT], stdout=stdout, stderr=subprocess.PIPE, env=environment or None, check=False
    )


def test_a_full_disk_is_told_once_and_changes_no_exit_code():
    with open("/dev/full", "w") as full:
        ended = printed(full)
    mend = b"make room there, or name a place on another disk"
    assert (ended.returncode, ended.stderr) == (
        7,
        b"not all could be printed: No space left on device; " + mend + b"\n",
    )


def test_a_reader_that_has_gone_is_told_nothing():
    pipe = subprocess.Popen(["true"], stdin=subprocess.PIPE)
    pipe.wait()
    with pipe:
        ended = printed(pipe.stdin)
        assert (ended.returncode, ended.stderr) == (7, b"")


@pytest.mark.parametrize(("encoding", "shown"), [("utf-8", "20 °C – snow"), ("ascii", "20 ?C ? snow")])
def test_letters_that_a_terminal_lacks_are_shown_as_question_marks(encoding, shown, monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", encoding)
    ended = printed(subprocess.PIPE)
    assert ended.stdout.decode().splitlines() == [shown] * 3
