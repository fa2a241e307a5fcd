"""Real runs without their three seconds of imports: a server that has imported everything forks a process for each.

What a fork runs is `train.py` as a script, or the command `stratus`, from its first line to the interpreter's end, in a
session of its own: it gets real signals, has its own limits, terminal and user, and a real exit code.
"""

import atexit
import ctypes
import gc
import io
import json
import os
import pty
import resource
import runpy
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from harness import LIMIT, ROOT, Ended, environment

Moment = tuple[str, str, int, str]  # a function's file and name, how many calls pass, at which event of the next one
SPRUNG = "sprung"  # the file that a trap leaves in the folder


@dataclass
class Fork:
    """A process that runs a command."""

    pid: int
    out: Path
    err: Path
    over: threading.Event = field(default_factory=threading.Event)
    code: int | None = None

    def send(self, name: str) -> None:
        """Sends a signal, if the process is still there."""
        if not self.over.is_set():
            with suppress(ProcessLookupError):  # its end may not have been told yet
                os.kill(self.pid, getattr(signal, name))

    def ended(self, limit: float = LIMIT) -> Ended:
        """Waits for its end; fails where it hangs."""
        if not self.over.wait(limit):
            os.kill(self.pid, signal.SIGKILL)
            raise AssertionError(f"it did not end within {limit} seconds")
        assert self.code is not None
        texts = [one.read_text(errors="replace") if one.exists() else "" for one in (self.out, self.err)]
        return Ended(self.code, *texts)

    def wait_for(self, folder: Path, pattern: str) -> Path:
        """The first file of that name that it makes; fails where it ends without."""
        while True:
            over = self.over.is_set()
            if file := next(folder.glob(pattern), None):
                return file
            assert not over, f"no {pattern}: {self.ended()}"
            time.sleep(0.002)


