"""A sweep's jobs dealt out to processes: as one process records them, and told apart when one of them ends."""

import os
import pickle
import signal
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import polars as pl
import pytest
from hydra.errors import HydraException
from hypothesis import given
from hypothesis import strategies as st

from stratus.errors import Diverged
from stratus.runs import record
from stratus.sweep.batched import processes
from stratus.sweep.batched.processes import AHEAD, JOBS, Share, dealt, portable, run, sensible

SAME = ("task=binary", "trainer.max_epochs=2")
SWEPT = [(f"seed={seed}", f"optimizer.lr={lr}") for seed in (1, 2) for lr in ("0.1", "1e+38")]
NUMBERS = "hydra.sweep.subdir=${hydra:job.num}"
HYDRAS = {".hydra", "config.yaml", "hydra.yaml", "overrides.yaml", "run.log"}


@pytest.fixture(scope="module")
def swept(door, tmp_path_factory):
    """A sweep by two processes: its folder, exit code, what was said."""
    folder = tmp_path_factory.mktemp("processes")
    words = ("hydra/launcher=batched", "hydra.launcher.processes=2", "seed=1,2", "optimizer.lr=0.1,1e38", NUMBERS)
    process = door(folder, "-m", *SAME, *words, "hydra.sweep.dir=sweep")
    out, err = process.communicate(timeout=100)
    return folder / "sweep", process.returncode, out + err


def names(folder):
    """Names of a run's files, those of events without time and process."""
    return {path.name.partition("tfevents")[0] for path in folder.rglob("*")}


@pytest.mark.slow
def test_two_processes_leave_what_runs_of_their_own_do(swept, trained, tmp_path):
    sweep, code, said = swept
    assert code == 1  # a job diverged
    assert "training 2 jobs as one, #0 to #2" in said
    assert "training 2 jobs as one, #1 to #3" in said
    table = pl.read_csv(sweep / "summary.csv")
    assert table["status"].to_list() == ["finished", "finished", "diverged", "diverged"]
    for number, job in enumerate(SWEPT):
        alone = tmp_path / str(number)
        with suppress(Diverged):
            trained(alone, *SAME, *job)
        found, expected = record.read(sweep / str(number)), record.read(alone)
        assert (found.overrides, found.status) == (expected.overrides, expected.status)
        assert found.metrics == pytest.approx(expected.metrics, abs=2e-3, nan_ok=True)
        references = {"references", *(names(alone / "references") if found.status == "finished" else ())}
        assert names(sweep / str(number)) - HYDRAS == names(alone) - references | {"events.out."}


@pytest.mark.slow
def test_a_job_s_log_holds_what_it_has_to_say_and_the_terminal_nothing_of_a_job_trained_with_others(swept):
    sweep, _, said = swept
    for number, (_, rate) in enumerate(SWEPT):
        (line,) = (sweep / str(number) / "run.log").read_text().splitlines()
        message = line.split(maxsplit=3)[3]  # less the time and the level
        assert f"learning rate {float(rate.partition('=')[2]):g}" in message
        assert message not in said


in_proc = pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")


def children(pid):
    """The processes that a process has started, with their command lines."""
    found = {}
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        with suppress(FileNotFoundError):  # it has ended
            found[int(child)] = Path(f"/proc/{child}/cmdline").read_text()
    return found


def worker(sweep, begun=None):
    """The process that a sweep has started, once it is there; where a folder is given, once it runs that job."""
    for _ in range(3000):
        assert sweep.poll() is None
        started = [child for child, line in children(sweep.pid).items() if "spawn_main" in line]
        if started and (begun is None or (begun / "run.json").exists()):
            return started[0]
        time.sleep(0.02)
    pytest.fail("the sweep has started no process within a minute")


@contextmanager
def sweep_of_two(door, folder, *words):
    """A sweep by two processes, both of which are gone in the end."""
    same = ("-m", "hydra/launcher=batched", "hydra.launcher.processes=2", "seed=1,2", "hydra.sweep.dir=sweep", NUMBERS)
    with door(folder, *same, "task=binary", *words) as sweep:
        try:
            yield sweep
        finally:
            if sweep.poll() is None:
                for pid in (*children(sweep.pid), sweep.pid):
                    os.kill(pid, signal.SIGKILL)


