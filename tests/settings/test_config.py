"""What a configuration may say, and what it builds."""

import inspect
import re
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest
import torch
import yaml
from hydra.errors import HydraException
from hydra.utils import get_method
from hypothesis import example, given
from hypothesis import strategies as st
from omegaconf import MISSING, OmegaConf

from stratus import tasks
from stratus.errors import CheckpointError, ConfigurationError
from stratus.runs import record
from stratus.settings import compose as config
from stratus.settings import schema as settings

CONF = Path(__file__).parents[2] / "conf"
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
BUILT = [
    one
    for one in vars(settings).values()
    if is_dataclass(one) and isinstance(one, type) and getattr(one, "_target_", None) not in (None, MISSING)
]


def refused(composed, *overrides):
    with pytest.raises((ConfigurationError, HydraException)) as caught:
        config.check(composed(*overrides))
    return config.one_line(caught.value)


# --- choices go together


@pytest.mark.parametrize("place", range(5))
@pytest.mark.parametrize("task", TASKS)
def test_every_task_goes_with_every_optimiser_features_and_data(composed, task, place):
    k = place + TASKS.index(task)  # tasks meet all choices of each group, and most choices meet each other
    optimizer, features, (data, stations) = list(OPTIMIZERS)[place], FEATURES[k % 5], list(DATA.items())[k % 3]
    found = config.check(composed(f"task={task}", f"data={data}", f"optimizer={optimizer}", f"features={features}"))
    assert (found.task.name, found.data.stations, list(found.features.chosen)) == (task, stations, [features])
    assert type(config.build(found.optimizer)([torch.ones(1)])) is OPTIMIZERS[optimizer]


def test_several_features_stand_together(composed):
    found = config.check(composed("features=[station,harmonics]", "features.harmonics.k=3"))
    assert found.features.chosen == {"harmonics": {"k": 3}, "station": {}}
    assert len(found.recipe.inputs()) == 6 + 5


@pytest.mark.parametrize("optimizer", ["gd", "lbfgs"])
def test_what_needs_one_fixed_loss_takes_all_days_at_a_constant_rate(composed, optimizer):
    found = config.check(composed(f"optimizer={optimizer}"))
    assert found.data.batch_size is None
    assert isinstance(found.schedule, settings.Constant)


@pytest.mark.parametrize("data", ["seattle", "new_york"])
def test_several_labels_need_several_stations(composed, data):
    found = config.check(composed("task=multilabel", f"data={data}"))
    observations = found.data.load().observations
    with pytest.raises(ConfigurationError, match="choose data=two_cities, or task=binary"):
        observations.split(found.recipe, found.data.borders)


# --- wrong choices are refused


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        ("optimizer=sgd optimizer.nesterov=true", "optimizer.nesterov=true: expected a momentum"),
        ("data.validation_from=2015-01-01", "data.test_from=2015-01-01: expected a day after data.validation_from"),
        ("data.train_from=2014-01-01", "data.validation_from=2014-01-01: expected a day after data.train_from"),
        ("task.target=sunshine", "task.target=sunshine: expected for task=multiclass one of weather"),
        ("features=harmonics features.harmonics.k=0", "features.harmonics.k=0: expected"),
        ("features.lead_days=-1", "features.lead_days=-1: expected"),
        ("optimizer.momentum=1", "optimizer.momentum=1.0: expected a number from 0 to below 1"),
        ("optimizer.weight_decay=-0.1", "optimizer.weight_decay=-0.1: expected"),
        ("schedule.final=1.5", "schedule.final=1.5: expected a share from 0 to 1"),
        ("schedule=step schedule.every=0", "schedule.every=0: expected"),
        ("init=gaussian init.sigma=-1", "init.sigma=-1.0: expected"),
        ("trainer.max_epochs=0", "trainer.max_epochs=0: expected"),
        ("trainer.gradient_clip_val=0", "trainer.gradient_clip_val=0.0: expected"),
        ("seed=4294967296", "seed=4294967296: expected a whole number from 0"),
        ("patience=0", "patience=0: expected"),
        ("+features.harmonic.k=1", "there is no setting features.harmonic"),
        ("optimizer=adam optimizer.momentum=0.9", "Key 'momentum' not in 'Adam'"),
    ],
)
def test_what_cannot_work_is_refused_in_one_line_that_names_the_setting(composed, overrides, said):
    line = refused(composed, *overrides.split())
    assert "\n" not in line
    assert re.search(said, line), line


@pytest.mark.parametrize("lr", [0.0, -0.1, float("nan"), float("inf")])
@pytest.mark.parametrize("schema", [settings.SGD, settings.Adam, settings.LBFGS])
def test_a_learning_rate_is_a_finite_number_above_0(schema, lr):
    with pytest.raises(ConfigurationError, match=f"optimizer.lr={lr}: expected a finite number above 0"):
        schema(lr=lr)


# --- what is built


@pytest.mark.parametrize("group", ["optimizer", "schedule", "init", "trainer"])
@pytest.mark.parametrize("target", ["os.system", "torch.optim.Adagrad"])
def test_nothing_is_built_that_is_not_declared(composed, group, target):
    assert "nothing else" in refused(composed, f"{group}._target_={target}")