class Server:
    """The process that forks."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, __file__],
            env=environment(POLARS_MAX_THREADS="1"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.asking, self.known = threading.Lock(), threading.Condition()
        self.count = 0
        self.forks: dict[int, Fork] = {}
        self.codes: dict[int, int] = {}
        self.pids: dict[int, int] = {}
        threading.Thread(target=self._listen, daemon=True).start()
        atexit.register(self._close)

    def _close(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()
        assert self.process.stdout
        self.process.stdout.close()

    def _listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            said = json.loads(line)
            with self.known:
                if "number" in said:
                    self.pids[said["number"]] = said["pid"]
                elif said["pid"] in self.forks:
                    self._end(self.forks.pop(said["pid"]), said["code"])
                else:
                    self.codes[said["pid"]] = said["code"]
                self.known.notify_all()

    @staticmethod
    def _end(fork: Fork, code: int) -> None:
        fork.code = code
        fork.over.set()

    def start(self, words: Sequence[str], folder: Path, **how: Any) -> Fork:
        """Starts a command; for `how` see `_become`."""
        with self.asking:
            number = self.count = self.count + 1
            out, err = (folder / f"{name}{number}" for name in ("out", "err"))
            asked = {"number": number, "words": list(words), "folder": str(folder), "out": str(out), "err": str(err)}
            assert self.process.stdin
            self.process.stdin.write(json.dumps(asked | how) + "\n")
            self.process.stdin.flush()
        with self.known:
            self.known.wait_for(lambda: number in self.pids)
            fork = Fork(self.pids[number], out, err)
            if fork.pid in self.codes:
                self._end(fork, self.codes.pop(fork.pid))
            else:
                self.forks[fork.pid] = fork
        return fork


@cache
def server() -> Server:
    """The one server of this process."""
    return Server()


def start(*words: str, folder: Path, **how: Any) -> Fork:
    """Starts `python train.py …`, or `stratus …` where the first word is `stratus`, in a folder.

    Args:
        words: The command line.
        folder: Where it runs; its output is in files there.
        how: `stdout`, a file for it; `pipe`, that its reader has gone; `tty`, the name of its terminal; `limit`, of the
            size of a file; `plain`, that it is no superuser; `nohup`, that it ignores hang-ups; `trap`: a function's
            file and name, how many calls of it pass before it is sent `signals`, and at which `event` of that call
            (see `_set_trap`).
    """
    return server().start(words, folder, **how)


def run(*words: str, folder: Path, **how: Any) -> Ended:
    """Runs a command to its end; see `start`."""
    return start(*words, folder=folder, **how).ended()


def trap(moment: Moment, *signals: str) -> dict[str, Any]:
    """What the server is told of a moment."""
    return dict(zip(("file", "name", "passes", "event"), moment, strict=True), signals=signals)


@contextmanager
def stopped(*words: str, folder: Path, moment: Moment, **how: Any) -> Iterator[Fork]:
    """A command that stands still at a moment for as long as the block lasts, and then goes on; see `start`."""
    fork = start(*words, folder=folder, trap=trap(moment, "SIGSTOP"), **how)
    fork.wait_for(folder, SPRUNG)
    while Path(f"/proc/{fork.pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
        time.sleep(0.002)
    try:
        yield fork
    finally:
        fork.send("SIGCONT")


def terminal() -> tuple[int, str]:
    """A terminal: the descriptor of its far end, and its name."""
    far, near = pty.openpty()
    name = os.ttyname(near)
    os.close(near)
    return far, name


# --- the server's side


def _serve() -> dict[str, Any] | None:
    """Forks for each request; returns it in the fork, and None at the end."""
    incoming, answers, rest = 0, os.fdopen(os.dup(1), "w"), ""
    while True:
        readable, _, _ = select.select([incoming], [], [], 0.003)
        if readable:
            if not (data := os.read(incoming, 65536)):
                return None
            *lines, rest = (rest + data.decode()).split("\n")
            for line in lines:
                asked: dict[str, Any] = json.loads(line)
                if not (pid := os.fork()):
                    os.close(answers.fileno())
                    return asked
                print(json.dumps({"number": asked["number"], "pid": pid}), file=answers, flush=True)
        try:
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                code = os.waitstatus_to_exitcode(ended[1])
                print(json.dumps({"pid": ended[0], "code": code}), file=answers, flush=True)
        except ChildProcessError:
            pass


def _become(asked: dict[str, Any]) -> None:
    """Makes this process what was asked for: its session, folder, files, limits, user."""
    os.setsid()
    os.chdir(asked["folder"])
    made = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    if "tty" in asked:
        files = [os.open(asked["tty"], os.O_RDWR)] * 3
    else:
        files = [os.open(os.devnull, os.O_RDONLY), os.open(asked.get("stdout", asked["out"]), made)]
        files.append(os.open(asked["err"], made))
    if "pipe" in asked:
        reader, files[1] = os.pipe()
        os.close(reader)
    for number, file in enumerate(files):
        os.dup2(file, number)
    for name, number in (("stdout", 1), ("stderr", 2)):
        ended = {"line_buffering": name == "stderr" or os.isatty(number)}
        stream = io.TextIOWrapper(io.BufferedWriter(io.FileIO(number, "w", closefd=False)), "utf-8", **ended)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if "nohup" in asked:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    if "limit" in asked:
        resource.setrlimit(resource.RLIMIT_FSIZE, (asked["limit"],) * 2)
    if "plain" in asked:
        _drop_overrides()


def _drop_overrides() -> None:
    """Has permissions hold for root too: drops CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # version 3, this process
    sets = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable; twice 32 of each
    assert libc.capget(header, sets) == 0
    for k in range(3):
        sets[k] &= ~0b110
    assert libc.capset(header, sets) == 0, os.strerror(ctypes.get_errno())


def _set_trap(file: str, name: str, passes: int, event: str, signals: Sequence[str]) -> None:
    """Sends this process signals as a function is entered (`call`) or left (`return`), once so many have passed.

    A method of a context manager may be that of one function's: `__exit__(recorded)`.
    """
    left = passes
    name, _, made_by = name.rstrip(")").partition("(")

    def watch(frame: Any, happened: str, _: Any) -> None:
        nonlocal left
        code = frame.f_code
        if happened == event and code.co_qualname == name and code.co_filename.endswith(file):
            if made_by and frame.f_locals["self"].gen.__name__ != made_by:
                return
            left -= 1
            if left < 0:
                sys.setprofile(None)
                open(SPRUNG, "w").close()
                for one in signals:
                    os.kill(os.getpid(), getattr(signal, one))

    sys.setprofile(watch)


def _main() -> None:
    import lightning.pytorch  # noqa: F401, PLC0415
    import matplotlib.backends.backend_agg  # noqa: F401, PLC0415

    import stratus.cli  # noqa: PLC0415
    import stratus.runs.experiment  # noqa: PLC0415
    import stratus.runs.pictures  # noqa: PLC0415
    import stratus.sweep.callback  # noqa: PLC0415

    gc.collect()
    gc.freeze()  # what is imported is not looked through as a fork ends, nor copied for it
    asked = _serve()
    if asked is None:
        return
    _become(asked)
    first, *more = words = asked["words"]
    sys.argv = ["stratus", *more] if first == "stratus" else [str(ROOT / "train.py"), *words]
    if "trap" in asked:
        _set_trap(**asked["trap"])
    if first == "stratus":
        sys.exit(stratus.cli.main())
    sys.path[0] = str(ROOT)
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    _main()
