"""Signals that end a run: once, in order, and never while its end is recorded."""

import signal
import sys
import time
from dataclasses import dataclass
from types import FrameType

ENDING = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT") if hasattr(signal, name)]
CODES = [128 + one for one in ENDING]  # the shell's exit codes for them
PAUSE = 5.0  # seconds in which a second signal changes nothing: the first is at work


@dataclass
class State:
    """What became of the signals so far."""

    held: bool = False  # whether they wait
    waiting: int | None = None  # the first that does
    raised: int | None = None  # the last that was raised as an exception
    deaf_until: float = 0.0  # by the monotonic clock


state = State()


def listen() -> None:
    """Has each of the signals raise SystemExit with the shell's exit code; a hang-up that `nohup` ignores stays so."""
    for one in ENDING:
        if one == signal.SIGINT or signal.getsignal(one) is not signal.SIG_IGN:
            signal.signal(one, _end)
    if hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGALRM, _again)
        sys.unraisablehook = _dropped


def release() -> None:
    """Lets the signals end the run again; raises SystemExit if one has waited."""
    state.held, state.raised = False, None
    if state.waiting:
        _raise(state.waiting)


def behind(error: BaseException) -> BaseException:
    """The SystemExit of a signal where a library made another error of it, else the error; a full disk is one still."""
    turned = state.raised is not None and isinstance(error, Exception) and not isinstance(error, OSError)
    return SystemExit(128 + (state.raised or 0)) if turned else error


def ignore() -> None:
    """Nothing is left that they could end but the process, which ends by itself."""
    for one in ENDING:
        signal.signal(one, signal.SIG_IGN)


def _end(signum: int, frame: FrameType | None) -> None:
    if state.held:
        state.waiting = state.waiting or signum
    elif _would_be_lost(frame) and hasattr(signal, "SIGALRM"):
        _try_later(signum)
    elif time.monotonic() >= state.deaf_until:
        _raise(signum)


def _try_later(signum: int) -> None:
    state.waiting = signum
    signal.setitimer(signal.ITIMER_REAL, 0.05)


def _dropped(unraisable: "sys.UnraisableHookArgs") -> None:
    """A library that Python calls back may drop the exception of a signal: it is raised again."""
    if state.raised and unraisable.exc_type is SystemExit:
        state.deaf_until = 0
        _try_later(state.raised)
    else:
        sys.__unraisablehook__(unraisable)


def _again(signum: int, frame: FrameType | None) -> None:
    if state.waiting:
        _end(state.waiting, frame)


def _raise(signum: int) -> None:
    state.deaf_until, state.waiting, state.raised = time.monotonic() + PAUSE, None, signum
    raise SystemExit(128 + signum)


def _would_be_lost(frame: FrameType | None) -> bool:
    """Whether an exception raised here may not arrive: imports turn it into another, finalisers drop it."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib") or frame.f_code.co_name == "__del__":
            return True
        frame = frame.f_back
    return False
