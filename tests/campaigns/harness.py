"""What campaigns share: a case, a real command in a process of its own, and what must hold however it ends."""

import os
import runpy
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hydra.core.global_hydra import GlobalHydra

from stratus.cli import main

ROOT = Path(__file__).parents[2]
QUIET = "pictures=none"  # they take a second a run
STRATUS = "import sys; from stratus.cli import main; sys.exit(main())"
LIMIT = 120  # seconds after which a command is held to hang


@dataclass(frozen=True)
class Case:
    """One thing that is tried."""

    name: str
    check: Callable[[Path], None]  # gets an empty folder; raises AssertionError that says what went wrong
    tried: int = 1  # how many inputs it tries


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    def refused(self, *words: str) -> None:
        """Fails unless it ended with code 1 and one line on stderr that holds all these words."""
        self.without_traceback()
        again = "trying again: "  # a server is asked more than once, and that is said
        lines = [line for line in self.err.splitlines() if line.strip() and not line.startswith(again)]
        assert self.code == 1, f"exit code {self.code}: {self.err}"
        assert len(lines) == 1, f"{len(lines)} lines on stderr: {self.err}"
        assert all(word in lines[0] for word in words), f"not all of {words} in: {lines[0]}"

    def without_traceback(self) -> None:
        """Fails where it showed a traceback."""
        assert "Traceback" not in self.out + self.err, self.err or self.out


def environment(**more: str) -> dict[str, str]:
    """The environment of a command: this checkout's code, a thread a process."""
    return {**os.environ, "PYTHONPATH": str(ROOT / "src"), "OMP_NUM_THREADS": "1", **more}


def command(*words: str, folder: Path, **more: str) -> subprocess.Popen[str]:
    """Starts `python train.py …`, or `stratus …` where the first word is `stratus`, in a folder; `more` is environment.

    It leads a process group of its own.
    """
    program = ["-c", STRATUS, *words[1:]] if words[0] == "stratus" else [str(ROOT / "train.py"), *words]
    return subprocess.Popen(
        [sys.executable, *program],
        cwd=folder,
        env=environment(**more),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    )


def ended(process: subprocess.Popen[str], limit: float = LIMIT) -> Ended:
    """Waits for a command's end; fails where it hangs."""
    try:
        out, err = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # its children too: they hold the pipes that are read here
        process.communicate()
        raise AssertionError(f"it did not end within {limit} seconds") from None
    return Ended(process.returncode, out, err)


def run(*words: str, folder: Path, **more: str) -> Ended:
    """Runs a command to its end; see `command`."""
    return ended(command(*words, folder=folder, **more))


def in_process(file: str, *words: str) -> str:
    """What a campaign's own file prints, run in a process of its own with these words; fails where it does."""
    done = subprocess.run(
        [sys.executable, file, *words],
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=5 * LIMIT,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def given(folder: Path, words: list[str]) -> tuple[int, str]:
    """The exit code of a command in a folder, and all that it printed, on stderr after a form feed."""
    GlobalHydra.instance().clear()
    os.environ.pop("HYDRA_FULL_ERROR", None)
    os.chdir(folder)
    kept, sys.argv = sys.argv, ["train.py", *words[1:]]
    before = [os.dup(one) for one in (1, 2)]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        sys.stdout.flush()
        os.dup2(out.fileno(), 1)
        os.dup2(err.fileno(), 2)
        try:
            if words[0] == "train":
                runpy.run_path(str(ROOT / "train.py"), run_name="__main__")
            code = 0 if words[0] == "train" else main(words)
        except SystemExit as end:
            code = end.code
            if isinstance(code, str):
                print(code, file=sys.stderr)
                code = 1
        except BaseException:
            traceback.print_exc()
            code = 1
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for one, old in enumerate(before, start=1):
                os.dup2(old, one)
                os.close(old)
            sys.argv = kept
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode(errors="replace"))
    return code or 0, "\f".join(texts)
