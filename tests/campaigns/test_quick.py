"""The quick part of each campaign."""

import importlib
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
NAMES = sorted(
    path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith(("_", "test_", "harness"))
)
CASES = [(name, case) for name in NAMES for case in importlib.import_module(name).cases(True)]


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{name}: {case.name}") for name, case in CASES])
def test_nothing_is_lost(case, tmp_path):
    case.check(tmp_path)
