"""Every command of the README and of docs/: bash and zsh read it alike, and it is one that Stratus takes."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from stratus.settings.arguments import for_hydra
from stratus.settings.command_line import EXTRAS, with_globs
from stratus.settings.compose import check

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "data" / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```sh\n((?:(?!```).*\n)*)```$|^((?: {4}\S.*\n(?: {6}.*\n)*)+)", re.MULTILINE)
SPAN = re.compile(r"`((?:python train.py|stratus) [^`\n]+)`")
PROGRAMS = ("python", "stratus", "pip", "pytest", "tensorboard")
SAYS = f"#!{sys.executable}\nimport json, os, sys\nprint(json.dumps([os.path.basename(sys.argv[0]), *sys.argv[1:]]))\n"
SHELLS = {
    "bash": ["bash", "--norc", "-s"],
    "zsh": ["zsh", "-f", "-i", "-s"],
}  # zsh as at a prompt, where # is no comment


def blocks(page):
    """The commands of a page, a text each block or span of code; `…` and <…> are what a reader fills in."""
    page = page.read_text(encoding="utf-8")
    for fenced, indented in BLOCK.findall(page):
        text = fenced or re.sub("^    ", "", indented, flags=re.MULTILINE)
        if text.split()[0] in PROGRAMS:
            yield text
    yield from (one for one in SPAN.findall(BLOCK.sub("", page)) if not set("…<") & set(one))


@pytest.fixture(scope="module")
def read_by(tmp_path_factory):
    """What a shell makes of some blocks: for each of them the words of its commands."""
    folder = tmp_path_factory.mktemp("programs")
    for name in PROGRAMS:
        (folder / name).write_text(SAYS)
        (folder / name).chmod(0o755)

    def read(shell, texts, cwd):
        for file in ("by_year/1999.csv.gz", "my/files/a.dly"):  # what the patterns match
            (cwd / file).parent.mkdir(parents=True, exist_ok=True)
            (cwd / file).touch()
        script = "".join(f"echo BLOCK\n{text}\n" for text in texts)
        environment = os.environ | {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "PS1": "", "TERM": "dumb"}
        options = {"input": script, "cwd": cwd, "env": environment, "capture_output": True, "text": True}
        done = subprocess.run(SHELLS[shell], check=False, timeout=60, start_new_session=True, **options)
        parts = done.stdout.split("BLOCK\n")[1:]
        return [[json.loads(line) for line in part.splitlines() if line.startswith("[")] for part in parts]

    return read


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_bash_and_zsh_read_every_command_alike(page, read_by, tmp_path):
    if not shutil.which("zsh"):
        pytest.skip("there is no zsh")
    texts = list(blocks(page))
    in_bash, in_zsh = (read_by(shell, texts, tmp_path) for shell in SHELLS)
    assert len(in_bash) == len(texts)
    for text, one, other in zip(texts, in_bash, in_zsh, strict=True):
        assert one, text
        assert one == other, text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_training_command_is_one_that_stratus_takes(page, read_by, tmp_path, composed):
    parser, tried = OverridesParser.create(), 0
    for commands in read_by("bash", blocks(page), tmp_path):
        for command in commands:
            trains = command[:2] in (["python", "train.py"], ["stratus", "train"])
            if not trains or "…" in "".join(command) or "--config-dir" in command:  # with files of a reader's
                continue
            words = [one for one in with_globs(for_hydra(command[2:])) if "=" in one and not one.startswith("-")]
            single = []
            for override in parser.parse_overrides(words):
                if override.get_key_element().startswith("hydra"):
                    continue
                given = override.input_line
                if override.get_key_element() == "sweep" and override.value() in EXTRAS:
                    continue
                if override.is_sweep_override():
                    given = f"{given.partition('=')[0]}={next(iter(override.sweep_string_iterator()))}"
                single.append(given)
            check(composed(*single))
            tried += 1
    assert tried or not any("train.py" in one for one in blocks(page))
