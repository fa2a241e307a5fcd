"""A function in a file of the user's: run where they name it, and nowhere else."""

import hashlib

import polars as pl
import pytest

from stratus import Input
from stratus.data.features import own
from stratus.data.features.user import read
from stratus.errors import CheckpointError, ConfigurationError

RANGE = """
import os
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from stratus import Input

@dataclass
class Days:
    back: int

def wide(lead_days, back=0):
    return [Input(f"range d-{lead_days + back}", "K", pl.col("temperature_max").shift(Days(lead_days + back).back))]

def number(lead_days):
    return 3

def broken(lead_days):
    return 1 / 0

Path(__file__).with_suffix(".ran").touch()
"""


def written(folder, content=RANGE):
    file = folder / "mine.py"
    file.write_text(content)
    return file


def settings(file, function="wide", **arguments):
    return {"path": str(file), "function": function, "sha256": read(str(file)), **arguments}


def test_a_function_of_a_file_makes_inputs_for_a_lead_and_its_settings(tmp_path):
    file = written(tmp_path)
    found = settings(file, back=2)
    assert found["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    (one,) = own(1, **found)
    assert isinstance(one, Input)
    assert one[:2] == ("range d-3", "K")
    assert pl.DataFrame({"temperature_max": [1, 2, 3, 4]}).select(one.value).to_series().to_list() == [None] * 3 + [1]


def test_a_file_that_the_user_has_not_named_is_not_run(tmp_path):
    file = written(tmp_path, f"{RANGE}# {tmp_path}\n")  # a content that no test has named
    said = {"path": str(file), "function": "wide", "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
    with pytest.raises(CheckpointError, match=r"inputs are those of 'wide' in .*: name it, .*, with --features FILE"):
        own(1, **said)
    assert not file.with_suffix(".ran").exists()
    read(str(file))
    assert file.with_suffix(".ran").exists()
    assert len(own(1, **said)) == 1


@pytest.mark.parametrize(
    ("function", "said"),
    [
        ("wid", r"mine.py has no function 'wid'; it has: Days, wide, number, broken"),
        ("read_csv", "has no function 'read_csv'"),
        ("os", "has no function 'os'"),
        ("number", r"mine.py: number returned '3': expected a list of stratus.Input"),
        ("broken", r"mine.py, line 20: broken: ZeroDivisionError: division by zero"),
    ],
)
def test_a_function_that_makes_no_inputs_is_told(tmp_path, function, said):
    with pytest.raises(ConfigurationError, match=said):
        own(1, **settings(written(tmp_path), function))


def test_what_a_file_imports_is_no_function_of_it(tmp_path):
    with pytest.raises(ConfigurationError, match="has no function 'system'; it has: none"):
        own(1, **settings(written(tmp_path, "from os import system\n"), "system", command="true"))


def test_a_setting_that_the_function_does_not_take_is_told(tmp_path):
    with pytest.raises(ConfigurationError, match=r"mine.py: wide: TypeError: .* unexpected keyword argument 'bck'"):
        own(1, **settings(written(tmp_path), bck=2))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("\nimport nothing_of_the_kind\n", "line 2: ModuleNotFoundError: No module named"),
        ("x = 1\ndef wide(:\n", "line 2: SyntaxError: "),
        ("x = '\udcff'", "SyntaxError: "),
        (None, "No such file or directory"),
    ],
)
def test_a_file_that_cannot_be_run_is_told(tmp_path, content, said):
    file = tmp_path / "broken.py"
    if content is not None:
        file.write_text(content, errors="surrogateescape")
    with pytest.raises(ConfigurationError, match=f"broken.py.*{said}"):
        read(str(file))
