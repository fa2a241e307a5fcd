"""What is said of a command line before Hydra composes: nothing that Hydra would take is refused."""

import json

import pytest
from omegaconf import OmegaConf

from stratus.errors import ConfigurationError
from stratus.settings import beforehand
from stratus.settings.experiment import PROJECT

GROUPS = ("task", "data", "features", "optimizer", "schedule", "init", "trainer")
CHOICES = [[f"{group}={file.stem}" for file in sorted((PROJECT / "conf" / group).glob("*.yaml"))] for group in GROUPS]
TAKEN = [
    "optimizer.lr=0.01,0.1,1", "seed=range(0,3)", "optimizer.lr=interval(0.01,1)", "optimizer.lr=choice(0.1,1)",
    "data.units.temperature_max=degF", "data.units=standard", "data.hours.precipitation=[-15,9]", "task.name=mine",
    "features.own.function=lagged", "features.own={path:a.py}", "features.harmonics={k:3}", "features.harmonics=null",
    "data.stations=[De Bilt,'Den Helder']", "data.stations=[a],['b c']", "hydra.run.dir=x", "hydra/launcher=basic",
    "optimizer.lr=${seed}", "data.path='a=b,c.csv'", "logger=[tensorboard,csv]", "callbacks=[my.py:Name]",
    "trainer.devices=[0,1]", "optimizer.arguments.betas=[0.9,0.99]", "resume=null", "+seed=1", "tags=[]",
    "patience=null", "trainer.max_epochs=int(interval(1,50))",
    "optimizer.weight_decay=interval(0,0.1)", "optimizer.lr=tag(log,interval(0.001,10))", "test=1",
]  # fmt: skip


def leaves(node, before=""):
    """A composed configuration's settings as overrides."""
    for name in node:
        value = None if OmegaConf.is_missing(node, name) else node[name]
        if OmegaConf.is_dict(value):
            yield from leaves(value, f"{before}{name}.")
        elif not OmegaConf.is_missing(node, name):
            yield f"{before}{name}={json.dumps(OmegaConf.to_object(value) if OmegaConf.is_list(value) else value)}"


@pytest.mark.parametrize("number", range(max(map(len, CHOICES))))
def test_what_hydra_composes_is_taken(number, composed):
    choices = [group[number % len(group)] for group in CHOICES]
    given = list(leaves(composed(*choices)))
    assert len(given) > 40
    beforehand.check([*choices, *given])


@pytest.mark.parametrize("word", TAKEN)
def test_what_only_hydra_can_tell_is_left_to_it(word):
    beforehand.check(["-m", "sweep=optuna", word])


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("optimizer.lr=0.1,fast", "optimizer.lr=fast: expected a number"),
        ("seed=range(-1,2)", "seed=-1: expected a whole number"),
        ("data.test_from='2015-01-01','2015-02-30'", "data.test_from=2015-02-30: expected a day"),
        ("optimizer.lr=interval(0.1,1)", "a range to search needs sweep=optuna"),
        ("test=1,2", "test=2: expected true or false"),
        ("trainer=ddp", "run such jobs one by one"),
        ("optimizr.lr=0.1,1", "there is no setting optimizr.lr; is it optimizer.lr?"),
    ],
)
def test_a_sweep_is_refused_before_its_first_job(word, said):
    with pytest.raises(ConfigurationError, match=said):
        beforehand.check(["-m", "task=binary", word])
