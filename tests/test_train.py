"""The door: what the command line answers, and how it ends."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from stratus.errors import CheckpointError

FOUR = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS"), "4")
TRAIN = Path(__file__).parents[1] / "train.py"
HEADER = "station,date,temperature_max,temperature_min,precipitation"
WRONG = {
    "optimizer.lrr=0.1": "there is no setting optimizer.lrr; is it optimizer.lr? optimizer has lr, momentum",
    "optimizer.lr=fast": "optimizer.lr=fast: expected a number",
    "optimizer.lr=-1": "optimizer.lr=-1.0: expected a finite number above 0",
    "optimizer=sgdd": "there is no optimizer=sgdd; is it optimizer=sgd? there are: adam, gd, lbfgs",
    "features=[two_days,harmonic]": "there is no features=harmonic; is it features=harmonics? there are: ",
    "task=regresion": "there is no task=regresion; is it task=regression? there are: binary",
    "foo=1": "there is no setting foo; see python train.py --help",
    "+foo=1": "there is no setting foo",
    "+optimizer.foo=1": "there is no setting optimizer.foo",
    "optimizer": "'optimizer' sets nothing: expected setting=value",
    "seed=1,2": "several values are a sweep, which takes -m",
    "data=csv": "data.path must be given",
    "data=csv data.path=missing.csv": "missing.csv: cannot be read (No such file or directory)",
    "data=csv data.path=broken.csv": "broken.csv, line 3, column temperature_max: 'warm' is not a number",
    "data=csv data.path=twice.csv": "twice.csv, line 3, column date: 2012-01-01 of 'Oslo' is already on",
    "data.stations=[Oslo]": "no station 'Oslo'; expected 'New York' or 'Seattle'",
    "task=multilabel data=seattle": "choose data=two_cities, or a target of one place",
    "data.test_from=2020-01-01": "no test days: the table reaches from 2012-01-01 to 2015-12-31; mend data.test_from",
    "data.train_from=2013-12-31": "the training days (1 day, 2013-12-31 to 2013-12-31) show no weather but rain",
    "data.validation_from=2014-02-30": "expected a day as YYYY-MM-DD",
    "features=[]": "a model needs inputs: choose features from",
    "features.harmonics.k=3": "features=two_days+harmonics",
    "features=harmonics features.harmonics.kk=3": "there is no setting features.harmonics.kk; features.harmonics has k",
    "optimizer=lbfgs data.batch_size=32": "leave data.batch_size=null",
    "optimizer=lbfgs trainer=ddp": "on one device: trainer=cpu",
    "patience=3 data.validation_from=null": "set data.validation_from",
    "optimizer._target_=os.system": "there is no setting optimizer._target_",
    "lesson=sunshine": "lesson=sunshine: expected one of temperature_line, temperature_cycle, rain",
    "resume=nothing": "nothing is not a run's folder",
    "-m trainer=ddp": "several devices, as trainer=ddp has, start further processes",
    "-m trainer.devices=2": "would run the whole sweep again",
    "trainer.max_epochs=3 trainer.check_val_every_n_epoch=5": "expected at most trainer.max_epochs=3",
}


def recorded(folder):
    """What a run's run.json says."""
    return json.loads((folder / "run.json").read_text())


def wait_for(folder, pattern, process):
    """The first file of that name that a running process makes."""
    for _ in range(6000):
        if file := next(folder.glob(pattern), None):
            return file
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    raise AssertionError(f"no {pattern} after a minute")


# --- before anything is trained


