"""Features that a run carries with it: a function of the user's own, and what was usual on its training days."""

import json
import shutil
from hashlib import sha256
from pathlib import Path

import polars as pl
import pytest
import torch

from stratus.data.features import user as of_user
from stratus.errors import CheckpointError, ConfigurationError
from stratus.training.checkpoints import load

HUMID = Path(__file__).parents[1] / "shared" / "humid.py"
FORECAST = ("task=binary", "features.lead_days=1", "optimizer=newton")
TALLY = """
with open(__file__ + ".ran", "a") as tally:
    tally.write("once ")
"""
LATER = Path(__file__).parents[2] / "data" / "weather.csv"


@pytest.fixture(scope="module")
def mine(tmp_path_factory):
    """A file of a user's that no other test names."""
    file = tmp_path_factory.mktemp("mine") / "mine.py"
    file.write_text(HUMID.read_text().replace("pressure", "wind") + TALLY)
    return file


@pytest.fixture(scope="module")
def run(trained, mine, tmp_path_factory):
    """A run with inputs of a function in that file."""
    folder = tmp_path_factory.mktemp("run")
    words = [f"features.own.{name}={value}" for name, value in {"path": mine, "function": "humid", "days": 3}.items()]
    trained(folder, *FORECAST, "features=[station,own]", *words)
    return folder


@pytest.fixture
def anew(monkeypatch):
    """As in a new process, which has run no file of a user's."""
    monkeypatch.setattr("stratus.data.features.user._NAMED", {})


def times_run(file):
    return Path(f"{file}.ran").read_text().split().count("once")


def test_the_record_names_the_file_its_function_and_its_checksum(run, mine, recorded):
    found = {"path": str(mine), "function": "humid", "days": 3, "sha256": sha256(mine.read_bytes()).hexdigest()}
    assert recorded(run)["own_features"] == found
    assert recorded(run)["weights"]["inputs"][-2:] == ["range d-1", "wind over 3"]


@pytest.mark.usefixtures("anew")
@pytest.mark.parametrize("command", ["evaluate", "forecast"])
def test_a_run_s_file_is_run_only_where_the_user_names_it(run, mine, stratus, refusal, command):
    before = times_run(mine)
    said = refusal(command, run)
    assert f"inputs are those of 'humid' in '{mine}'; nothing that a run names is run: name it, if you trust" in said
    assert times_run(mine) == before
    lines = stratus(command, run, "--features", mine)
    assert times_run(mine) == before + 1
    if command == "evaluate":
        brier = json.loads((run / "run.json").read_text())["metrics"]["test/brier"]
        assert f"{brier:.3f}" in next(line for line in lines if line.startswith("│ model"))


@pytest.mark.usefixtures("anew")
def test_another_file_is_not_taken_for_the_run_s(run, refusal, tmp_path):
    other = tmp_path / "mine.py"
    other.write_text(HUMID.read_text())
    said = refusal("evaluate", run, "--features", other)
    assert "the file named is not that one, by its checksum" in said


@pytest.mark.usefixtures("anew")
def test_resuming_runs_the_file_only_where_the_command_line_names_it(run, mine, trained, tmp_path):
    before = times_run(mine)
    with pytest.raises(ConfigurationError, match=r"a file of its maker's: give features.own.path=.* too"):
        trained(tmp_path, f"resume={run}", "trainer.max_epochs=2")
    assert times_run(mine) == before


@pytest.mark.usefixtures("anew")
def test_a_stranger_s_checkpoint_calls_no_function_that_the_file_has_imported(run, mine, tmp_path):
    of_user.read(str(mine))
    file = shutil.copytree(run, tmp_path / "run") / "checkpoints" / "best.ckpt"
    content = torch.load(file, weights_only=True)
    content["datamodule_hyper_parameters"]["features"]["own"] |= {"function": "Input"}
    torch.save(content, file)
    with pytest.raises(CheckpointError, match="has no function 'Input'; it has: humid"):
        load(file)


def test_what_was_usual_travels_with_the_run(trained, stratus, refusal, recorded, tmp_path):
    sets = "features=[anomalies,climatology,spells,tendencies]"
    trained(tmp_path / "run", *FORECAST, sets, "data.until=2015-06-30")
    later = tmp_path / "later.csv"
    table = pl.read_csv(LATER, try_parse_dates=True).filter(pl.col("date") > pl.date(2014, 12, 1))
    table.filter(pl.col("date") < pl.date(2015, 7, 1)).write_csv(later)  # too few days to fit anything to
    lines = stratus("evaluate", tmp_path / "run", "--observations", later)
    model = next(line for line in lines if line.startswith("│ model"))
    assert f"{recorded(tmp_path / 'run')['metrics']['test/brier']:.3f}" in model
    table.filter(pl.col("station") == "New York").write_csv(later)
    said = refusal("evaluate", tmp_path / "run", "--observations", later)
    assert "what is usual at 'New York' is not known" in said
