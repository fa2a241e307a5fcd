"""The text of every lesson: that its numbers are fields, and what happens to a field without a value."""

import re
from types import SimpleNamespace

import pytest

from stratus.errors import ConfigurationError
from stratus.lecture import NAMES
from stratus.runs import lesson
from stratus.runs.lesson import CARDS, NEXT, Lesson

DEFINED = {"0.5", "10", "31", "32", "64", "85"}
"""Numbers that no run measures: the boundary P = 0.5, 10⁻¹⁶, 31 December, 2⁵ combinations, 64 bits, the usual 85 %."""


class Days(list):
    @property
    def stations(self):
        return self


@pytest.fixture
def card(tmp_path, monkeypatch):
    """Fills a text with some figures of a lesson."""
    monkeypatch.setattr(lesson, "CARDS", tmp_path)
    splits = SimpleNamespace(train=Days(["Seattle"] * 3), test=[], outputs=["rain"], foreseen=True)
    settings = SimpleNamespace(lesson="own")
    run = SimpleNamespace(splits=splits, settings=settings, metrics={"test/brier": 0.25}, references={})

    def fill(text, own=(), tried=0, unseen=0, **figures):
        run.rivals = SimpleNamespace(unseen_days=lambda: unseen)
        if text is not None:
            (tmp_path / "own.md").write_text(text, encoding="utf-8")
        return Lesson(figures, {}, words={"verdict": "better"}, tried=tried).card(run, own)

    return fill


@pytest.mark.parametrize("name", NAMES)
def test_no_number_and_no_city_is_typed_by_hand(name):
    told, *following = (CARDS / f"{name}.md").read_text(encoding="utf-8").rstrip().split(NEXT)
    assert re.findall(r"^# |^\*\*.+?\*\*", told, re.M) == ["# ", "**What you see.**", "**Why.**"]
    assert following
    sentences, commands = zip(*(one.strip().rsplit("\n\n    ", 1) for one in following), strict=True)
    assert all(command.startswith("python train.py ") for command in commands)
    prose = re.sub("{.+?}", "", " ".join([told, *sentences]))
    assert set(re.findall(r"\d+[.]\d+|\d{2,}", prose)) <= DEFINED
    assert not re.search("Seattle|New York", prose)


@pytest.mark.parametrize(
    ("command", "own", "said"),
    [
        ("… optimizer.lr=0.5", [], "experiment=lecture/own optimizer.lr=0.5"),
        (
            "… optimizer.lr=0.5",
            ["experiment=lecture/rain", "optimizer.lr=3"],
            "experiment=lecture/rain optimizer.lr=0.5",
        ),
        (
            "… a=1",
            ["resume=old", "features=[station,harmonics]", "++seed=1"],
            "'features=[station,harmonics]' ++seed=1 a=1",
        ),
        (
            "x=y data=…",
            ["data=austin", "data.path=a b", "data.batch_size=3", "seed=1"],
            "x=y data=austin 'data.path=a b'",
        ),
        ("x=y data=…", [], "x=y"),
    ],
)
def test_a_command_goes_on_from_the_run_s_own(card, command, own, said):
    text = f"{NEXT}Go on.\n\n    python train.py {command}\n"
    assert card(text, own=own) == f"{NEXT}Go on.\n\n    python train.py {said}"


def test_what_a_run_has_tried_it_is_not_told_to_try(card):
    text = f"Told. {NEXT}First.\n\n    python train.py a=1\n\n{NEXT}Then.\n\n    python train.py b=2\n"
    assert card(text, tried=0) == f"Told. {NEXT}First.\n\n    python train.py a=1"
    assert card(text, tried=1) == f"Told. {NEXT}Then.\n\n    python train.py b=2"


@pytest.mark.parametrize(("about", "unseen", "said"), [("skill", 9, 1), ("skill", 0, 0), ("a line", 9, 0)])
def test_a_card_about_skill_says_where_climatology_is_a_guess(card, about, unseen, said):
    told = card(f"# Title\n\nTold of {about}.\n\n{NEXT}Go on.\n\n    python train.py a=1\n", unseen=unseen)
    assert told.count("no verdict: on 9 test days climatology is a guess") == said
    assert re.match(rf"# Title\n\n(\*.+\*\n\n)?Told of {about}\.\n", told)


def test_fields_are_figures_words_and_what_all_runs_have(card):
    text = "{brier[model]:.2f} is {verdict}: {metrics[test/brier]:.0%}, {train_days} days of {station}"
    assert card(text, brier={"model": 0.123}) == "0.12 is better: 25%, 3 days of Seattle"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{skil:.2f}", "own.md: no value is named 'skil'; there are metrics, .*, skill, verdict"),
        ("{skill:.2q}", "own.md: "),
        ("{skill", "own.md: "),
        ("{skill[train]}", "own.md: "),
        ("{}", "own.md: "),
        (None, "No such file"),
    ],
)
def test_a_field_that_cannot_be_filled_is_named(card, text, said):
    with pytest.raises(ConfigurationError, match=said):
        card(text, skill=0.1)
