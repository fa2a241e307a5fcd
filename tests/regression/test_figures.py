"""Results stay what they were: train.py's figures beside those stored in figures.json.

The stored figures were measured with Stratus 0.1.0 before its modules were rearranged, torch 2.13 on the CPU, and are
rounded to nine digits. They may be stored because they do not rest on themselves: the other tests confirm references,
optimum, gradients and scores against closed forms, scikit-learn and loops written by hand. What is stored says only
that nothing has moved since. A change that is meant to move them makes them anew:

    python tests/regression/records.py run --checkout . --to tests/regression/figures.json --short

What comes from the table alone, and but for the last rounding in float64 (references, the exact optimum, the largest
stable step), agrees to 1e-6 anywhere. Training is in float32, which each processor sums in its own order: the same four
epochs with and without vector instructions differ by 1e-7 in scores and 7e-7 in weights. So scores are compared to
1e-5; weights, and intervals of resampled days, to 1e-4. All are relative to max(1, |value|).

Of the stored commands a few are run here. The other sweeps and the lessons are for `records.py compare`.
"""

import json
import re
from pathlib import Path

import pytest
import records

STORED = json.loads(Path(__file__).with_name("figures.json").read_text(encoding="utf-8"))
RUN_HERE = [
    "-m task=regression,binary,multiclass,multilabel trainer.max_epochs=4",
    "-m hydra/launcher=batched task=multiclass trainer.max_epochs=4 optimizer.lr=0.01,0.1 'seed=range(2)'",
    "sweep=bootstrap 'data.resample=range(20)' trainer.max_epochs=20",
]
KINDS = {  # the first that is found in a figure's name
    1e-6: r"references|largest_stable_step|data|forecasts\.rows|weights\.(mean|scale)|epochs|exit",
    1e-4: r"weights|intervals|resamples",
    1e-5: r"",
}


def tolerance(name):
    return next(allowed for allowed, kind in KINDS.items() if re.search(kind, name))


@pytest.fixture(scope="module")
def folders(in_turn, tmp_path_factory):
    """What each command, all of them sweeps, has left."""
    here = tmp_path_factory.mktemp("sweeps")
    folders = {command: here / str(place) for place, command in enumerate(RUN_HERE)}
    ends, _ = in_turn(here, [f"{command} pictures=none hydra.sweep.dir={at.name}" for command, at in folders.items()])
    assert ends == [None] * len(folders)
    return folders


@pytest.mark.parametrize("command", RUN_HERE)
def test_a_command_gives_the_stored_figures(command, folders):
    figures = {"exit": 0} | records.gathered(folders[command])
    assert records.differences(STORED[command], figures, tolerance) == []


def test_the_stored_commands_are_those_that_would_be_stored_anew():
    assert list(STORED) == list(records.SHORT)
    assert set(RUN_HERE) <= set(STORED)


def test_what_has_changed_is_told_and_what_has_come_is_not(tmp_path, capsys):
    before = {"task=binary": {"loss": 2.0, "large": 1e6, "undefined": None, "gone": 1, "status": "finished"}, "": {}}
    after = {"loss": 2.000003, "large": 1e6 + 0.5, "undefined": None, "status": "diverged", "schema": 2}
    one, other = tmp_path / "before.json", tmp_path / "after.json"
    one.write_text(json.dumps(before))
    other.write_text(json.dumps({"task=binary": after}))
    assert records.compare(one, other, 1e-6) == 1
    assert capsys.readouterr().out.splitlines() == [
        "train.py task=binary: loss: 2.0 before, 2.000003 after",
        "train.py task=binary: gone: 1 before, missing after",
        "train.py task=binary: status: finished before, diverged after",
        "train.py : not run",
        "5 figures of 2 commands, 4 missing or different by more than 1e-06",
    ]
    assert records.compare(one, one, 1e-6) == 0
