"""What a configuration may say, and what it builds."""

import inspect
import pickle
import re
from dataclasses import asdict, fields
from datetime import date
from functools import partial
from pathlib import Path

import lightning.pytorch as pl
import pytest
import torch
from hydra.core.config_store import ConfigStore
from hydra.errors import HydraException
from hypothesis import given
from hypothesis import strategies as st
from omegaconf import OmegaConf

from stratus import tasks
from stratus.errors import ConfigurationError
from stratus.settings.compose import PROJECT, check
from stratus.settings.descent import (
    LBFGS,
    SGD,
    Adam,
    Constant,
    Cosine,
    Gaussian,
    OwnOptimizer,
    OwnSchedule,
    Step,
    Trainer,
    Uniform,
    Zeros,
)
from stratus.settings.mistakes import one_line

CONF = PROJECT / "conf"
TASKS = ["regression", "binary", "multiclass", "multilabel"]
OPTIMIZERS = {
    "gd": torch.optim.SGD,
    "sgd": torch.optim.SGD,
    "momentum": torch.optim.SGD,
    "adam": torch.optim.Adam,
    "lbfgs": torch.optim.LBFGS,
}
FEATURES = ["two_days", "quadratic", "day_of_year", "harmonics", "station"]
DATA = {"seattle": ["Seattle"], "new_york": ["New York"], "two_cities": ["New York", "Seattle"]}


@pytest.mark.parametrize("given", ["data.names.260=Utrecht", "+data.names.260=Utrecht"])
def test_a_station_is_named_on_the_command_line(composed, given):
    assert check(composed("data=knmi", "data.path=x", given)).data.names == {"260": "Utrecht"}
    assert check(composed("data=ghcn", "data.path=x", "data.names={A1: B}")).data.names == {"A1": "B"}


def refused(composed, *overrides):
    with pytest.raises((ConfigurationError, HydraException)) as caught:
        check(composed(*overrides))
    return one_line(caught.value, list(overrides))


# --- choices go together


@pytest.mark.parametrize("place", range(5))
@pytest.mark.parametrize("task", TASKS)
def test_every_task_goes_with_every_optimiser_features_and_data(composed, task, place):
    k = place + TASKS.index(task)  # tasks meet all choices of each group, and most choices meet each other
    optimizer, features, (data, stations) = list(OPTIMIZERS)[place], FEATURES[k % 5], list(DATA.items())[k % 3]
    found = check(composed(f"task={task}", f"data={data}", f"optimizer={optimizer}", f"features={features}"))
    assert (found.task.name, found.data.stations, list(found.features.chosen)) == (task, stations, [features])
    assert type(found.optimizer.build()([torch.ones(1)])) is OPTIMIZERS[optimizer]


def test_several_features_stand_together(composed):
    found = check(composed("features=[station,harmonics]", "features.harmonics.k=3"))
    assert found.features.chosen == {"harmonics": {"k": 3}, "station": {"elements": None, "transformed": False}}
    assert len(found.recipe.inputs()) == 6 + 5


@pytest.mark.parametrize(
    ("words", "missing"),
    [
        (["features=station"], "drop"),
        (["features=[station,neighbours]"], "mean"),
        (["features=[station,neighbours]", "features.missing=drop"], "drop"),
        (["features=station", "features.missing=indicator"], "indicator"),
    ],
)
def test_what_stands_in_for_an_unknown_input_depends_on_whether_neighbours_are_asked(composed, caplog, words, missing):
    with caplog.at_level("INFO"):
        assert check(composed(*words)).recipe.missing == missing
    assert ("features.missing=mean, since features has neighbours" in caplog.text) == (missing == "mean")


@pytest.mark.parametrize(
    "given", [["features.own.path=mine.py"], ["features.own.path=mine.py", "features.own.function=3"]]
)
def test_a_function_of_one_s_own_has_a_file_and_a_name(composed, given):
    with pytest.raises(ConfigurationError, match=r"features\.own\.function=(None|3): expected a name"):
        _ = check(composed(*given)).recipe


@pytest.mark.parametrize("optimizer", ["gd", "lbfgs"])
def test_what_needs_one_fixed_loss_takes_all_days_at_a_constant_rate(composed, optimizer):
    found = check(composed(f"optimizer={optimizer}"))
    assert found.data.batch_size is None
    assert isinstance(found.schedule, Constant)


