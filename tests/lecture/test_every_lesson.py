"""What holds for every lesson: its card's command, its pictures, and its place in the walk."""

import re
import shlex
from pathlib import Path

import pytest

from stratus import lecture
from stratus.lecture import NAMES
from stratus.lecture.walk import lessons
from stratus.runs import record
from stratus.settings.arguments import for_hydra
from stratus.settings.compose import check

PAGE = Path(__file__).parents[2] / "docs" / "lecture.md"


@pytest.fixture(scope="module", params=NAMES)
def lesson(request, trained, tmp_path_factory):
    """The folder of a lesson's run."""
    folder = tmp_path_factory.mktemp("run")
    trained(folder, f"experiment=lecture/{request.param}")
    return folder


def test_its_command_leads_to_another_run_and_its_pictures_are_there(lesson, composed):
    said = record.read(lesson).lesson
    assert (lesson / "card.md").read_text() == said.card
    assert not set("{}") & set(said.card)
    program, *overrides = shlex.split(said.card.splitlines()[-1])[1:]
    assert program == "train.py"
    following = check(composed(*for_hydra(overrides)))
    lecture.find(following)
    assert following != check(composed(f"experiment=lecture/{said.name}"))
    assert {file.name for file in (lesson / "pictures").iterdir()} >= set(said.pictures) != set()


def test_the_walk_tells_the_same(lesson):
    """Of numbers, another machine may give other digits."""

    def worded(text):
        return re.sub(r"[-+−]?\d[\d.,]*(e[-+]\d+)?", "#", text)

    (run,) = lessons([lesson]).values()
    assert worded(run.section) in worded(PAGE.read_text(encoding="utf-8"))
