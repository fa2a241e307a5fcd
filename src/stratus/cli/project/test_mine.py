"""What this project promises: pytest runs it."""

import json
import subprocess
import sys
from pathlib import Path

import polars as pl
from features import swing

HERE = Path(__file__).parent


def test_swing_is_of_the_days_that_are_known():
    days = pl.DataFrame({"temperature_max": [10.0, 12.0, 20.0, 5.0], "temperature_min": [0.0, 4.0, 10.0, 5.0]})
    (one,) = swing(lead_days=1, days=2)
    assert days.select(one.value).to_series().to_list() == [None, None, 9.0, 9.0]


def test_the_experiment_trains_and_beats_the_calendar(tmp_path):
    stratus, run = Path(sys.executable).with_name("stratus"), tmp_path / "run"
    words = ["train", "--config-dir", "conf", "experiment=mine", "pictures=none", f"hydra.run.dir={run}"]
    subprocess.run([stratus, *words], cwd=HERE, check=True)
    record = json.loads((run / "run.json").read_text())
    assert record["status"] == "finished"
    assert not record["diagnosis"]
    assert record["skill"] > 0
