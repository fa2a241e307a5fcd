"""Each command line of tests/wrong_inputs.toml is refused: code 1, one line that names the mend, nothing trained.

The list's files are those of shared/broken_files.py; `run` is a run of one epoch. A sweep may say more than a line.
"""

import json
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

from harness import ROOT, Case, environment, run

sys.path.append(str(ROOT / "tests" / "shared"))
import broken_files

LIST = tomllib.loads((ROOT / "tests" / "wrong_inputs.toml").read_text(encoding="utf-8"))
EVERY = {**LIST["train"], **{f"stratus {words}": said for words, said in LIST["stratus"].items()}}
if not find_spec("hydra_plugins.hydra_optuna_sweeper"):  # then that is what has to be mended first
    EVERY |= {line: "needs an extra that is not installed" for line in EVERY if "sweep=optuna" in line}
SWEEP = ("-m ", "sweep=")
PARTS = 2  # processes, each of which answers its share in turn
QUICK = 20  # one of so many is tried by the suite


def wrong(line, end, said):
    """What is wrong with how a command line ended, if anything is."""
    if not isinstance(end, str):
        return f"{line}: ended with {end}"
    if said not in end or "Traceback" in end or "(type " in end or "Error executing" in end:
        return f"{line}: {said!r} is not in {end!r}"
    return None if line.startswith(SWEEP) or "\n" not in end else f"{line}: more than one line: {end!r}"


def refused(lines, folder):
    """Fails unless each is refused, and nothing is trained."""
    broken_files.write(folder)
    if any(" run" in line for line in lines):
        first = run("task=binary", "trainer.max_epochs=1", "pictures=none", "hydra.run.dir=run", folder=folder)
        assert first.code == 0, first.err
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "shared" / "one_after_another.py")],
        cwd=folder, env=environment(), input="\n".join(lines), capture_output=True, text=True, timeout=900, check=True,
    )  # fmt: skip
    ends, _ = json.loads(done.stdout.splitlines()[0])
    failures = [wrong(line, end, EVERY[line]) for line, end in zip(lines, ends, strict=True)]
    assert not any(failures), "\n".join(filter(None, failures))
    trained = [file for file in folder.rglob("last.ckpt") if not file.is_relative_to(folder / "run")]
    assert not trained, trained


def cases(quick):
    lines = list(EVERY)[:: QUICK if quick else 1]
    parts = 1 if quick else PARTS
    for number in range(parts):
        own = lines[number::parts]
        yield Case(f"wrong inputs, part {number}", lambda folder, own=own: refused(own, Path(folder)), len(own))