@pytest.mark.parametrize("data", ["seattle", "new_york"])
def test_several_labels_need_several_stations(composed, data):
    found = check(composed("task=multilabel", f"data={data}"))
    observations = found.data.load().observations
    with pytest.raises(ConfigurationError, match="choose data=two_cities, or a target of one place"):
        observations.split(found.recipe, found.data.borders)


def test_the_last_test_day_may_be_the_first(composed):
    found = check(composed("data.until=2015-01-01")).data
    assert found.load().observations.split(check(composed()).recipe, found.borders).test.dates.tolist() == [
        date(2015, 1, 1)
    ]


# --- wrong choices are refused


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        ("optimizer=sgd optimizer.nesterov=true", "optimizer.nesterov=true: expected a momentum"),
        ("data.validation_from=2015-01-01", "data.test_from=2015-01-01: expected a day after data.validation_from"),
        ("data.train_from=2014-01-01", "data.validation_from=2014-01-01: expected a day after data.train_from"),
        (
            "data=ghcn data.station=A data.until=2013-01-01",
            "data.until=2013-01-01: expected a day after data.test_from",
        ),
        ("data.until=2013-02-30", "data.until=2013-02-30: expected a day as YYYY-MM-DD"),
        ("task.target=sunshine", "task.target=sunshine: expected for task=multiclass one of weather"),
        ("features=harmonics features.harmonics.k=0", "features.harmonics.k=0: expected"),
        ("features.lead_days=-1", "features.lead_days=-1: expected"),
        ("optimizer.momentum=1", "optimizer.momentum=1.0: expected a number from 0 to below 1"),
        ("optimizer.weight_decay=-0.1", "optimizer.weight_decay=-0.1: expected"),
        ("schedule.final=1.5", "schedule.final=1.5: expected a share from 0 to 1"),
        ("schedule=step schedule.every=0", "schedule.every=0: expected"),
        ("init=gaussian init.sigma=-1", "init.sigma=-1.0: expected"),
        ("trainer.max_epochs=0", "trainer.max_epochs=0: expected"),
        ("optimizer=lbfgs optimizer.line_search_fn=armijo", "line_search_fn=armijo: expected strong_wolfe or null"),
        ("trainer.gradient_clip_val=0", "trainer.gradient_clip_val=0.0: expected"),
        ("seed=4294967296", "seed=4294967296: expected a whole number from 0"),
        ("patience=0", "patience=0: expected"),
        ("+features.harmonic.k=1", "there is no setting features.harmonic"),
        (
            "optimizer=adam optimizer.momentum=0.9",
            "optimizer.momentum: the choice that was made has no momentum; optimizer=sgd has",
        ),
    ],
)
def test_what_cannot_work_is_refused_in_one_line_that_names_the_setting(composed, overrides, said):
    line = refused(composed, *overrides.split())
    assert "\n" not in line
    assert re.search(said, line), line


@pytest.mark.parametrize("lr", [0.0, -0.1, float("nan"), float("inf")])
@pytest.mark.parametrize("schema", [SGD, Adam, LBFGS])
def test_a_learning_rate_is_a_finite_number_above_0(schema, lr):
    with pytest.raises(ConfigurationError, match=f"optimizer.lr={lr}: expected a finite number above 0"):
        schema(lr=lr)


# --- what is built


@pytest.mark.parametrize(
    ("group", "name"),
    [
        *((group, "_target_") for group in ("task", "data", "features", "optimizer", "schedule", "init", "trainer")),
        ("optimizer", "builds"),
        ("optimizer", "group"),
    ],
)
def test_no_configuration_names_what_it_builds(composed, group, name):
    for plus in ("", "+") if name == "_target_" else ("+",):  # all that Hydra knows; ours are constants of a class
        assert f"there is no setting {group}.{name}" in refused(composed, f"{plus}{group}.{name}=os.system")


@pytest.mark.parametrize(
    "settings",
    [
        *(SGD(lr=0.1), Adam(lr=0.1), LBFGS(lr=1.0), Cosine(), Step(), Gaussian(), Uniform(), Trainer()),
        *(OwnOptimizer(lr=0.1, path="my.py", function="Signed"), OwnSchedule(path="my.py", function="warm")),
    ],
    ids=lambda one: type(one).__name__,
)
def test_every_setting_is_bound_to_a_parameter_of_what_it_builds(settings):
    made = settings.build()
    assert isinstance(made, partial)
    ours = {"fast_dev_run"}  # which sets others of these
    assert made.keywords == {name: value for name, value in asdict(settings).items() if name not in ours}
    parameters = inspect.signature(made.func).parameters
    assert set(made.keywords) <= set(parameters)
    if made.func.__module__.startswith("stratus."):
        # Our own functions have no other settings than these, and no other defaults.
        assert set(made.keywords) == set(parameters) - {
            *("optimizer", "epochs", "parameter", "parameters", "generator"),
        }
        defaults = {name: one.default for name, one in parameters.items() if one.default is not inspect.Parameter.empty}
        assert defaults == {one.name: one.default for one in fields(settings) if one.name in defaults}


