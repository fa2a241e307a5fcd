"""What is typed, as Hydra reads it."""

import tempfile
from pathlib import Path

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import example, given
from hypothesis import strategies as st

from stratus.errors import ConfigurationError
from stratus.settings.arguments import for_hydra
from stratus.settings.experiment import PROJECT

NAMES = st.text(st.characters(exclude_characters="/\0\n\r", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)


def read(word):
    """The value that Hydra's own parser reads."""
    (override,) = OverridesParser.create().parse_overrides(for_hydra([word]))
    assert not override.is_sweep_override()
    return override.value()


@given(NAMES)
@example("a=b.csv")
@example("w(1).csv")
@example("züri,2.csv")
@example("it's \\' mine .csv")
@example("{a: 1}")
@example("true")
@example("1e5")
def test_whatever_a_file_is_called_hydra_reads_the_same_name(name):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, f"{name}.csv")
        file.touch()
        assert read(f"data.path={file}") == str(file)


@pytest.mark.parametrize(
    "name", ["a,b.csv", "a=b.csv", "w(1).csv", "züri 2.csv", "${x}.csv", "'q'.csv", "[a].csv", "\\.csv"]
)
def test_a_file_that_is_there_is_never_taken_for_a_sweep_or_a_pattern(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).touch()
    assert read(f"data.path={name}") == name
    assert read(f"data.path={tmp_path / name}") == str(tmp_path / name)


def test_the_home_folder_is_meant_by_its_sign(monkeypatch):
    monkeypatch.setenv("HOME", "/home/ada")
    assert read("data.path=~/x.csv") == "/home/ada/x.csv"


@pytest.mark.parametrize(
    ("typed", "read_as"),
    [
        ("task=binary -m seed=0,1", "--multirun task=binary seed=0,1"),
        ("task=binary --config-dir conf", "--config-dir=conf task=binary"),
        ("seed=1 --cfg job -p task", "--cfg=job --package=task seed=1"),
        ("features=station+harmonics", "features=[station,harmonics]"),
        ("experiment=null sweep=", "experiment=[] sweep=[]"),
        ("-m features=station+harmonics,two_days", "--multirun features=[station,harmonics],two_days"),
        ("-m features=[station,spells],[two_days,spells]", "--multirun features=[station,spells],[two_days,spells]"),
        ("-sc install=bash", "--shell-completion install=bash"),
    ],
)
def test_flags_come_in_any_order_and_features_are_joined(typed, read_as):
    assert for_hydra(typed.split()) == read_as.split()


@pytest.mark.parametrize(
    "typed", ["--cfg", "--cfg=nothing", "--run=x", "~task", "task=[binary]", "hydra.run.dir=", "resume=", "resume=''"]
)
def test_what_no_run_could_have_is_refused(typed):
    with pytest.raises(ConfigurationError):
        for_hydra([typed])


def test_a_configuration_of_one_s_own_is_found_in_the_folder_that_is_named(tmp_path):
    (tmp_path / "mine.yaml").write_text("defaults: [config]\n")
    words = ["--config-dir", str(tmp_path), "--config-name", "mine"]
    assert for_hydra(words) == [f"--config-dir={tmp_path}", "--config-name=mine"]
    with pytest.raises(ConfigurationError, match=f"there is no mine.yaml in {PROJECT / 'conf'}$"):
        for_hydra(words[2:])
