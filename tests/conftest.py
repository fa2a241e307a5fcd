"""Whole runs for tests: in this process, or through the real command line.

Tests of real files of GHCN-Daily run where the environment's STRATUS_GHCN names their folder; see shared/real.py.
"""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import hydra
import numpy as np
import pytest
import read_once
from filelock import FileLock
from hydra._internal.config_repository import ConfigRepository
from hypothesis import settings
from omegaconf import OmegaConf

from stratus.cli import main, train
from stratus.runs import received, recording
from stratus.settings import command_line, compose

# torch and matplotlib are imported where they are used: the process that deals out the tests needs neither.
if TYPE_CHECKING:
    from stratus.runs.finished import FinishedRun

ROOT = Path(__file__).parents[1]

# A busy machine is no failure, and the same inputs are tried on all; tests/fuzz tries new ones.
settings.register_profile("suite", deadline=None, max_examples=25, derandomize=True)
settings.load_profile("suite")

os.environ["OMP_NUM_THREADS"] = "1"  # threads of several test processes would wait for each other
logging.getLogger("lightning.pytorch.utilities.rank_zero").setLevel(logging.WARNING)  # as conf/config.yaml has it


def pytest_configure(config):
    # What torch says of its own code and of Python 3.13.0, and Lightning's of torch's.
    for said in (
        "`torch.jit.script` is deprecated", "`isinstance.treespec, LeafSpec.` is deprecated", "Guards may run slower"
    ):  # fmt: skip
        config.addinivalue_line("filterwarnings", f"ignore:{said}")


@pytest.fixture(scope="session", autouse=True)
def reads_once():
    """Composes a quarter faster."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ConfigRepository, "load_config", read_once.load_config)
        yield


@pytest.fixture(scope="session")
def composed():
    """The configuration that a command line stands for."""

    def composition(*overrides, with_hydra=False):
        with hydra.initialize_config_dir(str(ROOT / "conf"), version_base=None):
            return hydra.compose("config", list(overrides), return_hydra_config=with_hydra)

    return composition


@pytest.fixture(scope="session")
def trained(composed):
    """Trains as `python train.py` does, but here; returns what run.json says, and the objective."""

    def run(folder, *given, swept=None):
        overrides = list(given)
        if earlier := command_line.resumed_run(overrides):
            overrides = received.resumed(earlier, overrides)
        drawn = any(one.startswith(("pictures=", "experiment=lecture/")) for one in given)
        composition = composed(*overrides, *([] if drawn else ["pictures=none"]))  # a second a run
        facts = {"task": OmegaConf.get_type(composition, "task").name, "overrides": overrides, "seed": composition.seed}
        with recording.recorded(folder, **facts) as entries:
            objective = train.run(compose.check(composition), folder, entries, swept=swept)
        return json.loads((folder / "run.json").read_text()) | {"objective": objective}

    return run


@pytest.fixture(scope="session")
def once(tmp_path_factory, worker_id):
    """A folder by its name, filled by the first test process that asks for it; no test changes it."""
    here = tmp_path_factory.getbasetemp()
    shared = (here if worker_id == "master" else here.parent) / "once"
    shared.mkdir(exist_ok=True)

    def folder(name, fill):
        at, filled = shared / name, shared / f"{name}.filled"
        with FileLock(shared / f"{name}.lock"):
            if not filled.exists():
                fill(at)
                filled.touch()
        return at

    return folder


@pytest.fixture(scope="session")
def short(trained, once):
    """The folder of a finished run of four epochs, otherwise as the task's defaults are; each is run once."""
    return cache(lambda task: once(task, lambda folder: trained(folder, f"task={task}", "trainer.max_epochs=4")))


@pytest.fixture(scope="session")
def recorded():
    """What a run's record says, read from outside."""
    return lambda folder: json.loads((folder / "run.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def door():
    """Starts the real command line in a folder; `more` is of its environment."""

    def start(folder, *arguments, **more):
        return subprocess.Popen(
            [sys.executable, str(ROOT / "train.py"), *arguments],
            cwd=folder,
            env={**os.environ, **more},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


@pytest.fixture(scope="session")
def in_turn():
    """Runs command lines in a folder, one after the other in one process.

    How each ended, as shared/one_after_another.py says it, and whether torch was imported.
    """

    def run(folder, lines):
        command = [sys.executable, str(ROOT / "tests" / "shared" / "one_after_another.py"), *lines]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=True)
        return json.loads(done.stdout.splitlines()[0])

    return run


@pytest.fixture
def stratus(capsys):
    """The lines that a command prints, once it has ended well."""

    def run(*words):
        assert main([str(word) for word in words]) == 0
        printed = capsys.readouterr()
        assert printed.err == ""
        return printed.out.splitlines()

    return run


@pytest.fixture
def refusal(capsys):
    """The one line that a command answers, with exit code 1."""

    def run(*words):
        assert main([str(word) for word in words]) == 1
        printed = capsys.readouterr()
        assert printed.out == ""
        assert printed.err.count("\n") == 1
        return printed.err

    return run


class Figures(Mapping):
    """Figures by name, each drawn when it is first asked for."""

    def __init__(self, drawings):
        self.drawings = {name: cache(draw) for name, draw in drawings.items()}

    def __getitem__(self, name):
        return self.drawings[name]()

    def __iter__(self):
        return iter(self.drawings)

    def __len__(self):
        return len(self.drawings)


@dataclass
class Drawn:
    folder: Path
    run: "FinishedRun"
    figures: Figures

    def logits(self, x):
        """W (x - mean)/scale + b with numpy, from the kept checkpoint alone."""
        import torch  # noqa: PLC0415 - see above

        content = torch.load(self.folder / "checkpoints" / "best.ckpt", weights_only=True)
        state = {name: value.double().numpy() for name, value in content["state_dict"].items()}
        return (x - state["mean"]) / state["scale"] @ state["linear.weight"].T + state["linear.bias"]


@pytest.fixture(scope="session")
def drawn(trained, tmp_path_factory):
    """Trains three epochs as the command line says, and draws; without files only what is asked for. Each is run once.

    The figures are those that the files were made of.
    """
    from stratus.runs import pictures as of_run  # noqa: PLC0415 - see above
    from stratus.runs import tensorboard  # noqa: PLC0415

    @cache
    def train(*overrides, files=True):
        folder, seen = tmp_path_factory.mktemp("drawn"), []
        whole = of_run.drawings

        def drawings(run):
            seen.append(Drawn(folder, run, Figures(whole(run))))
            return seen[0].figures.drawings

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(of_run, "drawings", drawings)
            if not files:
                patch.setattr(tensorboard, "pictures", lambda *given: None)
            trained(folder, "pictures=all", "trainer.max_epochs=3", *overrides)
        (one,) = seen
        return one

    return train


@pytest.fixture(scope="session")
def points():
    """x and y of a line that matplotlib has drawn, as an array [n, 2]."""
    return lambda line: np.column_stack([np.asarray(one, dtype=float) for one in line.get_data()])
