"""What is said where a signal ends a command is true when typed."""

import json
import os
import pty
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stratus.runs import stopped

ROOT = Path(__file__).parents[2]


def on_a_terminal(folder, words, sign, number=signal.SIGINT):
    """All that a terminal is given by a command that a signal ends once `sign` was shown; and its exit code."""
    far, near = pty.openpty()
    process = subprocess.Popen(words, cwd=folder, stdin=near, stdout=near, stderr=near, start_new_session=True)
    os.close(near)
    shown, sent = b"", False
    while True:
        try:
            shown += (part := os.read(far, 10_000))
        except OSError:  # the other end is closed
            break
        if not part:
            break
        if not sent and sign in shown:
            os.killpg(process.pid, number)
            sent = True
    os.close(far)
    return shown.decode(), process.wait(60)


@pytest.mark.slow
def test_a_run_shows_its_epochs_and_once_stopped_what_is_kept_and_the_command_that_goes_on(trained, tmp_path):
    train = [sys.executable, str(ROOT / "train.py")]
    overrides = ["task=regression", "trainer.max_epochs=3000", "data.batch_size=null", "pictures=none", "logger=none"]
    shown, code = on_a_terminal(tmp_path, [*train, *overrides], b"of 3,000 epochs, ")
    assert code == 130
    kept, mend = shown.split("\x1b[?25h")[-1].split("\n")[-3:-1]
    (folder,) = tmp_path.glob("outputs/regression/*")
    here = folder.relative_to(tmp_path)
    epochs = int(kept.partition("stopped: ")[2].split()[0])
    assert kept.strip().endswith(f"{epochs} epochs are kept in {here}")
    told, _, command = mend.strip().partition(": ")
    assert told == "this goes on with it"
    words = shlex.split(command)
    assert words == [*train, f"resume={here}"]
    words.append(f"trainer.max_epochs={epochs + 1}")  # not all of them
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True)
    resumed = json.loads((tmp_path / done.stdout.splitlines()[-1] / "run.json").read_text())
    assert (resumed["status"], resumed["epochs"]) == ("finished", epochs + 1)


@pytest.mark.parametrize("typed", [["python", "train.py"], ["python3", "-m", "stratus", "train"]])
def test_a_command_is_shown_as_it_was_typed(monkeypatch, typed):
    monkeypatch.setattr(sys, "orig_argv", [*typed, "task=binary", "seed=1"])
    assert stopped.typed(["task=binary", "seed=1"]) == typed


def test_a_command_that_the_shell_found_is_shown_by_its_name(monkeypatch, tmp_path):
    script = tmp_path / "stratus"
    script.touch(mode=0o755)
    monkeypatch.setattr(sys, "orig_argv", ["/venv/bin/python", str(script), "train", "seed=1"])
    assert stopped.typed(["seed=1"]) == [str(script), "train"]
    monkeypatch.setenv("PATH", str(tmp_path))
    assert stopped.typed(["seed=1"]) == ["stratus", "train"]


def test_what_no_record_may_decide_is_given_anew(trained, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("my.py").write_text("from lightning.pytorch import Callback\n\n\nclass Mine(Callback):\n    pass\n")
    own = "callbacks=[my.py:Mine]"
    trained(Path("run"), "task=binary", "trainer.max_epochs=1", own, "data.resample=3", "logger=none")
    Path("my conf").mkdir()
    words = stopped.to_resume(Path("run"), ["task=binary", "--config-dir", "my conf", "-m"])
    assert words == ["--config-dir=my conf", "resume=run", own]


def test_of_a_sweep_without_a_finished_job_nothing_is_kept(tmp_path, capsys):
    stopped.of_sweep(tmp_path, ["-m", "seed=1,2", "optimizer.lr=choice(1, 2)"])
    kept, mend = capsys.readouterr().err.splitlines()
    assert kept == "stopped: no job of the sweep finished"
    assert mend.endswith("-m seed=1,2 'optimizer.lr=choice(1, 2)'")


def test_ctrl_c_ends_a_process_that_is_still_importing(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", "from stratus import cli; import sys, os, signal\n"
         "sys.modules['stratus.cli.train'] = type('', (), {'main': lambda words: (\n"
         "    __import__('polars'), os.kill(os.getpid(), signal.SIGINT), __import__('time').sleep(20))})\n"
         "cli.train = sys.modules['stratus.cli.train']\ncli.main(['train'])"],
        cwd=tmp_path,
    )  # fmt: skip
    start = time.monotonic()
    assert process.wait(60) == -signal.SIGINT
    assert time.monotonic() - start < 19