@pytest.mark.parametrize("group", ["task", "data", "features"])
def test_what_builds_nothing_takes_no_target(composed, group):
    assert "_target_" in refused(composed, f"{group}._target_=os.system")
    assert "_target_" in refused(composed, f"+{group}._target_=os.system")


def test_a_changed_target_is_not_built_in_a_notebook_either():
    with pytest.raises(ConfigurationError, match=r"_target_=os\.system: SGD is torch\.optim\.SGD, nothing else"):
        config.build(settings.SGD(_target_="os.system", lr=0.1))


def test_there_is_something_to_compare():
    assert {one.__name__ for one in BUILT} >= {"SGD", "Adam", "LBFGS", "Cosine", "Step", "Zeros", "Gaussian", "Trainer"}


@pytest.mark.parametrize("schema", BUILT)
def test_every_setting_is_a_parameter_of_what_it_configures(schema):
    parameters = inspect.signature(get_method(schema._target_)).parameters
    own = {one.name for one in fields(schema) if one.name != "_target_"}
    assert own <= set(parameters)
    if schema._target_.startswith("stratus."):
        # Our own functions have no other settings than these, and no other defaults.
        assert own == set(parameters) - {"optimizer", "epochs", "parameter", "generator"}
        defaults = {name: one.default for name, one in parameters.items() if one.default is not inspect.Parameter.empty}
        assert defaults == {one.name: one.default for one in fields(schema) if one.name in defaults}


@pytest.mark.parametrize("file", sorted((CONF / "task").glob("*.yaml")), ids=lambda file: file.stem)
def test_a_task_takes_the_settings_of_its_file_with_the_same_defaults(composed, file):
    found = config.check(composed(f"task={file.stem}")).task
    assert found.name == file.stem
    parameters = inspect.signature(tasks.find(file.stem)).parameters
    for name, value in found.settings.items():
        assert parameters[name].default == value


def test_every_task_has_its_file_and_every_file_its_task():
    assert sorted(file.stem for file in (CONF / "task").glob("*.yaml")) == tasks.NAMES


def test_every_setting_of_every_group_is_bound_to_what_is_built(composed):
    found = config.check(composed("optimizer=momentum", "optimizer.lr=0.25", "optimizer.weight_decay=0.125"))
    optimizer = config.build(found.optimizer)([torch.nn.Parameter(torch.ones(1))])
    assert isinstance(optimizer, torch.optim.SGD)
    chosen = {"lr": 0.25, "momentum": 0.9, "nesterov": True, "weight_decay": 0.125}
    assert optimizer.defaults == optimizer.defaults | chosen


def test_a_constant_schedule_builds_nothing(composed):
    assert config.build(config.check(composed("schedule=constant")).schedule) is None


# --- patterns


def test_a_pattern_stands_for_the_files_of_a_group_and_of_its_folders():
    names = sorted(file.stem for file in (config.PROJECT / "conf" / "experiment" / "lecture").glob("*.yaml"))
    (lessons,) = config.with_globs(["experiment=glob(lecture/*)"])
    assert lessons == "experiment=" + ",".join(f"lecture/{name}" for name in names)
    assert config.with_globs(["-m", "init=glob(*s*)", "seed=0,1"]) == ["-m", "init=gaussian,zeros", "seed=0,1"]


def test_what_is_no_pattern_of_a_group_is_left_to_hydra():
    given = ["optimizer.lr=glob(*)", "seed=range(3)", "init=glob([g*,z*],exclude=z*)", "nothing=glob(*)"]
    assert config.with_globs(given) == given


def test_a_pattern_without_a_match_is_no_sweep_of_no_jobs():
    with pytest.raises(
        ConfigurationError, match=r"experiment=glob\(lectures/\*\): there is no conf/experiment/lectures/"
    ):
        config.with_globs(["experiment=glob(lectures/*)"])


# --- resuming


@pytest.fixture
def earlier(tmp_path):
    overrides = ["task=binary", "optimizer.lr=0.5", "+experiment=x", "resume=an/older/one", "trainer.max_epochs=2"]
    with record.recorded(tmp_path / "run", overrides=overrides):
        pass
    return tmp_path / "run"


def test_a_resumed_run_has_the_settings_of_the_earlier_one_and_what_is_given_anew(earlier):
    given = ["trainer.max_epochs=9", f"resume={earlier}"]
    assert config.with_resumed(given) == ["task=binary", "optimizer.lr=0.5", "+experiment=x", *given]


def test_without_resume_the_command_line_stays_as_it_is():
    for words in (["task=binary", "-m"], ["resume=null"], []):
        assert config.with_resumed(words) == words


def test_only_a_run_can_be_resumed(tmp_path):
    with pytest.raises(CheckpointError, match="is not a run's folder"):
        config.with_resumed([f"resume={tmp_path}"])


def test_a_path_beside_train_py_is_found_from_anywhere(composed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Path(OmegaConf.to_container(composed(), resolve=True)["data"]["path"]).is_file()


scalars = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text()
trees = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@given(st.dictionaries(st.text(), trees))
@example({"on": {"no": {"1": "a\n\n b\n"}}, "": {}, "a: b": {"c": [{"d": "e " * 60}]}})
def test_a_configuration_in_words_reads_as_what_it_was(content):
    assert yaml.safe_load(config.as_yaml(content)) == content
