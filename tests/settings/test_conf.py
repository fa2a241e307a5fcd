"""The files in conf/: each composes, and each experiment and sweep runs."""

import logging
from datetime import date, timedelta
from logging.config import DictConfigurator
from pathlib import Path

import bureau
import pytest
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import MissingConfigException
from hydra.types import RunMode
from omegaconf import OmegaConf

from stratus.data.features import FEATURES
from stratus.settings.compose import check

CONF = Path(__file__).parents[2] / "conf"
FILES = sorted(CONF.glob("*/*.yaml"))
MUST_BE_GIVEN = {
    "data=australia": ["data.path=weatherAUS.csv"],
    "data=csv": ["data.path=my.csv"],
    "data=ghcn": ["data.station=GME00102380"],
    "data=knmi": ["data.path=etmgeg_260.txt"],
    "data=store": ["data.path=network"],
    "optimizer=own": ["optimizer.path=my.py", "optimizer.function=Signed"],
    "schedule=own": ["schedule.path=my.py", "schedule.function=warm"],
}
GROUPS = {}  # names by group, but for those that are tried below
for file in FILES:
    if file.parent.name not in ("experiment", "features", "sweep"):
        GROUPS.setdefault(file.parent.name, []).append(file.stem)


def files(group):
    return [pytest.param(file.stem, id=file.stem) for file in sorted((CONF / group).glob("*.yaml"))]


@pytest.fixture(scope="session")
def composed(composed):
    """The configuration, where the plugins of Hydra that it asks for are installed."""

    def compose(*overrides, **options):
        try:
            return composed(*overrides, **options)
        except MissingConfigException as error:
            if "Could not find 'hydra/" not in str(error):
                raise
            pytest.skip("needs an extra that is not installed")

    return compose


@pytest.mark.parametrize("place", range(max(map(len, GROUPS.values()))))
def test_every_file_composes_into_a_configuration_that_can_work(composed, place):
    # The first of each group, the second of each …: composing takes as long for one file as for all.
    chosen = [f"{group}={names[place % len(names)]}" for group, names in GROUPS.items()]
    if {"optimizer=lbfgs", "optimizer=newton"} & {*chosen}:  # which take one device
        chosen = [*chosen, "trainer=cpu"]
    assert check(composed(*chosen, *(given for choice in chosen for given in MUST_BE_GIVEN.get(choice, []))))


@pytest.mark.parametrize("file", [file for file in FILES if file.parent.name in ("experiment", "sweep")], ids=str)
def test_an_experiment_says_that_it_sets_what_lies_outside_its_folder(file):
    # Hydra would pass over the file in silence.
    assert file.read_text().startswith("# @package _global_\n")


@pytest.mark.parametrize("name", files("features"))
def test_a_file_of_features_is_one_feature_set_with_its_defaults(composed, name):
    content = OmegaConf.to_container(OmegaConf.load(CONF / "features" / f"{name}.yaml"))
    assert list(content) == [name]
    given = {key: "mine" for key, value in content[name].items() if value == "???"}
    words = [f"features.{name}.{key}={value}" for key, value in given.items()]
    assert check(composed(f"features={name}", *words)).features.chosen == {name: content[name] | given}


def test_every_feature_set_has_its_file():
    assert sorted(FEATURES) == sorted(file.stem for file in (CONF / "features").glob("*.yaml"))


def run_an_epoch(trained, folder, *overrides):
    run = trained(folder, *overrides, "trainer.max_epochs=1")
    assert (run["status"], run["epochs"]) == ("finished", 1)
    assert (folder / "forecasts.csv").is_file()


def bureaus(folder):
    """Settings for a small file in the form of Australia's Bureau: it rains every third day, a day later at Cobar."""
    days = [date(2019, 10, 1) + timedelta(day) for day in range(900)]
    lines = [
        bureau.line(f"{day}", place, Rainfall=2 * (k % 3 == late))
        for late, place in enumerate(("Albury", "Cobar"))
        for k, day in enumerate(days)
    ]
    (folder / "weatherAUS.csv").write_text(bureau.text(*lines))
    return [f"data.path={folder / 'weatherAUS.csv'}", "data.stations=[Albury,Cobar]"]


@pytest.mark.parametrize("name", files("experiment"))
def test_every_experiment_runs(trained, tmp_path, name):
    few = ["data.stations=[Lelystad,Hupsel]", "data.train_from=2014-01-01"] if "netherlands" in name else []
    run_an_epoch(trained, tmp_path, f"experiment={name}", *(bureaus(tmp_path) if "australia" in name else few))


def jobs(hydra):
    """The jobs of a sweep, each a list of overrides; none where it names no values of its own."""
    params = hydra.sweeper.get("params")
    if not params or not hydra.sweeper._target_.endswith(".BasicSweeper"):
        return []
    overrides = OverridesParser.create().parse_overrides([f"{key}={value}" for key, value in params.items()])
    (batch,) = BasicSweeper.split_arguments(overrides, None)
    return batch


@pytest.mark.parametrize("name", files("sweep"))
def test_every_sweep_has_jobs_that_can_work_and_its_first_and_last_run(composed, trained, tmp_path, name):
    hydra = composed(f"sweep={name}", with_hydra=True).hydra
    assert hydra.mode == RunMode.MULTIRUN
    every = jobs(hydra)
    assert len(every) != 1
    for job in every[1:-1] if len(every) < 100 else every[100:101]:  # a resample differs in its number alone
        assert check(composed(f"sweep={name}", *job))
    for number, job in enumerate([every[0], every[-1]] if every else [[]]):
        run_an_epoch(trained, tmp_path / str(number), f"sweep={name}", *job)


@pytest.mark.parametrize("file", sorted(CONF.rglob("*.yaml")), ids=lambda file: file.stem)
def test_every_file_says_in_its_first_line_what_it_is(file):
    first, second = file.read_text().splitlines()[:2]
    assert (second if first == "# @package _global_" else first).startswith("# ")


@pytest.mark.parametrize("choice", ["default", "disabled", "none", "stdout"])
def test_each_of_hydra_s_ways_to_log_is_one_that_logging_reads(composed, tmp_path, choice):
    config = composed(f"hydra/job_logging={choice}", with_hydra=True).hydra.job_logging
    handlers = OmegaConf.to_container(config.handlers)
    handlers["file"]["filename"] = tmp_path / "run.log"
    read = DictConfigurator({"handlers": handlers})
    read.config["formatters"] = {name: logging.Formatter() for name in config.formatters}
    assert isinstance(read.configure_handler(read.config["handlers"]["file"]), logging.FileHandler)
