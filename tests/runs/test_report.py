"""What a finished run says of itself on the terminal."""

import json
import math
import re
from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest

from stratus.runs import record
from stratus.runs.record import ResamplingRecord
from stratus.runs.report import listing, show, show_run


@pytest.mark.parametrize(
    ("ends", "verdict"),
    [
        ([0.01, 0.2], "95 % between +0.010 and +0.200 (blocks of 36 days): better than climatology"),
        ([-0.2, -0.01], "95 % between -0.200 and -0.010 (blocks of 36 days): worse than climatology"),
        (
            [-0.1, 0.2],
            "95 % between -0.100 and +0.200 (blocks of 36 days): it cannot be told from climatology on these days",
        ),
    ],
)
def test_the_end_of_a_run_says_whether_its_skill_may_be_chance(capsys, short, tmp_path, ends, verdict):
    run = record.read(short("binary"))
    run.intervals, run.resampling = {**run.intervals, "test/skill": ends}, ResamplingRecord(365, 36)
    show_run(run, tmp_path)
    lines = capsys.readouterr().out.splitlines()
    assert f"skill {run.skill:+.3f}, {verdict}" in lines
    assert "the interval is of these 365 days, other years may differ by more (sweep=years tests several)" in lines


def test_a_run_says_where_its_days_are_but_a_few_spells_of_weather(capsys, short, tmp_path):
    run = record.read(short("binary"))
    run.resampling = ResamplingRecord(365, 37)  # fewer than ten
    show_run(run, tmp_path)
    said = "it is likely too short: errors last so long that the days are only a few spells of weather"
    assert said in capsys.readouterr().out


def test_the_record_of_an_older_run_says_nothing_of_blocks(capsys, short, tmp_path):
    run = record.read(short("binary"))
    run.resampling = None
    show_run(run, tmp_path)
    (line,) = (one for one in capsys.readouterr().out.splitlines() if one.startswith("skill"))
    assert "blocks" not in line


@pytest.mark.parametrize(
    ("wanting", "said"),
    [
        (
            {"cloud": 300, "wind": 7},
            "; 307 left out for want of a value, 300 of them of cloud (features.missing=mean would",
        ),
        ({"precipitation": 300, "wind": 7}, "; 307 left out for want of a value, 300 of them of precipitation\n"),
        ({"cloud": 3, "wind": 2}, "; 307 left out for want of a value\n"),  # as at the table's beginning
        ({"cloud": 307, "wind": 307}, "; 307 left out for want of a value\n"),  # whole days
        ({}, "; 307 left out for want of a value\n"),  # an older run
    ],
)
def test_a_run_says_for_want_of_which_element_days_are_left_out(capsys, short, tmp_path, wanting, said):
    run = record.read(short("binary"))
    run.data = replace(run.data, left_out={"an input": 307}, wanting=wanting)
    show_run(run, tmp_path)
    assert said in capsys.readouterr().out


def test_a_stuck_sensor_has_no_skill_and_the_run_says_why(caplog, capsys, trained, tmp_path):
    lines = ["station,date,temperature_max,temperature_min,precipitation,snowfall,wind,weather"]
    first = date(2012, 1, 1)
    lines += [f"Oslo,{first + timedelta(day)},12.5,7.5,0.0,,{day % 7},sun" for day in range(1400)]
    (table := tmp_path / "stuck.csv").write_text("\n".join(lines))
    run = trained(tmp_path / "run", "task=regression", "data=csv", f"data.path={table}", "trainer.max_epochs=1")
    assert run["skill"] is None
    assert run["intervals"]["test/skill"] == [None, None]
    assert "the target temperature is the same on every training day" in caplog.text
    assert "lead_days" not in caplog.text
    show_run(record.read(tmp_path / "run"), tmp_path)
    assert "no skill: climatology makes no error on the test days" in capsys.readouterr().out


def test_skill_that_prints_as_none_is_no_better(capsys, short, tmp_path):
    run = record.read(short("binary"))
    run.intervals, run.skill = {**run.intervals, "test/skill": [2.4e-8, 9.0e-7]}, 5e-7
    show_run(run, tmp_path)
    assert "95 % between +0.000 and +0.000 (blocks of" in (said := capsys.readouterr().out)
    assert "the same as climatology" in said


def test_a_few_days_that_a_model_is_far_too_sure_of_are_told(capsys, short, tmp_path):
    run = record.read(short("binary"))
    for skill, told in ((0.1, True), (-0.1, False)):
        run.metrics = {**run.metrics, "test/loss": 26.7, "test/skill": skill}
        show_run(run, tmp_path)
        said = "by its loss it is worse than climatology, 26.7 against 0.5905: of some days it is far too sure"
        assert (said in capsys.readouterr().out) == told


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
    run.minimum, run.gap, run.optimum_attained = 0.0, 0.25, True
    show_run(run, tmp_path)
    assert "last epoch: 0.25, 0.25 above the exact optimum" in capsys.readouterr().out


@pytest.mark.parametrize("width", [60, 80, 100, 120])
def test_figures_stay_whole_on_any_terminal(width, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("FORCE_COLOR", "1")  # as on a terminal
    figures = {f"test/score {k}": [k - 0.12345, -1234.5 + k] for k in range(4)}
    words = ["experiment=lecture/softmax_or_sigmoids", "experiment=lecture/temperature_cycle"]
    show(listing(pl.DataFrame({"job": ["0", "1"], "overrides": words, **figures})))
    out = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)
    assert max(map(len, out.splitlines())) <= width
    for values in figures.values():
        assert all(f"{value:.4g}" in re.split(r"[\s│]+", out) for value in values)
    assert all(part in "".join(out.split()) for part in ("experiment", "softmax"))
