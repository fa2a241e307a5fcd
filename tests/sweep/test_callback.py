"""What a sweep is told before it begins, and how the processes of its jobs end."""

import copy
import signal
import subprocess
import sys

import pytest
from omegaconf import open_dict

from stratus import files
from stratus.errors import DataError, message
from stratus.runs import recording
from stratus.sweep.callback import SweepTable, without_jobs, without_judges
from stratus.sweep.worker import failed


@pytest.fixture(scope="module")
def composition(composed):
    """The configuration of a sweep, with Hydra's own."""
    return composed(with_hydra=True)


@pytest.mark.parametrize(
    ("sweeper", "words", "said"),
    [
        ({}, ["seed=range(0)"], "seed=range(0)"),
        ({}, ["seed=1,2", "optimizer.lr=range(3,1)"], "optimizer.lr=range(3,1)"),
        ({}, ["optimizer.lr=range(0,1,-0.1)"], "optimizer.lr=range(0,1,-0.1)"),
        ({"max_batch_size": 0}, ["seed=0,1"], "hydra.sweeper.max_batch_size=0"),
        ({"params": {"seed": "range(0)"}}, [], "seed=range(0)"),
        ({"params": {"seed": "range(0)"}}, ["seed=1,2"], None),
        ({}, ["seed=range(1)", "optimizer.lr=0.1,0.2", "init=zeros"], None),
        ({}, ["seed=range(3,0,-1)"], None),
        ({}, ["seed=interval(0,1)", "data.path='range(0)'"], None),
        ({}, [], None),
        ({"n_trials": 5}, ["task=binary"], "a search over no values"),
        ({"n_trials": 5}, ["optimizer.lr=interval(0,1)"], None),
        ({"n_trials": 5, "params": {"optimizer.lr": "interval(0,1)"}}, [], None),
    ],
)
def test_a_sweep_without_jobs_is_known_before_it_begins(composition, sweeper, words, said):
    config = copy.deepcopy(composition)
    with open_dict(config):
        config.hydra.sweeper = {**config.hydra.sweeper, **sweeper}
    config.hydra.overrides.task = words
    found = without_jobs(config)
    assert found is None if said is None else found.startswith(f"{said}: ")


@pytest.mark.parametrize(
    ("words", "refused"),
    [
        (["sweep=penalty"], False),
        (["sweep=penalty", "data.validation_from=null"], True),
        (["sweep=years"], False),
        (["data.validation_from=null"], False),
    ],
)
def test_penalties_are_not_chosen_without_validation_days(composed, words, refused):
    found = without_judges(composed(*words, with_hydra=True))
    assert (found is not None) == refused


FOLLOW = """if True:
    import sys, time
    from stratus.sweep import worker
    worker.follow(int(sys.argv[1]))
    print(flush=True)
    time.sleep(60)"""


def test_a_process_that_a_sweep_has_started_ends_once_the_sweep_is_killed():
    lead = f"""if True:
        import os, subprocess, sys
        child = subprocess.Popen([sys.executable, "-c", {FOLLOW!r}, str(os.getpid())], stdout=subprocess.PIPE)
        assert child.stdout.readline()
        print(flush=True)
        child.wait()"""
    with subprocess.Popen([sys.executable, "-c", lead], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as parent:
        assert parent.stdout.readline()
        parent.kill()
        parent.communicate(timeout=10)  # until the child, which has the same stderr, has ended too


def test_one_that_finds_the_sweep_gone_as_it_starts_ends_at_once():
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        pass
    done = subprocess.run([sys.executable, "-c", FOLLOW, str(gone.pid)], check=False, timeout=10)
    assert done.returncode == -signal.SIGTERM


def test_a_folder_whose_sweep_named_its_jobs_folders_deeper_is_refused_too(composition, tmp_path):
    config = copy.deepcopy(composition)
    config.hydra.sweep.dir = str(tmp_path)
    with open_dict(config):
        config.hydra.runtime.cwd = str(tmp_path)
    job = tmp_path / "a" / "b" / "0"
    job.mkdir(parents=True)
    (job / "run.json").touch()
    with pytest.raises(SystemExit, match="holds a sweep: choose another"):
        SweepTable().on_multirun_start(config)


def test_a_job_that_fails_says_why_and_of_a_bug_its_log_has_the_traceback(tmp_path, caplog):
    for error in (DataError("mend it"), OSError(28, "No space left on device", "f.csv")):
        assert str(failed(error, 3, tmp_path)) == f"job 3: {message(error)}"
    assert not caplog.records
    try:
        {}["key"]
    except KeyError as bug:
        said = str(failed(bug, 3, tmp_path))
    assert said.startswith("job 3: KeyError: 'key'; its traceback is in ")
    assert said.endswith("run.log")
    assert "test_callback.py" in caplog.text


def test_a_run_s_folder_is_its_own_before_hydra_writes_there(composition, tmp_path):
    config = copy.deepcopy(composition)
    config.hydra.run.dir = str(tmp_path / "run")
    SweepTable().on_run_start(config)
    with pytest.raises(SystemExit, match="another run is at work here"):
        SweepTable().on_run_start(config)
    with recording.recorded(tmp_path / "run", task="binary", overrides=[], seed=0):
        pass
    assert not files.taken(tmp_path / "run")
