"""What is done to the command line, and what a mistaken one is told."""

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
    earlier = ["task=binary", "optimizer.lr=0.5", "+experiment=x", "resume=an/older/one", "trainer.max_epochs=2"]
    given = ["trainer.max_epochs=9", "resume=a/run"]
    assert str(resumed_run(given)) == "a/run"
    assert with_overrides(earlier, given) == ["task=binary", "optimizer.lr=0.5", "+experiment=x", *given]


def test_without_resume_there_is_no_earlier_run():
    for words in (["task=binary", "-m"], ["resume=null"], ["resume="], []):
        assert resumed_run(words) is None
