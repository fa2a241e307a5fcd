"""What is done to the command line, and what a mistaken one is told."""

from pathlib import Path

import pytest

from stratus.errors import ConfigurationError
from stratus.settings.command_line import resumed_run, with_globs, with_overrides
from stratus.settings.compose import PROJECT

# --- patterns


def test_a_pattern_stands_for_the_files_of_a_group_and_of_its_folders():
    names = sorted(file.stem for file in (PROJECT / "conf" / "experiment" / "lecture").glob("*.yaml"))
    (lessons,) = with_globs(["experiment=glob(lecture/*)"])
    assert lessons == "experiment=" + ",".join(f"lecture/{name}" for name in names)
    assert with_globs(["-m", "init=glob(*s*)", "seed=0,1"]) == ["-m", "init=gaussian,zeros", "seed=0,1"]


def test_a_pattern_finds_the_files_of_ones_own_folder_too(tmp_path):
    for name in ("init/zebra", "experiment/mine", "experiment/more/mine"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / f"{name}.yaml").touch()
    given = [f"--config-dir={tmp_path}", "init=glob(z*)", "experiment=glob(m*)"]
    assert with_globs(given)[1:] == ["init=zebra,zeros", "experiment=mine"]


def test_what_is_no_pattern_of_a_group_is_left_to_hydra():
    given = ["optimizer.lr=glob(*)", "seed=range(3)", "init=glob([g*,z*],exclude=z*)", "nothing=glob(*)"]
    assert with_globs(given) == given


def test_a_pattern_without_a_match_is_no_sweep_of_no_jobs():
    with pytest.raises(
        ConfigurationError, match=r"experiment=glob\(lectures/\*\): there is no conf/experiment/lectures/"
    ):
        with_globs(["experiment=glob(lectures/*)"])


# --- resuming


def test_a_resumed_run_has_the_settings_of_the_earlier_one_and_what_is_given_anew():
    earlier = ["task=binary", "optimizer.lr=0.5", "+patience=3", "resume=an/older/one", "trainer.max_epochs=2"]
    given = ["trainer.max_epochs=9", "resume=a/run"]
    assert str(resumed_run(given)) == "a/run"
    assert with_overrides(earlier, given) == ["task=binary", "optimizer.lr=0.5", "patience=3", *given]


def test_a_job_of_a_sweep_is_resumed_alone_unless_a_sweep_is_asked_for():
    assert with_overrides(["sweep=bootstrap", "seed=1"], ["resume=x"])[2:] == ["hydra.mode=RUN", "resume=x"]
    assert "hydra.mode=RUN" not in with_overrides(["sweep=bootstrap"], ["resume=x", "-m"])


@pytest.mark.parametrize(
    "lawful",
    [
        "features=[station,harmonics]", "experiment=lecture/rain", "data.stations=[New York,Seattle]", "sweep=null",
        "data.names={USW00013904: Austin}", "data.path='my files/a.csv'", "data.batch_size=null", "trainer.devices=[0]",
        "features.harmonics.k=3", "optimizer.lr=1e-3", "data.names.260=De Bilt",
        "logger=[tensorboard,csv]", "logger=csv", "logger=none", "logger=null",
    ],
)  # fmt: skip
def test_settings_and_choices_are_taken_over_as_they_stand(lawful):
    assert with_overrides([lawful], ["resume=x"]) == [lawful, "resume=x"]


@pytest.mark.parametrize(
    "unlawful",
    [
        "+hydra.callbacks.x._target_=numpy.load", "hydra.run.dir=/tmp", "hydra/launcher=joblib", "~seed", "-m",
        "--cfg=job", "--experimental-rerun=x.pkl", "data=../../x", "features=[two_days,/x]", "seed=1,2",
        "seed=${oc.env:HOME}", "data.path=$\\{oc.env:HOME\\}", "data.names={_target_: os.system}", "task@hydra=binary",
        "trainer.devices=100000", "experiment='glob(*)'", "optimizer._target_=os.system",
        "logger=wandb", "logger=[csv,mlflow]",
        "", "seed", "data.names._target_=x", "data={path:x}", "seed=" + "9" * 20_000,
    ],
)  # fmt: skip
def test_nothing_else_is_taken_over_unless_it_is_given_anew(unlawful):
    with pytest.raises(ConfigurationError) as caught:
        with_overrides(["task=binary", unlawful], ["resume=x"])
    assert "\n" not in str(caught.value)
    if unlawful.startswith("data.path="):
        assert with_overrides([unlawful], ["data.path=x"]) == ["data.path=x"]


def test_without_resume_there_is_no_earlier_run():
    for words in (["task=binary", "-m"], ["resume=null"], []):
        assert resumed_run(words) is None


@pytest.mark.parametrize(
    ("given", "folder"),
    [
        ("resume=null", None),
        ("resume='optimizer.lr=0.1,seed=1'", "optimizer.lr=0.1,seed=1"),
        ('+resume="my runs/a, b"', "my runs/a, b"),
        ("resume=outputs/7", "outputs/7"),
        ("resume=7", "7"),
    ],
)
def test_the_run_to_resume_is_the_one_that_hydra_reads(composed, given, folder):
    found = resumed_run(["resume=other", given])
    assert found == (folder and Path(folder))
    assert (composed(given).resume or None) == folder


@pytest.mark.parametrize("given", ["resume=a,b", "resume=[a]", "resume=optimizer.lr=0.1,seed=1", "resume={a: b}"])
def test_what_is_no_single_run_to_resume_is_refused_with_the_mend(given):
    with pytest.raises(ConfigurationError, match=r"^resume=\S+.*: expected the folder of one run; .* put quotes"):
        resumed_run(["-m", given])
