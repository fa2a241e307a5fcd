"""What a finished run says of itself on the terminal."""

import json
import math

import pytest

from stratus.runs import record
from stratus.runs.report import show_run


@pytest.mark.parametrize(
    ("ends", "verdict"),
    [
        ([0.01, 0.2], "95 % between +0.010 and +0.200: better than climatology"),
        ([-0.2, -0.01], "95 % between -0.200 and -0.010: worse than climatology"),
        ([-0.1, 0.2], "95 % between -0.100 and +0.200: it cannot be told from climatology on these days"),
    ],
)
def test_the_end_of_a_run_says_whether_its_skill_may_be_chance(capsys, short, tmp_path, ends, verdict):
    run = record.read(short("binary"))
    run.intervals = {**run.intervals, "test/skill": ends}
    show_run(run, tmp_path)
    (line,) = (one for one in capsys.readouterr().out.splitlines() if one.startswith("skill"))
    assert line == f"skill {run.skill:+.3f}, {verdict}"


def test_too_few_days_say_nothing_of_chance(capsys, trained, tmp_path):
    run = trained(tmp_path, "task=binary", "trainer.max_epochs=1", "data.until=2015-01-27")
    assert run["intervals"]["test/skill"] == [None, None]
    assert "NaN" not in json.dumps(run)
    read, fresh = record.read(tmp_path), record.read(tmp_path)
    fresh.intervals = {"test/skill": [math.nan, math.nan]}  # as it stands before it is written
    for one in (read, fresh):
        show_run(one, tmp_path)
        assert not any(line.startswith("skill") for line in capsys.readouterr().out.splitlines())


def test_a_loss_of_zero_is_a_number(capsys, short, tmp_path):
    run = record.read(short("binary"))
    run.references = {**run.references, "optimum": {**run.references["optimum"], "train/loss": 0.0}}
    run.gap, run.optimum_attained = 0.25, True
    show_run(run, tmp_path)
    assert "last epoch: 0.25, 0.25 above the exact optimum" in capsys.readouterr().out
