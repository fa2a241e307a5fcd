"""What --help says of choices and settings."""

from dataclasses import fields

import pytest

from stratus.settings.descent import Trainer
from stratus.settings.experiment import SCHEMAS, Config
from stratus.settings.features import SETS
from stratus.settings.help import help_text

GROUPS = ("task", "data", "features", "optimizer", "schedule", "init", "trainer")
EVERY = [kind for kinds in SCHEMAS.values() for kind in kinds.values()] + [*SETS.values(), Trainer, Config]


@pytest.fixture
def said(composed):
    """The lines of the help with some choices, by what stands before the words."""

    def read(*overrides):
        lines = help_text(composed(*overrides)).splitlines()
        return dict(line.strip().split(maxsplit=1) for line in lines if line.startswith("  "))

    return read


@pytest.mark.parametrize("kind", EVERY, ids=lambda kind: kind.__name__)
def test_every_setting_has_its_words(kind):
    for one in fields(kind):
        assert one.name in GROUPS or one.metadata["help"]


def test_a_setting_is_shown_with_its_value_and_its_words(said):
    lines = said("optimizer=adam", "optimizer.lr=0.25", "task=regression", "task.tolerance=3", "patience=4")
    assert lines["optimizer.lr=0.25"] == "learning rate: step size ε"
    assert lines["task.tolerance=3.0"].endswith("the target's unit, °C")
    assert lines["patience=4"].startswith("validations without a lower loss")
    assert lines["data.stations=[Seattle]"]
    assert lines["data.until=null"]


def test_a_setting_of_a_choice_that_is_not_made_is_shown_with_the_choices_that_have_it(said):
    lines = said("task=binary")
    assert lines["init.sigma=1.0"].endswith("(gaussian, uniform)")
    assert lines["features.harmonics.k=2"] == "waves a year: 1 to k (harmonics)"
    assert "(" not in said("features=harmonics")["features.harmonics.k=2"]


def test_a_choice_that_sets_more_than_its_group_says_so(said):
    lines = said()
    for optimizer in ("gd", "lbfgs"):
        assert lines[f"optimizer={optimizer}"] == "schedule=constant data.batch_size=null"
    assert lines["task=multilabel"] == "data=two_cities"
    assert lines["task=regression"] == "features=two_days+harmonics features.lead_days=1"
    assert not {"optimizer=sgd", "task=binary"} & set(lines)


@pytest.mark.parametrize("missing", ["features=[]", "data=csv"])
def test_help_is_given_where_something_is_missing(said, missing):
    assert said(missing)["seed=0"]
