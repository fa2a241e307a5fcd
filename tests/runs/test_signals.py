"""Signals end a run once, and wait while it must not be broken off."""

import os
import signal
import time

import pytest

from stratus.runs import signals


@pytest.fixture(autouse=True)
def listening():
    before = {one: signal.getsignal(one) for one in [*signals.ENDING, signal.SIGALRM]}
    signals.state.__init__()
    signals.listen()
    yield
    signals.state.__init__()
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


def test_a_hang_up_that_nohup_ignores_stays_ignored():
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signals.listen()
    os.kill(os.getpid(), signal.SIGHUP)
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
