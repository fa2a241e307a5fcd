"""`pip install .`: what it takes along, and that it trains from anywhere."""

import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).parents[1]
SOURCES = ("src", "conf", "data", "train.py", "setup.py", "pyproject.toml", "README.md", "LICENSE")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Where Stratus is installed in a fresh environment, which takes what it depends on from this one."""
    top = tmp_path_factory.mktemp("package")
    venv.create(top / "environment")
    (site,) = top.glob("environment/lib/python*/site-packages")
    (site / "others.pth").write_text(f"{Path(torch.__file__).parents[1]}\n")
    (top / "copy").mkdir()  # setuptools leaves files beside what it builds
    for name in SOURCES:
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, top / "copy" / name)
    pip = [sys.executable, "-m", "pip", "--python", str(top / "environment" / "bin" / "python"), "install", "-q"]
    subprocess.run([*pip, "--no-index", "--no-deps", "--no-build-isolation", str(top / "copy")], check=True)
    return site


def test_every_choice_and_all_data_that_ship_are_installed(site):
    listed = subprocess.run(["git", "ls-files", "conf", "data"], cwd=ROOT, capture_output=True, text=True, check=True)
    tracked = {one for one in listed.stdout.splitlines() if not one.endswith(".py")}
    shipped = site / "stratus" / "shipped"
    there = {file.relative_to(shipped).as_posix() for file in shipped.rglob("*.*") if "__pycache__" not in file.parts}
    assert there == tracked | {"train.py"}


def test_what_is_installed_without_the_repository_trains_in_an_empty_folder(site, tmp_path):
    words = ["train", "experiment=lecture/temperature_line", "trainer.max_epochs=1", "pictures=none"]
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [str(site.parents[2] / "bin" / "stratus"), *words]
    subprocess.run(command, cwd=tmp_path, env=environ, check=True, capture_output=True)
    assert [one.name for one in tmp_path.iterdir()] == ["outputs"]
    (file,) = tmp_path.glob("outputs/*/*/run.json")
    run = json.loads(file.read_text())
    assert run["status"] == "finished"
    assert Path(run["data"]["file"]).is_relative_to(site)
    assert run["lesson"]["card"]
