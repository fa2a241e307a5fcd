"""What `records.py compare` tells of two files."""

import json

import records


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