def test_every_wrong_setting_is_answered_in_one_line_before_torch_is_imported(in_turn, tmp_path):
    (tmp_path / "broken.csv").write_text(f"{HEADER}\nOslo,2012-01-01,1,0,0\nOslo,2012-01-02,warm,0,0\n")
    (tmp_path / "twice.csv").write_text(f"{HEADER}\nOslo,2012-01-01,1,0,0\nOslo,2012-01-01,1,0,0\n")
    ends, torch_imported = in_turn(tmp_path, WRONG)
    answers = dict(zip(WRONG, ends, strict=True))
    wrong = {
        case: answers[case]
        for case, said in WRONG.items()
        if not isinstance(answers[case], str) or said not in answers[case] or "\n" in answers[case]
    }
    assert wrong == {}
    assert not torch_imported
    ends = [recorded(file.parent) for file in tmp_path.glob("outputs/**/run.json")]
    assert ends
    assert {run["status"] for run in ends} == {"failed"}
    assert {run["error"] for run in ends} <= {one.removeprefix("job 0: ") for one in answers.values()}


@pytest.mark.parametrize("case", ["optimizer.lrr=0.1", "data.stations=[Oslo]"])
def test_a_wrong_setting_is_one_line_on_stderr_and_exit_code_1(door, tmp_path, case):
    process = door(tmp_path, case)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    assert WRONG[case] in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("flags", [["--help"], ["--cfg", "job", "task=binary", "optimizer.lr=0.25"]])
def test_help_and_configuration_are_shown_without_torch_and_without_a_run(tmp_path, flags):
    done = subprocess.run(
        [sys.executable, "-X", "importtime", str(TRAIN), *flags],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "stratus.settings.compose" in imported
    assert not imported & {"torch", "lightning", "lightning.pytorch", "torchmetrics"}
    assert list(tmp_path.iterdir()) == []
    if flags == ["--help"]:
        assert "\ntask: binary, multiclass, multilabel, regression\n" in done.stdout
        assert "\noptimizer: adam, gd, lbfgs, momentum, newton, own, sgd\n" in done.stdout
        assert re.search(r"\n  trainer\.max_epochs=100 +epochs: passes over the training days\n", done.stdout)
        assert re.search(r"\n  optimizer\.lr=0\.1 +learning rate: step size ε\n", done.stdout)
        assert re.search(r"\n  optimizer=gd +schedule=constant data\.batch_size=null\n", done.stdout)
        assert "stratus." not in done.stdout
    else:
        assert "task:\n  target: rain\n  rain_from: 0.0\n  class_weights: null\n" in done.stdout
        assert "\n  lr: 0.25\n" in done.stdout


# --- a run from the command line


def test_a_run_says_each_thing_once_and_leaves_all_that_belongs_to_it(door, trained, tmp_path):
    overrides = ["task=binary", "trainer.max_epochs=2", "init=gaussian", "seed=3", "pictures=none"]
    process = door(tmp_path, *overrides, **FOUR)  # and beside it below one of one thread, to the bit
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    lines = [line for line in out.splitlines() if line.strip()]
    assert len(set(lines)) == len(lines)
    assert "Tip" not in out
    assert "GPU" not in out
    assert "\r" not in out
    assert "%|" not in out
    (folder,) = tmp_path.glob("outputs/binary/*")
    assert re.fullmatch(
        r"outputs/binary/\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d-\d{6}_max_epochs=2-init=gaussian-seed=3",
        str(folder.relative_to(tmp_path)),
    )
    assert lines[-1] == str(folder.relative_to(tmp_path))
    wanted = {".hydra", "run.json", "run.log", "forecasts.csv", "checkpoints"}
    assert {file.name for file in folder.iterdir()} >= wanted
    assert {one.name for one in tmp_path.glob("outputs/references/*")} == {
        f"binary Seattle, {name}" for name in ("climatology", "persistence", "optimum of two_days")
    }
    assert list(folder.glob("events.out.tfevents.*"))

    run = recorded(folder)
    (model,) = (re.split(r"[│┃]", line) for line in lines if line.startswith("│ model"))
    assert float(model[2]) == pytest.approx(run["metrics"]["test/loss"], abs=1e-4)
    assert run["overrides"] == overrides

    again = trained(tmp_path / "again", *overrides)
    assert again["metrics"] == run["metrics"]
    one, other = (torch.load(at / "checkpoints/last.ckpt", weights_only=True) for at in (folder, tmp_path / "again"))
    assert all(torch.equal(value, other["state_dict"][name]) for name, value in one["state_dict"].items())


@pytest.mark.slow
def test_a_terminated_run_is_recorded_and_resumes_to_what_it_would_have_become(door, trained, tmp_path):
    settings = ["task=regression", "data.batch_size=null", "trainer.max_epochs=150", "schedule=cosine"]
    process = door(tmp_path, *settings)
    folder = wait_for(tmp_path, "outputs/*/*/checkpoints/last.ckpt", process).parents[1]
    assert recorded(folder)["status"] == "running"
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 143
    assert "Traceback" not in err
    stopped = recorded(folder)
    assert (stopped["status"], stopped["error"]) == ("interrupted", "stopped with exit code 143")
    before = torch.load(folder / "checkpoints/last.ckpt", weights_only=True)["epoch"] + 1
    assert 1 <= before < 150
    assert [file.name for file in (folder / "checkpoints").iterdir() if file.name.startswith(".")] == []

    resumed = trained(tmp_path / "resumed", f"resume='{folder}'")
    straight = trained(tmp_path / "straight", *settings)
    assert resumed["epochs"] == straight["epochs"] == 150
    for entry in ("metrics", "gap", "references", "objective"):
        assert resumed[entry] == straight[entry]
    for name in ("best", "last"):
        one, other = (
            torch.load(tmp_path / at / "checkpoints" / f"{name}.ckpt", weights_only=True)
            for at in ("resumed", "straight")
        )
        assert one["epoch"] == other["epoch"]
        assert all(torch.equal(value, other["state_dict"][key]) for key, value in one["state_dict"].items())


def test_a_finished_run_is_not_resumed_without_more_epochs(trained, short, tmp_path):
    with pytest.raises(CheckpointError, match=r"trained for 4 epochs already: .* set trainer\.max_epochs above"):
        trained(tmp_path, f"resume={short('binary')}")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ("features=quadratic", "its inputs is"),
        ("features.lead_days=1", "its inputs is"),
        ("task=multiclass", "its task is binary, this run's is multiclass"),
        ("optimizer=adam", "its optimizer is SGD, this run's is Adam"),
        ("data.validation_from=2013-01-01", "its inputs' mean over the training days"),
        ("data=new_york", "its inputs' mean over the training days"),
    ],
)
def test_a_run_is_not_resumed_as_another_model(trained, short, tmp_path, changed, said):
    with pytest.raises(CheckpointError, match=said):
        trained(tmp_path, f"resume={short('binary')}", "trainer.max_epochs=5", changed)