def test_every_group_builds_what_its_name_says(composed):
    found = check(composed("optimizer=momentum", "optimizer.lr=0.25", "optimizer.weight_decay=0.125"))
    optimizer = found.optimizer.build()([torch.nn.Parameter(torch.ones(1))])
    assert isinstance(optimizer, torch.optim.SGD)
    chosen = {"lr": 0.25, "momentum": 0.9, "nesterov": True, "weight_decay": 0.125}
    assert optimizer.defaults == optimizer.defaults | chosen
    assert Constant().build() is None
    weight = torch.ones(3)
    Zeros().build()(weight, torch.Generator())
    assert weight.tolist() == [0, 0, 0]
    trainer = Trainer(max_epochs=7).build()(logger=False, enable_checkpointing=False)
    assert isinstance(trainer, pl.Trainer)
    assert trainer.max_epochs == 7


def test_a_configuration_goes_through_pickle(composed):
    found = check(composed("features=[station,harmonics]", "features.harmonics.k=3"))
    assert pickle.loads(pickle.dumps(found)) == found


# --- tasks


@pytest.mark.parametrize("file", sorted((CONF / "task").glob("*.yaml")), ids=lambda file: file.stem)
def test_a_task_takes_the_settings_of_its_file_with_the_same_defaults(composed, file):
    found = check(composed(f"task={file.stem}")).task
    assert found.name == file.stem
    parameters = inspect.signature(tasks.find(file.stem)).parameters
    for name, value in found.settings.items():
        assert parameters[name].default == value


def test_every_task_has_its_file_and_every_file_its_task():
    assert sorted(file.stem for file in (CONF / "task").glob("*.yaml")) == tasks.NAMES


@pytest.mark.parametrize("constant", ["task.name=binary", "task.asks=event"])
def test_what_a_task_is_called_and_can_answer_is_no_setting(composed, constant):
    assert "there is no setting task." in refused(composed, constant)


def test_a_task_of_one_s_own_names_its_file_and_any_target(composed, tmp_path):
    # As README says: a file in tasks/, and one in conf/task/ that names it and its target.
    store = ConfigStore.instance()
    defaults = ["/schema_task@_here_"]
    store.store(group="task", name="mine", node={"defaults": defaults, "name": "mine", "target": "rain"})
    found = check(composed("task=mine"))
    assert (found.task.name, found.task.settings, found.recipe.target) == ("mine", {}, "rain")
    assert "expected for task=mine one of temperature" in refused(composed, "task=mine", "task.target=sunshine")


# --- paths


def test_a_path_beside_train_py_is_found_from_anywhere(composed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Path(OmegaConf.to_container(composed(), resolve=True)["data"]["path"]).is_file()


def folder(*words, untold=("task",)):
    """The end of a run's folder's name."""
    hydra = {
        "overrides": {"task": list(words)},
        "job": {"config": {"override_dirname": {"exclude_keys": list(untold)}}},
    }
    return OmegaConf.create({"hydra": hydra, "end": "${told:}"}).end


def test_a_folder_s_name_ends_with_what_its_run_was_told():
    assert folder() == folder("task=binary") == ""
    assert folder("task=binary", "optimizer.lr=0.1", "seed=2") == "_lr=0.1-seed=2"
    assert folder("features=[station,harmonics]", "++features.lead_days=1") == "_features=station+harmonics-lead_days=1"
    assert folder("data.path='/home/me/my file.csv'", "experiment=lecture/rain") == "_path=my_file.csv-experiment=rain"
    assert folder("optimizer.lr=0.00123456789", "data.test_year=2015") == "_lr=0.001235-test_year=2015"


@given(words=st.lists(st.text(), max_size=5))
def test_it_is_a_name_on_any_system_whatever_the_words(words):
    end = folder(*words)
    assert len(end.encode()) <= 80
    assert not re.search(r'[\x00-\x1f/\\:*?"<>|\s]', end)
    assert end == end.rstrip(" .")
