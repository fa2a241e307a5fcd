"""`pip install .`: what it takes along, and that it works from anywhere."""

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest
import torch
import yaml

ROOT = Path(__file__).parents[1]
SCRIPTS = {"data/build.py", "data/build_netherlands.py"}  # made the data, in the repository
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
    command = ["git", "-C", str(ROOT), "ls-files", "conf", "data"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True)
    tracked = {*listed.stdout.splitlines()} - SCRIPTS
    shipped = site / "stratus" / "shipped"
    there = {file.relative_to(shipped).as_posix() for file in shipped.rglob("*.*") if "__pycache__" not in file.parts}
    assert there == tracked | {"train.py"}


@pytest.fixture
def installed(site):
    """Runs a program of that environment in a folder; what it prints."""

    def run(folder, *words):
        environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        command = [str(site.parents[2] / "bin" / words[0]), *words[1:]]
        return subprocess.run(command, cwd=folder, env=environ, check=True, capture_output=True, text=True).stdout

    return run


@pytest.mark.slow
def test_a_project_of_ones_own_passes_its_test(installed, tmp_path):
    installed(tmp_path, "stratus", "new", "mine")
    assert "2 passed" in installed(tmp_path / "mine", "python", "-m", "pytest", "-q", "-p", "no:cacheprovider")
    there = {file.name for file in (tmp_path / "mine").rglob("*") if file.is_file() and file.suffix != ".pyc"}
    assert there == {
        "README.md",
        "features.py",
        "mine.yaml",
        "station.csv",
        "station.yaml",
        "swing.yaml",
        "test_mine.py",
    }


def test_data_that_ship_are_found_where_they_are_installed(installed, site, tmp_path):
    said = yaml.safe_load(installed(tmp_path, "stratus", "train", "data=seattle", "--cfg", "job", "--resolve"))
    file = Path(said["data"]["path"])
    assert file.is_relative_to(site)
    assert file.is_file()
