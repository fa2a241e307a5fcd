"""What `import stratus` gives, and the notebook of docs/ that uses it."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import stratus

ROOT = Path(__file__).parents[1]


def test_every_public_name_is_there():
    assert 10 <= len(stratus.__all__) <= 15
    for name in stratus.__all__:
        assert getattr(stratus, name).__name__ == name
        assert name in dir(stratus)


def test_another_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'stratus' has no attribute 'nothing'"):
        stratus.nothing  # noqa: B018


def test_importing_stratus_imports_nothing_else():
    command = "import sys; before = set(sys.modules); import stratus; print(set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)
    assert not re.search(r"torch|polars|numpy|stratus\.", done.stdout)


def test_the_notebook_of_docs_gives_the_table_below_it(monkeypatch):
    monkeypatch.chdir(ROOT)
    section = (ROOT / "docs" / "notebook.md").read_text(encoding="utf-8")
    *steps, last = ast.parse(re.search(r"```python\n(.*?)```", section, re.DOTALL)[1]).body
    names = {}
    exec(compile(ast.Module(steps, []), "notebook.md", "exec"), names)
    shown = eval(compile(ast.Expression(last.value), "notebook.md", "eval"), names)
    header, _, *rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("|")]
    assert shown.columns == header
    for (name, *values), (forecaster, *said) in zip(shown.rows(), rows, strict=True):
        assert name == forecaster
        assert values == pytest.approx([float(one) for one in said], abs=2e-3)
