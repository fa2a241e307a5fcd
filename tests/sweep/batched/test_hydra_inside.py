"""What is taken of Hydra's inside: a job is composed and run as Hydra would, in a fraction of the time."""

import logging
from pathlib import Path

import pytest
import yaml
from hydra import initialize_config_dir
from hydra.core.config_loader import ConfigLoader
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.utils import JobStatus, run_job, setup_globals
from hydra.experimental.callback import Callback
from hydra.types import HydraContext, RunMode
from omegaconf import OmegaConf

from stratus.sweep.batched.hydra_inside import Composer, JobRunner

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def master():
    """A sweep's configuration, and Hydra's own loader."""
    with initialize_config_dir(str(ROOT / "conf"), version_base=None):
        hydra = GlobalHydra.instance().hydra
        yield hydra.compose_config("config", ["pictures=none"], RunMode.MULTIRUN), hydra.config_loader


@pytest.mark.parametrize(
    "overrides",
    [
        ["optimizer.lr=0.5", "seed=3"],
        ["seed=4", "init=gaussian", "init.sigma=0.25", "task=regression", "features=[station,harmonics]"],
        ["features.harmonics.k=3", "features=harmonics", "data.validation_from=null"],
        ["trainer.max_epochs=3", "task=binary", "optimizer=gd", "data.stations=[New York]"],
        ["+trainer.max_time=1", "seed=1"],
        ["seed=1", "seed=2"],
        ["experiment=rain_forecast", "hydra.sweep.subdir=x", "optimizer.lr=1e-3"],
        ["optimizer.lr=fast"],
        ["optimizer.speed=1"],
        ["optimizer=fast", "seed=1"],
    ],
)
def test_a_job_is_composed_as_hydra_composes_it(master, overrides):
    config, loader = master
    composer = Composer(loader)
    for line in (["optimizer.lr=0.25", *overrides[1:]], overrides):
        assert composed(composer, config, line) == composed(loader, config, line)


def composed(loader: ConfigLoader, config, overrides):
    try:
        return OmegaConf.to_container(loader.load_sweep_config(config, overrides))
    except Exception as error:
        return str(error)


class Watch(Callback):
    """Keeps what a callback is shown of a job."""

    def __init__(self):
        self.seen = []

    def on_job_start(self, config, **kwargs):
        self.seen.append(OmegaConf.to_yaml(config))

    def on_job_end(self, config, job_return, **kwargs):
        self.seen += [OmegaConf.to_yaml(job_return.cfg), list(job_return.overrides), job_return.task_name]
        self.seen += [job_return.status, job_return.working_dir]


@pytest.fixture
def both(master, tmp_path):
    """Runs a function as one job by Hydra and by the launcher: what is returned, what callbacks saw, the files."""
    config, loader = master
    setup_globals()
    root, kept = logging.getLogger(), logging.getLogger().handlers[:]
    watch = Watch()
    context = HydraContext(config_loader=loader, callbacks=loader_callbacks(watch))

    def files():
        return {str(one.relative_to(tmp_path)): one.read_text() for one in tmp_path.rglob("*") if one.is_file()}

    def run(function, *overrides, quiet=False):
        found = []
        for ours in (False, True):
            job = Composer(loader).compose(config, [f"hydra.sweep.dir={tmp_path / str(ours)}", *overrides])
            job.set("hydra.job.id", "7")
            job.set("hydra.job.num", 7)
            if ours:
                returned = JobRunner(context).run(function, job, quiet=quiet)
            else:
                returned = run_job(function, job.whole, "hydra.sweep.dir", "hydra.sweep.subdir", context)
            seen = [str(one).replace(str(tmp_path / str(ours)), "") for one in watch.seen]
            here = {name.removeprefix(f"{ours}/"): text for name, text in files().items() if name.startswith(str(ours))}
            found.append((returned, seen, {name: text.replace(f"/{ours}", "") for name, text in here.items()}))
            watch.seen = []
        return found

    yield run
    for one in root.handlers:
        one.close()
    root.handlers = kept
    HydraConfig.instance().cfg = None


def loader_callbacks(*callbacks):
    from hydra._internal.callbacks import Callbacks  # noqa: PLC0415 - Hydra makes them of a configuration only

    made = Callbacks()
    made.callbacks += callbacks
    return made


def test_callbacks_see_a_job_as_hydra_shows_it(both):
    def function(config):
        assert HydraConfig.get().job.num == 7
        logging.getLogger("stratus").info("here")
        return config.seed

    (hydras, seen, files), (ours, our_seen, our_files) = both(function, "seed=3")
    assert ours.return_value == hydras.return_value == 3
    assert our_seen == seen
    names = {f"7_seed=3/.hydra/{name}.yaml" for name in ("config", "hydra", "overrides")}
    assert set(our_files) == set(files) == {*names, "7_seed=3/run.log"}
    for name in names:
        assert yaml.safe_load(our_files[name]) == yaml.safe_load(files[name])


def test_a_job_that_fails_is_returned_as_hydra_returns_it(both):
    def function(config):
        raise ValueError("no")

    (_, seen, _), (ours, our_seen, _) = both(function)
    assert ours.status == JobStatus.FAILED
    assert our_seen == seen
    with pytest.raises(ValueError, match="no"):
        ours.return_value  # noqa: B018 - raises, as a sweeper finds it


def test_a_quiet_job_shows_only_errors_on_the_terminal(both, capsys):
    def function(config):
        logging.getLogger("stratus").warning("a word")
        logging.getLogger("stratus").error("a fault")

    _, (_, _, files) = both(function, quiet=True)
    assert "a word" in files["7/run.log"]
    assert capsys.readouterr().out.splitlines() == ["a word", "a fault", "a fault"]


def test_quiet_jobs_log_each_into_their_own_folder(master, both, tmp_path):
    config, loader = master
    composer, runner = Composer(loader), JobRunner(HydraContext(config_loader=loader, callbacks=loader_callbacks()))
    for number in range(3):
        job = composer.compose(config, [f"hydra.sweep.dir={tmp_path}", f"seed={number}"])
        job.set("hydra.job.num", number)
        runner.run(lambda config: logging.getLogger("stratus").warning("seed %d", config.seed), job, quiet=True)
    assert [(tmp_path / f"{number}_seed={number}/run.log").read_text().count("seed") for number in range(3)] == [
        1,
        1,
        1,
    ]
    assert [f"seed {number}" in (tmp_path / f"{number}_seed={number}/run.log").read_text() for number in range(3)] == [
        True
    ] * 3