@pytest.mark.slow
@in_proc
def test_a_process_that_is_killed_is_told_at_once_and_in_the_end_and_the_others_go_on(door, tmp_path):
    with sweep_of_two(door, tmp_path, "trainer.max_epochs=1") as sweep:
        os.kill(worker(sweep), signal.SIGKILL)
        out, err = sweep.communicate(timeout=60)
    assert sweep.returncode == 1, out + err
    assert "Traceback" not in out + err
    first, *_, last = (
        line for line in err.splitlines() if "process that ran some of the sweep's jobs was killed" in line
    )
    assert first.endswith("the others go on with theirs")
    assert "lower hydra.launcher.memory" in last
    assert record.read(tmp_path / "sweep" / "0").status == "finished"


@pytest.mark.slow
@in_proc
def test_a_signal_ends_the_sweep_with_its_code_and_is_recorded(door, tmp_path):
    with sweep_of_two(door, tmp_path, "trainer.max_epochs=1000000") as sweep:
        at_work = worker(sweep, tmp_path / "sweep" / "1")
        for pid in (at_work, sweep.pid):  # the first process's own job takes as long
            os.kill(pid, signal.SIGTERM)
        out, err = sweep.communicate(timeout=60)
    assert sweep.returncode == 143, out + err
    assert "Traceback" not in out + err
    assert "was killed" not in err
    assert [record.read(tmp_path / "sweep" / name).status for name in "01"] == ["interrupted", "interrupted"]


@pytest.mark.slow
@in_proc
def test_no_process_outlives_the_sweep(door, tmp_path):
    with sweep_of_two(door, tmp_path, "trainer.max_epochs=1000000") as sweep:
        child = worker(sweep, tmp_path / "sweep" / "1")
        sweep.kill()
        try:
            sweep.communicate(timeout=20)  # the other process has its output too
            for _ in range(500):
                if not Path(f"/proc/{child}").exists():
                    break
                time.sleep(0.02)
            else:
                pytest.fail("a process of the sweep lives on")
        finally:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
    assert record.read(tmp_path / "sweep" / "1").status == "interrupted"


def test_what_cannot_be_given_to_another_process_keeps_the_jobs_in_one(monkeypatch, caplog):
    share = Share(context=threading.Lock(), config=None, jobs={3: ["seed=1"], 4: ["seed=2"]}, memory=1.0)
    monkeypatch.setattr(processes, "work", lambda share, _: list(share.jobs))
    with caplog.at_level("WARNING"):
        assert run(share, 2, print) == [3, 4]
    assert "one process runs all jobs" in caplog.text


@given(jobs=st.integers(1, 300), count=st.integers(1, 20))
def test_every_job_is_dealt_once_and_no_process_goes_without(jobs, count):
    count = min(jobs, count)
    shares = dealt(range(jobs), count)
    assert len(shares) == count
    assert all(shares)
    assert sorted(number for share in shares for number in share) == list(range(jobs))
    assert max(map(len, shares)) - min(map(len, shares)) <= AHEAD + 1


class Odd(Exception):
    """Cannot be made again from its arguments, as a pickled exception is."""

    def __init__(self, number, *, place):
        super().__init__(f"{number} at {place}")


def test_an_unexpected_error_reaches_the_sweeper_with_its_traceback():
    def fails(composed):
        raise Odd(3, place="here") if composed else HydraException("seed=-1: mend it")

    with pytest.raises(RuntimeError, match=r"(?s)Traceback.*test_processes.*Odd: 3 at here") as raised:
        portable(fails)(True)
    assert str(pickle.loads(pickle.dumps(raised.value))) == str(raised.value)
    with pytest.raises(HydraException, match="seed=-1"):
        portable(fails)(False)


def test_there_are_as_many_processes_as_have_jobs_enough():
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    assert [sensible(jobs) for jobs in (1, JOBS - 1, 2 * JOBS - 1)] == [1, 1, 1]
    assert sensible(2 * JOBS) == min(2, cores)
    assert sensible(10_000 * JOBS) == cores
