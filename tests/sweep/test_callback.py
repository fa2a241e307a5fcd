"""What a sweep is told before it begins, and how the processes of its jobs end."""

import copy
import signal
import subprocess
import sys

import pytest
from omegaconf import open_dict

from stratus.sweep.callback import without_jobs


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
    ],
)
def test_a_sweep_without_jobs_is_known_before_it_begins(composition, sweeper, words, said):
    config = copy.deepcopy(composition)
    with open_dict(config):
        config.hydra.sweeper.update(sweeper)
    config.hydra.overrides.task = words
    found = without_jobs(config)
    assert found is None if said is None else found.startswith(f"{said}: ")


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
