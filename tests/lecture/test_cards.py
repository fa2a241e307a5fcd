"""The text of every lesson: that its numbers are fields, and what happens to a field without a value."""

import re
from types import SimpleNamespace

import pytest

from stratus.errors import ConfigurationError
from stratus.lecture import NAMES
from stratus.runs import lesson
from stratus.runs.lesson import CARDS, Lesson

DEFINED = {"0.5", "10", "31", "32", "64"}
"""Numbers that no run measures: the boundary P = 0.5, 10⁻¹⁶, 31 December, 2⁵ combinations, 64 bits."""


class Days(list):
    @property
    def stations(self):
        return self


@pytest.fixture
def card(tmp_path, monkeypatch):
    """Fills a text with some figures of a lesson."""
    monkeypatch.setattr(lesson, "CARDS", tmp_path)
    splits = SimpleNamespace(train=Days(["Seattle"] * 3), test=[], outputs=["rain"])
    settings = SimpleNamespace(lesson="own")
    run = SimpleNamespace(splits=splits, settings=settings, metrics={"test/brier": 0.25}, references={})

    def fill(text, **figures):
        if text is not None:
            (tmp_path / "own.md").write_text(text, encoding="utf-8")
        return Lesson(figures, {}, words={"verdict": "better"}).card(run)

    return fill


@pytest.mark.parametrize("name", NAMES)
def test_no_number_is_typed_by_hand(name):
    prose, _, command = (CARDS / f"{name}.md").read_text(encoding="utf-8").rstrip().rpartition("\n\n    ")
    assert re.findall(r"^# |^\*\*.+?\*\*", prose, re.M) == ["# ", "**What you see.**", "**Why.**", "**Try next.**"]
    assert command.startswith("python train.py ")
    assert set(re.findall(r"\d+[.]\d+|\d{2,}", re.sub("{.+?}", "", prose))) <= DEFINED


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