@pytest.mark.parametrize("lost", ["stopped_epoch", "wait_count"])
def test_a_checkpoint_without_what_patience_needs_is_told_in_one_line(trained, tmp_path, lost):
    words = ("task=binary", "patience=2", "pictures=none")
    trained(tmp_path / "run", *words, "trainer.max_epochs=1")
    file = tmp_path / "run" / "checkpoints" / "last.ckpt"
    content = torch.load(file, weights_only=True)
    (state,) = (state for name, state in content["callbacks"].items() if name.startswith("Patience"))
    del state[lost]
    torch.save(content, file)
    entries = json.loads((tmp_path / "run" / "run.json").read_text()) | {"status": "failed"}
    (tmp_path / "run" / "run.json").write_text(json.dumps(entries))  # its training may have ended
    with pytest.raises(CheckpointError, match=f"cannot go on from .*last.ckpt.*KeyError: '{lost}'"):
        trained(tmp_path / "more", f"resume={tmp_path / 'run'}", *words, "trainer.max_epochs=3")


def test_what_is_given_anew_rules_over_the_resumed_checkpoint(trained, short, tmp_path):
    anew = ("trainer.max_epochs=6", "optimizer.lr=0.001", "optimizer.weight_decay=0.5", "schedule=constant")
    trained(tmp_path, f"resume={short('binary')}", *anew)
    before, after = (torch.load(folder / "checkpoints/last.ckpt") for folder in (short("binary"), tmp_path))
    groups = after["optimizer_states"][0]["param_groups"]
    assert [(group["lr"], group["weight_decay"]) for group in groups] == [(0.001, 0.5), (0.001, 0)]  # of W, and of b
    assert after["epoch"] == 5
    assert not torch.equal(before["state_dict"]["linear.weight"], after["state_dict"]["linear.weight"])


