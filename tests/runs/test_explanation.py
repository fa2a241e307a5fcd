"""What a run says of its inputs, worked out here with least squares from the file that ships."""

import json
import shutil
from datetime import date

import numpy as np
import polars as pl
import pytest
import torch
from shipped import splits_of

from stratus.runs import record
from stratus.runs.report import show_run

WORDS = ("task=regression", "features=[station,harmonics]", "optimizer=newton", "trainer.max_epochs=1", "explain=true")
GROUPS = {
    "temperature": ("temperature",),
    "wind": ("wind",),
    "rain and snow": ("precipitation", "wet"),
    "season": ("cos", "sin"),
}


@pytest.fixture(scope="module")
def explained(trained, tmp_path_factory):
    folder = tmp_path_factory.mktemp("explained")
    return folder, trained(folder, *WORDS)


@pytest.fixture(scope="module")
def problem(explained):
    _, run = explained
    train, after, test = (
        date.fromisoformat(run["data"]["source"][name]) for name in ("train_from", "validation_from", "test_from")
    )
    splits = splits_of("regression", "harmonics station", 1, train_from=train, test_from=test)
    mean, scale = (np.array(run["weights"][name]) for name in ("mean", "scale"))
    every = [(one.x - mean) / scale for one in (splits.train, splits.test)]
    learnt = splits.train.dates < np.datetime64(after)
    return splits.inputs, every[0][learnt], splits.train.y[learnt, 0], every[1], splits.test.y[:, 0]


def least_squares(x, y):
    return np.linalg.lstsq(np.column_stack([x, np.ones(len(x))]), y)[0]


def test_skill_without_a_group_is_that_of_least_squares_without_its_columns(explained, problem):
    _, run = explained
    names, x, y, x_test, y_test = problem
    usual = run["references"]["climatology"]["test/rmse"] ** 2
    groups = {one["name"]: one for one in run["explanation"]["groups"]}
    assert groups.keys() == GROUPS.keys()
    for name, words in GROUPS.items():
        kept = [j for j, one in enumerate(names) if not one.startswith(words)]
        *weight, bias = least_squares(x[:, kept], y)
        skill = 1 - np.square(x_test[:, kept] @ weight + bias - y_test).mean() / usual
        found = groups[name]
        assert found["inputs"] == len(names) - len(kept)
        assert found["skill"] == pytest.approx(skill, abs=1e-5)
        assert found["lost"] == pytest.approx(run["references"]["optimum"]["test/skill"] - skill, abs=1e-5)
        assert found["low"] < found["lost"] < found["high"]
    lost = [one["lost"] for one in run["explanation"]["groups"]]
    assert lost == sorted(lost, reverse=True)
    assert groups["temperature"]["low"] > 0  # today's temperature tells tomorrow's


def test_weights_csv_has_the_least_squares_weights_and_run_json_the_largest(explained, problem):
    folder, run = explained
    names, x, y, *_ = problem
    table = pl.read_csv(folder / "weights.csv")
    assert table.columns == ["input", "unit", "output", "weight", "low", "high"]
    assert table["input"].to_list() == names
    *weight, _ = least_squares(x, y)
    assert table["weight"].to_list() == pytest.approx(weight, abs=1e-5)
    assert (table["low"] < table["weight"]).all()
    ranked = sorted(range(len(names)), key=lambda j: -abs(weight[j]))
    assert [one["input"] for one in run["explanation"]["weights"]] == [names[j] for j in ranked][:12]


def test_the_run_s_end_and_the_command_show_the_same_tables(explained, stratus, capsys, tmp_path):
    folder, run = explained
    show_run(record.read(folder), folder)
    whole = capsys.readouterr().out
    lines = stratus("explain", folder, "--csv", tmp_path / "weights.csv")
    assert all(line.rstrip() in whole for line in lines)
    assert f"the skill without a group of inputs ({run['explanation']['skill']:+.3f} with all 9)" in lines[0]
    assert (tmp_path / "weights.csv").read_bytes() == (folder / "weights.csv").read_bytes()


def test_pictures_are_drawn_of_a_run_that_asks(drawn):
    one = drawn("task=multilabel", "explain=true", files=False)
    lost, largest = one.figures["skill_lost"], one.figures["largest_weights"]
    bars = [bar.get_width() for bar in lost.axes[0].patches]
    assert bars == [group.lost[0] for group in one.run.explanation.groups]
    assert {label.get_text() for label in lost.axes[0].get_yticklabels()} == {"temperature", "the other stations"}
    shown = [label.get_text() for label in largest.axes[0].get_yticklabels()]
    assert set(shown) == set(one.run.splits.inputs)


def test_a_checkpoint_whose_scale_cannot_be_is_refused(explained, refusal, tmp_path):
    folder, _ = explained
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    content = torch.load(copy / "checkpoints" / "best.ckpt", weights_only=True)
    content["state_dict"]["scale"][0] = float("nan")
    torch.save(content, copy / "checkpoints" / "best.ckpt")
    assert "no penalty, scale or class weights that could be" in refusal("explain", copy)


def test_a_run_that_does_not_ask_says_nothing(short):
    assert json.loads((short("binary") / "run.json").read_text())["explanation"] is None
    assert not (short("binary") / "weights.csv").exists()
