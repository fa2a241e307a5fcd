"""Signals end a run once, and wait while it must not be broken off."""

import os
import signal
import sys
import time
import weakref

import polars as pl
import pytest

from stratus.runs import record, signals
from stratus.runs.recording import recorded


@pytest.fixture(autouse=True)
def listening():
    before, hook = {one: signal.getsignal(one) for one in [*signals.ENDING, signal.SIGALRM]}, sys.unraisablehook
    signals.state.__init__()
    signals.listen()
    yield
    signals.state.__init__()
    sys.unraisablehook = hook
    for one, handler in before.items():
        signal.signal(one, handler)


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129), ("SIGQUIT", 131)])
def test_a_signal_is_the_shell_s_exit_code(name, code):
    with pytest.raises(SystemExit) as end:
        os.kill(os.getpid(), getattr(signal, name))
    assert end.value.code == code


def test_a_second_signal_does_not_break_into_the_end_that_the_first_began():
    with pytest.raises(SystemExit):
        os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGTERM)  # nothing


def test_a_signal_waits_while_signals_are_held_and_the_first_counts():
    signals.state.held = True
    os.kill(os.getpid(), signal.SIGHUP)
    os.kill(os.getpid(), signal.SIGINT)
    with pytest.raises(SystemExit) as end:
        signals.release()
    assert end.value.code == 129
    signals.release()  # nothing is left


def test_a_signal_within_an_import_waits_for_its_end(tmp_path, monkeypatch):
    (tmp_path / "interrupted.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGTERM)\ndone = True\n")
    monkeypatch.syspath_prepend(tmp_path)
    import interrupted  # noqa: PLC0415

    assert interrupted.done
    with pytest.raises(SystemExit) as end:
        time.sleep(5)
    assert end.value.code == 143


def test_a_signal_whose_exception_is_dropped_is_raised_again():
    dropped = weakref.ref(something := pl.DataFrame(), lambda _: os.kill(os.getpid(), signal.SIGQUIT))
    del something  # Python drops what this callback raises
    assert dropped() is None
    with pytest.raises(SystemExit) as end:
        time.sleep(5)
    assert end.value.code == 131


def test_an_error_that_a_library_made_of_a_signal_is_the_signal(tmp_path):
    with pytest.raises(SystemExit) as end:
        stopped_within_a_library(tmp_path)
    assert end.value.code == 129
    assert [record.read(tmp_path).status, record.read(tmp_path).error] == ["interrupted", "stopped with exit code 129"]


def stopped_within_a_library(folder):
    """As polars does where it asks Python for a type."""
    with recorded(folder, task="binary", overrides=[], seed=0):
        try:
            os.kill(os.getpid(), signal.SIGHUP)
        except SystemExit:
            raise TypeError("'<unprintable str object>' is not a Polars data type") from None


def test_a_full_disk_is_told_though_a_signal_came_before():
    with pytest.raises(SystemExit):
        os.kill(os.getpid(), signal.SIGINT)
    full = OSError(28, "No space left")
    assert signals.behind(full) is full
    assert signals.behind(ValueError()).code == 130


def test_a_hang_up_that_nohup_ignores_stays_ignored():
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signals.listen()
    os.kill(os.getpid(), signal.SIGHUP)
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