def killed(run, folder):
    """The same run, as if it had been killed once it was trained."""
    shutil.copytree(run, folder)
    (folder / "forecasts.csv").unlink()
    (folder / "run.json").write_text(json.dumps(recorded(run) | {"status": "running", "metrics": {}}))
    return folder


def test_a_run_killed_while_it_was_scored_is_finished_and_trained_no_further(trained, short, tmp_path):
    straight = short("multiclass")
    resumed = trained(tmp_path / "resumed", f"resume={killed(straight, tmp_path / 'killed')}")
    entries = ("status", "metrics", "gap", "epochs", "best_epoch", "weights", "intervals")
    assert {one: resumed[one] for one in entries} == {one: recorded(straight)[one] for one in entries}
    for file in ("forecasts.csv", "checkpoints/best.ckpt", "checkpoints/last.ckpt"):
        assert (tmp_path / "resumed" / file).read_bytes() == (straight / file).read_bytes()


def test_a_run_that_stopped_for_want_of_patience_goes_on_with_more_killed_or_not(trained, tmp_path):
    # So large a step that the validation loss soon rises.
    stopped = trained(tmp_path / "stopped", "task=binary", "optimizer.lr=5", "schedule=constant", "patience=1")
    assert stopped["epochs"] < 10
    more = ("patience=1000", f"trainer.max_epochs={stopped['epochs'] + 9}")
    for folder in (tmp_path / "stopped", killed(tmp_path / "stopped", tmp_path / "killed")):
        resumed = trained(tmp_path / f"{folder.name}_resumed", f"resume={folder}", *more)
        assert resumed["epochs"] == stopped["epochs"] + 9


# --- sweeps


@pytest.mark.slow
def test_a_sweep_that_is_stopped_keeps_the_table_of_what_was_done(door, tmp_path):
    process = door(tmp_path, "-m", "trainer.max_epochs=1,100000", "pictures=none")
    wait_for(tmp_path, "outputs/sweeps/*/1_max_epochs=100000/checkpoints/last.ckpt", process)
    (sweep,) = tmp_path.glob("outputs/sweeps/*")
    killed_now = (sweep / "summary.csv").read_text().splitlines()
    assert [line.partition(",objective")[0] for line in killed_now[:1]] == ["job,task,status"]
    assert [line.split(",")[0:3:2] for line in killed_now[1:]] == [["0_max_epochs=1", "finished"]]
    os.kill(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert [line.split(",")[0:3:2] for line in (sweep / "summary.csv").read_text().splitlines()[1:]] == [
        ["0_max_epochs=1", "finished"],
        ["1_max_epochs=100000", "interrupted"],
    ]
    assert recorded(sweep / "1_max_epochs=100000")["error"] == "stopped with exit code 130"
    assert "2 jobs, best first" in out


@pytest.mark.parametrize(("flags", "lacks"), [("-IS", "Stratus"), ("-S", "hydra")])
def test_outside_its_environment_it_says_so(flags, lacks):
    """Python of its own finds nothing that was installed, with `-S`, nor PYTHONPATH, with `-I`."""
    environ = {**os.environ, "PYTHONPATH": str(TRAIN.parent / "src")}
    done = subprocess.run([sys.executable, flags, str(TRAIN)], env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"{lacks} is not installed for {sys.executable}: activate the environment")
    assert "pip install -e ." in line


@pytest.mark.slow
def test_further_processes_are_started_from_python_m_stratus_too(tmp_path):
    words = ["task=binary", "trainer.max_epochs=1", "trainer=ddp", "pictures=none", "logger=none", "hydra.run.dir=run"]
    command = [sys.executable, "-m", "stratus", "train", *words]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "run" / "run.json").read_text())["status"] == "finished"
